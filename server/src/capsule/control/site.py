"""Where this installation is reached: host names and URLs. Plain values, nothing read."""

from dataclasses import dataclass

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Site:
    domain: str = "localhost"
    port: int = 8080
    scheme: str = "http"

    def host(self, slug: str) -> str:
        return f"{slug}.{self.domain}"

    def serve_host(self, slug: str) -> str:
        """Return the host of a capsule's `capsule serve`."""
        return f"{slug}--serve.{self.domain}"

    def authority(self, host: str) -> str:
        """Return `host`, with the port where browsers need it."""
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def url(self, host: str | None = None) -> str:
        """Return the public URL of a host (default: the console)."""
        return f"{self.scheme}://{self.authority(host or self.domain)}"
