"""Addresses of mail servers, and handing a mail in at one."""

import socket
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from capsule.kit.smtp import MailNotSent, MailServer, parse_smtp_url, send


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example")),
        ("smtp://mail.example:587?starttls=1", MailServer("mail.example", 587, starttls=True)),
        ("smtp://mail.example/?starttls=0", MailServer("mail.example", starttls=False)),
        ("smtps://a%40b:p%2Fw@mail.example:465", MailServer("mail.example", 465, "a@b", "p/w", is_tls=True)),
        ("smtp://[::1]:25", MailServer("::1", 25)),
    ],
)
def test_an_address_says_how_mail_is_handed_in(url: str, server: MailServer) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mail.example:25", "no address of a mail server"),
        ("smtp://", "no address of a mail server"),
        ("smtp://mail.example/path", "no address of a mail server"),
        ("smtp://mail.example:port", "no number"),
        ("smtp://mail.example?tls=1", "unknown option 'tls'"),
        ("smtp://mail.example?starttls=yes", "starttls is 1"),
        ("smtps://mail.example?starttls=1", "not for smtps"),
    ],
)
def test_what_is_no_address_is_refused_with_what_to_write(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_smtp_url(url)


def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "Grüße"
    message.set_content("Hallo")
    return message


class Post:
    """Takes mail of one user only."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.taken.append(envelope)
        return "250 taken"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: Any, given: Any
    ) -> AuthResult:
        is_right = (given.login, given.password) == (b"ada", b"p/w")
        return AuthResult(success=is_right, handled=False)  # the server itself says so to the client


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_mail_is_handed_in_with_user_and_password() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    post = Post()
    controller = Controller(
        post,
        hostname="127.0.0.1",
        port=port,
        server_hostname="mail.example",  # else it asks the name service for one
        authenticator=post.authenticate,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    try:
        await send(parse_smtp_url(f"smtp://ada:p%2Fw@127.0.0.1:{port}"), mail())
        (envelope,) = post.taken
        assert (envelope.mail_from, envelope.rcpt_tos) == ("a@example.com", ["b@example.com"])
        with pytest.raises(MailNotSent, match="Authentication credentials invalid"):
            await send(parse_smtp_url(f"smtp://ada:wrong@127.0.0.1:{port}"), mail())
    finally:
        controller.stop()
    with pytest.raises(MailNotSent):
        await send(parse_smtp_url(f"smtp://127.0.0.1:{port}"), mail())
