"""What the settings tell the app host, and whether a running one was told the same."""

import hashlib
import hmac

import msgspec

from capsule.apps.options import AppHostOptions
from capsule.kit.durable import load_key
from capsule.paths import DataPaths
from capsule.settings import Settings


def app_host_options(settings: Settings) -> AppHostOptions:
    return AppHostOptions(
        smtp_url=settings.smtp_url.get_secret_value() if settings.smtp_url else "",
        mail_from=settings.mail_from,
        private_issuers=tuple(settings.private_issuers),
        session_idle_days=settings.session_idle_days,
        upload_bytes=settings.upload_bytes,
        providers=settings.providers,
    )


def digest(paths: DataPaths, settings: Settings) -> str:
    """Return what differs when the options differ.

    Anybody on the machine may see it, so it is keyed: the options hold a password.
    """
    options = msgspec.json.encode(app_host_options(settings), order="deterministic")
    return hmac.new(load_key(paths.visitors_key), options, hashlib.sha256).hexdigest()[:16]
