"""Which of the server's own variables reach a build: how this machine gets to package indexes, no more."""

from collections.abc import Mapping

from capsule.sandbox.system_files import machine_env

_PASSED = {
    "ALL_PROXY", "all_proxy", "PIP_CERT", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_DEFAULT_TIMEOUT",
    "PIP_DISABLE_PIP_VERSION_CHECK", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL",
    "UV_INDEX_STRATEGY", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT",
    "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOINSECURE", "BUNDLE_MIRROR__ALL",
    "NPM_CONFIG_REGISTRY", "npm_config_registry", "NPM_CONFIG_CAFILE", "npm_config_cafile",
}  # fmt: skip


def build_env(server_env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that every step starts from."""
    passed = {name: value for name, value in server_env.items() if name in _PASSED}
    return {**machine_env(), **passed, "CI": "true", "TERM": "dumb", "NO_COLOR": "1"}
