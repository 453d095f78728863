"""App hosts for tests of accounts: one without a mail server, one with mail and an OpenID provider."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from apphost import Host
from openid import SECRET, Provider
from postoffice import PostOffice

from capsule.apps.options import AppHostOptions


@dataclass
class World:
    """An app host that can send mail and knows a provider."""

    host: Host
    post: PostOffice
    provider: Provider
    reticent: Provider
    """Tells e-mails at its userinfo endpoint only."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    post, provider, reticent = PostOffice(), Provider(), Provider(has_userinfo=True)
    root = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    options = AppHostOptions(
        smtp_url=post.url, mail_from="apps@example.com", private_issuers=(provider.issuer, reticent.issuer)
    )
    host = Host(root, options=options)
    host.secrets["OIDC_SECRET"] = SECRET
    yield World(host, post, provider, reticent)
    host.close()
    provider.close()
    reticent.close()
    post.close()
    shutil.rmtree(root)
