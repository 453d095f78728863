"""The nameservers of this machine, looked up each time: they change."""

from pathlib import Path

from capsule.kit.addresses import parse

_RESOLV_CONF = Path("/etc/resolv.conf")
_MOST_NAMESERVERS = 3


def nameservers(path: Path = _RESOLV_CONF) -> list[str]:
    """Return the addresses of this machine's nameservers, as its own programs would ask them."""
    found = []
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            try:
                parse(words[1].partition("%")[0])
            except ValueError:
                continue
            found.append(words[1])
    return found[:_MOST_NAMESERVERS] or ["127.0.0.1"]
