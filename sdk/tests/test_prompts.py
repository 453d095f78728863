"""Questions to the user: what is asked, what each answer gives, what is refused."""

from pathlib import Path
from typing import Any

import pytest
from session_backend import FakeBackend, make_session

import cpsl
from cpsl._session_prompts import safe_name


class TestApproval:
    async def test_what_is_asked(self, session: cpsl.Session, backend: FakeBackend) -> None:
        backend.answers = [{"status": "answered", "approved": True}]
        assert await session.prompt_approval("Send it?", approve_label="Send", timeout=5) is True
        assert backend.asked == [
            (
                "approval",
                {
                    "message": "Send it?",
                    "approve_label": "Send",
                    "reject_label": "Reject",
                    "blocking": True,
                    "session_id": "s1",
                },
                5.0,
            )
        ]

    @pytest.mark.parametrize(
        "answer",
        [
            {"status": "answered", "approved": False},
            {"status": "answered"},
            {"status": "timed_out"},
            {"status": "cancelled"},
            {"status": "declined", "approved": True},
        ],
    )
    async def test_everything_else_is_a_no(
        self, session: cpsl.Session, backend: FakeBackend, answer: Any
    ) -> None:
        backend.answers = [answer]
        assert await session.prompt_approval("Send it?") is False

    async def test_nobody_is_a_no(self) -> None:
        assert await make_session().prompt_approval("Send it?") is False

    @pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
    async def test_a_timeout_is_positive(self, session: cpsl.Session, timeout: float) -> None:
        with pytest.raises(ValueError, match="more than 0 seconds"):
            await session.prompt_approval("x", timeout=timeout)

    @pytest.mark.parametrize("timeout", ["5", None, True])
    async def test_a_timeout_is_a_number(self, session: cpsl.Session, timeout: Any) -> None:
        with pytest.raises(TypeError, match="number of seconds"):
            await session.prompt_file(timeout=timeout)

    async def test_it_says_something(self, session: cpsl.Session) -> None:
        with pytest.raises(ValueError, match="message"):
            await session.prompt_approval(" ")


class TestFile:
    @pytest.fixture(autouse=True)
    def answered(self, backend: FakeBackend) -> None:
        backend.files["fil_1"] = b"a,b\n"
        backend.answers = [
            {
                "status": "answered",
                "file": {
                    "id": "fil_1",
                    "name": "../../etc/data.csv",
                    "content_type": "text/csv",
                    "size": 4,
                    "url": "/api/files/fil_1/data.csv?signature=x",
                },
            }
        ]

    async def test_without_a_path_it_stays_where_it_is(
        self, session: cpsl.Session, backend: FakeBackend
    ) -> None:
        upload = await session.prompt_file(message="A table", accept=".csv", timeout=9)
        assert (upload.name, upload.content_type, upload.size) == ("../../etc/data.csv", "text/csv", 4)
        assert (upload.url, upload.path) == ("/api/files/fil_1/data.csv?signature=x", None)
        kind, payload, timeout = backend.asked[0]
        assert (kind, timeout) == ("file", 9.0)
        assert payload == {"message": "A table", "blocking": True, "session_id": "s1", "accept": ".csv"}

    async def test_into_a_directory_under_its_own_name(self, session: cpsl.Session, tmp_path: Path) -> None:
        upload = await session.prompt_file(path=str(tmp_path))
        assert upload.path == str(tmp_path / "data.csv")
        assert (tmp_path / "data.csv").read_bytes() == b"a,b\n"
        assert [entry.name for entry in tmp_path.iterdir()] == ["data.csv"]

    async def test_a_slash_at_the_end_means_a_directory(self, session: cpsl.Session, tmp_path: Path) -> None:
        upload = await session.prompt_file(path=f"{tmp_path}/new/")
        assert upload.path == str(tmp_path / "new" / "data.csv")

    async def test_to_an_exact_path_over_what_is_there(self, session: cpsl.Session, tmp_path: Path) -> None:
        target = tmp_path / "deep" / "er" / "in.csv"
        target.parent.mkdir(parents=True)
        target.write_text("old")
        upload = await session.prompt_file(path=str(target))
        assert upload.path == str(target)
        assert target.read_bytes() == b"a,b\n"

    async def test_parents_are_made(self, session: cpsl.Session, tmp_path: Path) -> None:
        await session.prompt_file(path=str(tmp_path / "deep" / "in.csv"))
        assert (tmp_path / "deep" / "in.csv").exists()

    async def test_a_file_that_breaks_off_leaves_nothing(
        self, session: cpsl.Session, backend: FakeBackend, tmp_path: Path
    ) -> None:
        async def break_off(file_id: str, target: Path) -> None:
            target.write_bytes(b"a")
            raise RuntimeError("cut")

        backend.read_file = break_off  # type: ignore[method-assign]
        with pytest.raises(RuntimeError, match="cut"):
            await session.prompt_file(path=str(tmp_path))
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("status", "text"),
        [("timed_out", "within 300 seconds"), ("cancelled", "closed the request"), ("declined", "closed")],
    )
    async def test_no_file(self, session: cpsl.Session, backend: FakeBackend, status: Any, text: str) -> None:
        backend.answers = [{"status": status}]
        with pytest.raises(cpsl.FileUploadTimeout, match=text) as caught:
            await session.prompt_file()
        assert isinstance(caught.value, TimeoutError)

    async def test_outside_of_an_app(self) -> None:
        with pytest.raises(RuntimeError, match="running app"):
            await make_session().prompt_file()

    async def test_wrong_arguments(self, session: cpsl.Session) -> None:
        with pytest.raises(ValueError, match="path="):
            await session.prompt_file(path=" ")
        with pytest.raises(TypeError, match="accept="):
            await session.prompt_file(accept=[".csv"])  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("name", "safe"),
        [
            ("a.csv", "a.csv"),
            ("/etc/passwd", "passwd"),
            ("C:\\docs\\a.csv", "a.csv"),
            ("..", "upload"),
            ("a/", "upload"),
            ("a\0b\n.txt", "ab.txt"),
            ("日" * 100 + ".pdf", "日" * 65 + ".pdf"),
            ("." + "x" * 300, "." + "x" * 199),
        ],
    )
    def test_names_are_made_safe(self, name: str, safe: str) -> None:
        assert safe_name(name) == safe
        assert len(safe_name(name).encode()) <= 200


GITHUB: Any = {"access_token": "t", "token_type": "Bearer", "scopes": ["repo"], "expires_at": 7, "fields": {}}


class TestIntegration:
    async def test_connected_ones_are_returned_at_once(
        self, session: cpsl.Session, backend: FakeBackend
    ) -> None:
        session.integrations["github"] = known = cpsl.IntegrationCredentials(access_token="t")
        assert await session.prompt_integration("github", reason="r") is known
        assert await session.require_integration(cpsl.Integration.GITHUB) is known
        assert (backend.asked, backend.replies) == ([], [])

    async def test_asking_for_one(self, session: cpsl.Session, backend: FakeBackend) -> None:
        backend.answers = [{"status": "answered"}]
        backend.accounts["github"] = GITHUB
        found = await session.prompt_integration("github", reason="To read issues", timeout=5)
        assert found == cpsl.IntegrationCredentials("t", "Bearer", ["repo"], 7, {})
        assert session.get_integration("github") is found
        assert backend.replies == ["To read issues"]
        assert backend.asked == [
            (
                "integration",
                {"type": "github", "reason": "", "mode": "oauth", "blocking": True, "session_id": "s1"},
                5.0,
            )
        ]

    async def test_a_turn_that_is_run_again_asks_as_before(self, backend: FakeBackend) -> None:
        backend.answers = [{"status": "answered"}]
        backend.accounts["github"] = GITHUB
        await make_session(backend).require_integration("github")
        again = FakeBackend()
        again.known, again.accounts = list(backend.recorded), backend.accounts
        again.answers = [{"status": "answered"}]
        session = make_session(again)  # the account is connected by now
        session.integrations["github"] = cpsl.IntegrationCredentials(access_token="t")
        await session.require_integration("github")
        assert len(again.asked) == 1

    @pytest.mark.parametrize(
        ("reason", "message", "reply", "shown"),
        [
            ("why", None, ["why"], ""),
            ("why", "Please connect", ["Please connect"], "why"),
            ("why", "This is why.", ["This is why."], ""),
            ("why", "", [], "why"),
            ("", None, [], ""),
        ],
    )
    async def test_the_reason_is_said_once(
        self, session: cpsl.Session, backend: FakeBackend, reason: str, message: Any, reply: Any, shown: str
    ) -> None:
        backend.answers = [{"status": "answered"}]
        backend.accounts["github"] = GITHUB
        await session.require_integration("github", reason=reason, message=message)
        assert backend.replies == reply
        assert backend.asked[0][1]["reason"] == shown

    async def test_the_mode_is_the_declared_one(self, session: cpsl.Session, backend: FakeBackend) -> None:
        session._integration_modes = {"acme": "secret"}
        backend.answers = [{"status": "answered"}]
        form: Any = {**GITHUB, "access_token": "", "fields": {"api_key": "k"}}
        backend.accounts["acme"] = form
        assert (await session.prompt_integration("acme")).fields == {"api_key": "k"}
        assert backend.asked[0][1]["mode"] == "secret"

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            ("timed_out", cpsl.IntegrationTimeout),
            ("declined", cpsl.IntegrationDeclined),
            ("cancelled", cpsl.IntegrationDeclined),
            ("answered", cpsl.IntegrationDeclined),
        ],
    )
    async def test_no_account(
        self, session: cpsl.Session, backend: FakeBackend, status: Any, error: type[Exception]
    ) -> None:
        backend.answers = [{"status": status}]
        with pytest.raises(error, match="GitHub"):
            await session.prompt_integration("github")
        assert session.integrations == {}

    async def test_nobody_to_ask(self) -> None:
        with pytest.raises(cpsl.IntegrationDeclined):
            await make_session().prompt_integration("github")

    async def test_what_the_app_does_not_declare(self, session: cpsl.Session) -> None:
        session._integration_modes = {"github": "oauth"}
        with pytest.raises(ValueError, match=r"'linear'; declared are: github.*add_integration\('linear'"):
            await session.require_integration("linear")

    async def test_pipedream_comes_later(self, session: cpsl.Session) -> None:
        session._integration_modes = {"sheets": "pipedream"}
        with pytest.raises(cpsl.NotYetAvailable):
            await session.prompt_integration("sheets")


class TestChannelsThatCannotDraw:
    async def test_the_question_is_put_in_words(self, backend: FakeBackend) -> None:
        session = make_session(backend, channel="telegram")
        backend.answers = [{"status": "timed_out"}, {"status": "timed_out"}, {"status": "declined"}]
        await session.prompt_approval("Send it?", approve_label="Send")
        with pytest.raises(cpsl.FileUploadTimeout):
            await session.prompt_file(message="A table, please")
        with pytest.raises(cpsl.IntegrationDeclined):
            await session.prompt_integration("aws")
        assert backend.replies == [
            "Send it?\nAnswer in the web app: Send or Reject.",
            "A table, please\nSend it here as your next message, or upload it in the web app.",
            "Please connect your AWS account in the web app.",
        ]
