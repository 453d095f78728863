"""`capsule runtimes`: the runtimes of an app's users."""

import io
from collections.abc import Callable

import pytest
from cli_platform import FakePlatform, Ran, runtime, runtime_report

from cpsl.cli import words

Cli = Callable[..., Ran]


@pytest.fixture(autouse=True)
def bot(platform: FakePlatform) -> None:
    platform.add_capsule("bot", "app")
    platform.runtimes = runtime_report(
        "deploy",
        (
            runtime("usr_1", email="ada@example.org", turns=2, memory_bytes=14_200_000),
            runtime("vis_22", "waking", wake_seconds=None, used_at=None),
            runtime("vis_33", "cold", last_end="ran out of memory and was killed"),
        ),
        wake_p50_seconds=0.0114,
        wake_p95_seconds=1.6,
        shared_bytes=61_000_000,
        notices=["The app starts threads while it is imported, so each runtime loads it anew."],
    )


class TestList:
    def test_shows_each_user_and_a_summary(self, capsule_cli: Cli) -> None:
        ran = capsule_cli("runtimes", "bot")
        assert ran.code == 0
        heading, ada, waking, cold, summary = ran.out.splitlines()
        assert heading.split() == ["USER", "STATE", "MEMORY", "WAKE", "WOKEN", "USED", "TURNS", "LAST", "END"]
        assert ada.split()[:6] == ["ada@example.org", "warm", "14", "MB", "11", "ms"]
        assert waking.split()[:5] == ["vis_22", "waking", "5.0", "MB", "-"]
        assert cold.endswith("ran out of memory and was killed")
        assert summary == (
            "1 warm · 1 waking · 1 cold · 19 MB of their own, 61 MB shared"
            " · wakes in 11 ms (p50), 1.6 s (p95)"
        )

    def test_notices_go_to_stderr(self, capsule_cli: Cli) -> None:
        assert capsule_cli("runtimes", "bot").err.startswith("The app starts threads")

    def test_json_is_the_whole_report(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        assert capsule_cli("runtimes", "bot", "--json").json == platform.runtimes
        assert capsule_cli("runtimes", "bot", "--serve", "--json").json["environment"] == "serve"

    @pytest.mark.parametrize(
        ("argv", "is_hosted", "sentence"),
        [
            ((), True, "Nobody has used bot yet.\n"),
            ((), False, "bot is not deployed. Deploy it: capsule deploy app.py:app --name bot\n"),
            (("--serve",), False, "bot is not being served. Serve it: capsule serve app.py:app\n"),
        ],
    )
    def test_without_any_says_why(
        self, platform: FakePlatform, capsule_cli: Cli, argv: tuple[str, ...], is_hosted: bool, sentence: str
    ) -> None:
        platform.runtimes = runtime_report("deploy", is_hosted=is_hosted)
        assert capsule_cli("runtimes", "bot", *argv).out == sentence

    def test_other_types_have_none(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.add_capsule("shop")
        ran = capsule_cli("runtimes", "shop")
        assert ran.code == 1
        assert "only apps have a runtime for each user" in ran.err
        assert not platform.called("GET", "/runtimes")


class TestStop:
    @pytest.mark.parametrize("user", ["ada@example.org", "usr_1"])
    def test_by_address_or_id(self, platform: FakePlatform, capsule_cli: Cli, user: str) -> None:
        ran = capsule_cli("runtimes", "stop", "bot", user)
        assert (ran.code, ran.out) == (
            0,
            "Stopped the runtime of ada@example.org; the next message wakes a new one.\n",
        )
        assert platform.called("POST", "/capsules/cap_1/runtimes/stop") == [
            {"user_id": "usr_1", "environment": "deploy"}
        ]

    def test_of_serve(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        ran = capsule_cli("runtimes", "stop", "bot", "vis_22", "--serve", "--json")
        assert ran.json == {"user_id": "vis_22", "environment": "serve", "stopped": True}
        assert platform.called("POST", "/runtimes/stop")[0]["environment"] == "serve"

    def test_cold_one_is_told(self, capsule_cli: Cli) -> None:
        assert capsule_cli("runtimes", "stop", "bot", "vis_33").out == (
            "The runtime of vis_33 was cold already.\n"
        )

    def test_unknown_user_proposes_a_near_one(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        ran = capsule_cli("runtimes", "stop", "bot", "ada@exmple.org")
        assert ran.code == 1
        assert "Did you mean 'ada@example.org'?    All of them: capsule runtimes bot" in ran.err
        assert not platform.called("POST", "/runtimes/stop")

    def test_one_address_of_two_users_wants_an_id(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.runtimes["items"].append(runtime("usr_9", email="ada@example.org"))
        ran = capsule_cli("runtimes", "stop", "bot", "ada@example.org")
        assert ran.code == 1
        assert "Name one by id: usr_1, usr_9" in ran.err


class TestClear:
    def test_without_a_terminal_wants_yes(
        self, platform: FakePlatform, capsule_cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
        ran = capsule_cli("runtimes", "clear", "bot", "vis_33")
        assert (ran.code, platform.called("POST", "/runtimes/clear")) == (2, [])
        assert "the private files of vis_33 in bot needs a confirmation" in ran.err
        assert capsule_cli("runtimes", "clear", "bot", "vis_33", "--yes").out == (
            "Deleted the private files of vis_33.\n"
        )
        assert platform.called("POST", "/capsules/cap_1/runtimes/clear") == [
            {"user_id": "vis_33", "environment": "deploy"}
        ]

    @pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
    def test_in_a_terminal_asks(
        self,
        platform: FakePlatform,
        capsule_cli: Cli,
        monkeypatch: pytest.MonkeyPatch,
        typed: str,
        code: int,
    ) -> None:
        stdin = io.StringIO(typed)
        monkeypatch.setattr(stdin, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", stdin)
        assert capsule_cli("runtimes", "clear", "bot", "ada@example.org").code == code
        assert bool(platform.called("POST", "/runtimes/clear")) is not bool(code)

    def test_of_serve_as_json(self, capsule_cli: Cli) -> None:
        assert capsule_cli("runtimes", "clear", "bot", "vis_22", "--serve", "--yes", "--json").json == {
            "user_id": "vis_22",
            "environment": "serve",
            "cleared": True,
        }


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0042, "4.2 ms"),
        (0.00996, "10 ms"),
        (0.0114, "11 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (12, "12 s"),
    ],
)
def test_short_durations_are_readable(seconds: float, text: str) -> None:
    assert words.short_duration(seconds) == text
