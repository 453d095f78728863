"""The mails that an app sends to people who sign up or in, as plain text and as simple HTML."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from html import escape

from capsule.apps.accounts.links import LINK_MINUTES


@dataclass(frozen=True)
class Sender:
    """Whose mail it is."""

    app: str
    """Name of the app, as people know it."""
    address: str


def sign_in_mail(sender: Sender, to: str, url: str) -> EmailMessage:
    return _mail(
        sender,
        to,
        subject=f"Sign in to {_line(sender.app)}",
        says=f"Open this link to sign in to {sender.app}:",
        url=url,
        button="Sign in",
        besides="If you did not ask for it, ignore this mail; nobody is signed in by it.",
    )


def sign_up_mail(sender: Sender, to: str, url: str) -> EmailMessage:
    return _mail(
        sender,
        to,
        subject=f"Confirm your e-mail for {_line(sender.app)}",
        says=f"Open this link to finish making your account of {sender.app}:",
        url=url,
        button="Confirm my e-mail",
        besides="If you did not sign up, ignore this mail; no account is made then.",
    )


def known_mail(sender: Sender, to: str, url: str) -> EmailMessage:
    return _mail(
        sender,
        to,
        subject=f"You already have an account of {_line(sender.app)}",
        says=f"Somebody, probably you, tried to sign up for {sender.app} with this address, which has an"
        " account already. Open this link to sign in to it:",
        url=url,
        button="Sign in",
        besides="If that was not you, ignore this mail; your account is unchanged.",
    )


def _mail(
    sender: Sender, to: str, *, subject: str, says: str, url: str, button: str, besides: str
) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = Address(_line(sender.app), addr_spec=sender.address)
    message["To"] = Address(addr_spec=to)
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.address.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    valid = f"The link works once, for {LINK_MINUTES} minutes."
    message.set_content(f"{says}\n\n{url}\n\n{valid}\n{besides}\n")
    message.add_alternative(
        '<!doctype html><html lang="en"><body style="font-family:system-ui,sans-serif;line-height:1.5;'
        'color:#1c1c1c;max-width:34rem;margin:2rem auto;padding:0 1rem">'
        f"<p>{escape(says)}</p>"
        f'<p><a href="{escape(url)}" style="display:inline-block;padding:.6rem 1.2rem;border-radius:.5rem;'
        f'background:#1c1c1c;color:#fff;text-decoration:none">{escape(button)}</a></p>'
        f'<p style="color:#666;font-size:.9rem">{escape(valid)} {escape(besides)}</p></body></html>',
        subtype="html",
    )
    return message


def _line(text: str) -> str:
    """Return a text as a header may have it: one line, not too long."""
    return " ".join(text.split())[:100]
