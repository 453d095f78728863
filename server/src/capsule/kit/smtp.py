"""Hand a mail in at a mail server that is given as an address."""

import socket
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from capsule.errors import Unavailable

_SECONDS = 20.0


class MailNotSent(Unavailable):
    code, title = "mail_not_sent", "Mail could not be sent"


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int | None = None
    """None: the usual one."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    is_tls: bool = False
    """Encrypted from the first byte, as `smtps://`."""
    starttls: bool | None = None
    """None: where the server offers it."""


def parse_smtp_url(url: str) -> MailServer:
    """Read `smtp://user:password@host:port?starttls=1` or `smtps://…`.

    Raises ValueError, which never repeats the password.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("is no address of a mail server; write smtp://user:password@host:587?starttls=1")
    query = parse_qs(parts.query, keep_blank_values=True)
    if unknown := set(query) - {"starttls"}:
        raise ValueError(f"has an unknown option {min(unknown)!r}; there is starttls=1 and starttls=0")
    wanted = query.get("starttls", [""])[0]
    if wanted not in ("", "0", "1") or (wanted == "1" and parts.scheme == "smtps"):
        raise ValueError("starttls is 1 (insist) or 0 (never), and not for smtps, which is always encrypted")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("has a port that is no number up to 65535") from None
    return MailServer(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        is_tls=parts.scheme == "smtps",
        starttls=None if wanted == "" or parts.scheme == "smtps" else wanted == "1",
    )


async def send(server: MailServer, message: EmailMessage) -> None:
    """Raises MailNotSent."""
    import aiosmtplib  # here, since only the app host sends mail

    try:
        await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.is_tls,
            start_tls=False if server.is_tls else server.starttls,
            local_hostname=_own_name(),
            timeout=_SECONDS,
        )
    except (aiosmtplib.SMTPException, OSError) as exc:
        raise MailNotSent(f"The mail server {server.host} did not take a mail: {exc}") from exc


def _own_name() -> str:
    """Return what this machine calls itself, without asking the name service: without one that takes long."""
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"
