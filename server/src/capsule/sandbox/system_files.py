"""Say which files of the machine every box sees: programs, certificates, name resolution, accounts."""

import importlib.util
import os
import sys
from pathlib import Path

from capsule.sandbox.box import Bind

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_SHOWN_OF_ETC = (
    "alternatives",
    "ca-certificates.conf",
    "fonts",
    "hosts",
    "inputrc",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "localtime",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "pki",
    "protocols",
    "resolv.conf",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
)

_MACHINE_VARIABLES = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "TZ",
)


def machine_env() -> dict[str, str]:
    """Return the variables by which this machine reaches others (certificates, proxies), and a plain PATH."""
    env = {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8"}
    env.update({name: os.environ[name] for name in _MACHINE_VARIABLES if os.environ.get(name)})
    return env


def system_arguments() -> list[str]:
    """Return the bubblewrap arguments for /usr, the folders beside it, and a minimal /etc."""
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
        if os.path.islink(name):
            arguments += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            arguments += ["--ro-bind", name, name]
    for name in _SHOWN_OF_ETC:
        path = f"/etc/{name}"
        if os.path.exists(path):
            arguments += ["--ro-bind", path, path]
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        path = os.environ.get(name, "")
        if path and os.path.exists(path) and not path.startswith(("/usr/", "/etc/ssl/certs")):
            arguments += ["--ro-bind", path, path]
    return arguments


def account_arguments(scratch: Path, uid: int, home: str) -> list[str]:
    """Write a passwd and a group file that know this user and return the arguments to show them."""
    files = {
        "passwd": f"root:x:0:0:root:/root:/usr/sbin/nologin\ncapsule:x:{uid}:{uid}:capsule:{home}:/bin/sh\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
        "group": f"root:x:0:\ncapsule:x:{uid}:\nnogroup:x:65534:\n",
    }
    return [item for name, text in files.items() for item in file_arguments(scratch, name, text)]


def file_arguments(scratch: Path, name: str, text: str) -> list[str]:
    """Write a file of /etc and return the arguments to show it."""
    path = scratch / name
    path.write_text(text)
    path.chmod(0o644)
    return ["--ro-bind", str(path), f"/etc/{name}"]


def platform_python() -> str:
    """Return the interpreter that has the platform's packages."""
    return sys.executable


def platform_binds() -> list[Bind]:
    """Return what a box needs to run `platform_python` with `cpsl` and `capsule`."""
    folders = [sys.base_prefix, sys.prefix]
    for package in ("cpsl", "capsule"):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            folders.append(str(Path(spec.origin).parent.parent))
    shown: list[str] = []
    for folder in folders:
        if not any(Path(folder).is_relative_to(other) for other in ("/usr", *shown)):
            shown.append(folder)
    return [Bind(folder, folder, read_only=True) for folder in shown]
