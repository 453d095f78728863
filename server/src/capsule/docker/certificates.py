"""The certificate authorities that this machine trusts beyond the usual ones, for what runs in containers.

Where a machine reaches the outside through somebody who signs anew (a company's proxy), an image of the
ordinary world trusts nobody it meets there. It gets the machine's bundle, and the variables by which programs
that bring a bundle of their own are told of it.
"""

import os
from collections.abc import Mapping
from pathlib import Path

INSIDE = "/etc/ssl/certs/ca-certificates.crt"
_SYSTEM_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_OWN_FOLDER = Path("/usr/local/share/ca-certificates")
_TOLD_BY = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")


def own_bundle(env: Mapping[str, str] = os.environ, folder: Path = _OWN_FOLDER) -> bytes | None:
    """Return the machine's bundle when it trusts more than the usual authorities, else None."""
    for name in _TOLD_BY:
        if (path := env.get(name)) and Path(path).is_file():
            return Path(path).read_bytes()
    if any(folder.rglob("*.crt")) and _SYSTEM_BUNDLE.is_file():
        return _SYSTEM_BUNDLE.read_bytes()
    return None
