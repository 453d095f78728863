"""What the settings of an installation tell the app host, as values."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class AppHostOptions:
    """The defaults are those of an installation that was told nothing."""

    smtp_url: str = field(default="", repr=False)
    """Where mail is handed in: `smtp://user:password@host:port?starttls=1` or `smtps://…`; empty: no mail."""
    mail_from: str = ""
    """Sender of the mail; empty: `no-reply@` and the host that the app is reached by."""
