"""A real mail server that keeps what it is given."""

import re
import socket
import time
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.controller import Controller


class PostOffice:
    """Listens on a port of its own, in a thread."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, server_hostname="mail.example"
        )
        self._controller.start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(BytesParser(EmailMessage, policy=policy.default).parsebytes(envelope.content))
        return "250 taken"

    def to(self, email: str, count: int = 1) -> list[EmailMessage]:
        """Wait for so many mails to somebody and return all there are."""
        deadline = time.monotonic() + 10
        while len(found := [mail for mail in self.mails if mail["To"] == email]) < count:
            assert time.monotonic() < deadline, f"no mail to {email}"
            time.sleep(0.02)
        return found

    def close(self) -> None:
        self._controller.stop()


def token_in(mail: EmailMessage) -> str:
    """Return the token of the link in a mail, which text and HTML share."""
    tokens = [
        re.findall(r"http://demo\.localhost/api/account/magic-link\?token=([\w-]+)", text_of(mail, kind))
        for kind in ("plain", "html")
    ]
    assert tokens[0] == tokens[1]
    (token,) = tokens[0]
    return str(token)


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())
