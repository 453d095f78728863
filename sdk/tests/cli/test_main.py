"""The program as a whole: exit codes, how failures look, help everywhere, the reference page."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import click
import pytest
from cli_platform import FakePlatform, Problem, Ran

from cpsl.cli import main as program
from cpsl.cli.main import cli
from cpsl.cli.reference import render

Cli = Callable[..., Ran]


def commands(
    group: click.Group = cli, context: click.Context | None = None
) -> Iterator[tuple[click.Context, click.Command]]:
    context = context or click.Context(cli, info_name="capsule")
    yield context, group
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from commands(command, inner)
        else:
            yield inner, command


def test_every_command_and_option_has_a_help_text() -> None:
    for context, command in commands():
        assert command.help, context.command_path
        assert len(command.help.splitlines()[0]) <= 66, f"{context.command_path}: one line of the list"
        assert command.help.splitlines()[0].endswith("."), context.command_path
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{context.command_path} {parameter.name}"


def test_reference_page_holds_every_command_and_option() -> None:
    page = render()
    for context, command in commands():
        assert f"`{context.command_path}`" in page or command is cli
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.opts[-1] in page
    assert "| 75 |" in page


def test_help_needs_neither_http_nor_terminal_libraries() -> None:
    code = (
        "import sys; from cpsl.cli.main import run; run(['--help']);"
        "print([m for m in ('httpx2', 'rich', 'asyncio', 'watchfiles', 'tarfile') if m in sys.modules],"
        " file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
    assert "Apps and sites" in ran.stdout


def test_unknown_command_proposes_a_near_one_and_exits_2(capsule_cli: Cli, nowhere: None) -> None:
    ran = capsule_cli("lst")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.splitlines()[:2] == [
        "Error: There is no command 'lst'. Did you mean 'list'?",
        "Hint:  capsule --help",
    ]


def test_unknown_option_exits_2_with_the_help_of_that_command(capsule_cli: Cli, nowhere: None) -> None:
    ran = capsule_cli("list", "--nope")
    assert ran.code == 2
    assert "Hint:  capsule list --help" in ran.err


def test_without_login_exits_77_and_says_how_to_get_one(capsule_cli: Cli, nowhere: None) -> None:
    ran = capsule_cli("list")
    assert ran.code == 77
    assert "You are not logged in" in ran.err
    assert "capsule up" in ran.err
    assert "(not_logged_in; --verbose for details)" in ran.err


def test_login_refused_by_the_server_exits_77(platform: FakePlatform, capsule_cli: Cli) -> None:
    ran = capsule_cli("list", "--token", "bad")
    assert ran.code == 77
    assert f"capsule login --server {platform.url}" in ran.err


def test_unreachable_server_exits_75_with_the_next_step(capsule_cli: Cli, nowhere: None) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    ran = capsule_cli("list", "--server", url, "--token", "t")
    assert ran.code == 75
    assert f"Error: The server at {url} does not answer" in ran.err
    assert "capsule up" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("status", "code"), [(400, 2), (403, 77), (404, 1), (409, 1), (422, 2), (429, 75), (500, 1), (503, 75)]
)
def test_problems_become_error_hint_identity_and_exit_code(
    platform: FakePlatform, capsule_cli: Cli, status: int, code: int
) -> None:
    def fail(method: str, path: str) -> None:
        raise Problem(status, "some_code", "Capsule 'shop' is broken.", "capsule mend shop")

    platform.fail = fail
    ran = capsule_cli("list")
    assert ran.code == code
    assert ran.out == ""
    assert ran.err.splitlines() == [
        "Error: Capsule 'shop' is broken.",
        "Hint:  capsule mend shop",
        "(some_code, req_42; --verbose for details)",
    ]


def test_fields_of_a_refused_payload_are_listed(platform: FakePlatform, capsule_cli: Cli) -> None:
    def fail(method: str, path: str) -> None:
        errors = [{"field": "source.url", "message": "is not the address of a git repository"}]
        raise Problem(422, "invalid_input", "The input is not valid.", extra={"errors": errors})

    platform.fail = fail
    assert "  source.url: is not the address of a git repository" in capsule_cli("list").err


def test_verbose_shows_where_a_failure_came_from(platform: FakePlatform, capsule_cli: Cli) -> None:
    ran = capsule_cli("logs", "nope", "--verbose")
    assert ran.code == 1
    assert "Traceback" in ran.err
    assert "Traceback" not in capsule_cli("logs", "nope").err


def test_bug_is_one_line_without_verbose(
    platform: FakePlatform, capsule_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.spaces = [{"unexpected": True}]
    ran = capsule_cli("list")
    assert ran.code == 1
    assert "failed unexpectedly: KeyError" in ran.err
    assert "Traceback" not in ran.err
    assert "Traceback" in capsule_cli("list", "-v").err


def test_answer_that_is_no_json_names_the_address(platform: FakePlatform, capsule_cli: Cli) -> None:
    ran = capsule_cli("whoami", "--server", platform.url + "/elsewhere")
    assert ran.code in (1, 77)
    assert "Traceback" not in ran.err


def test_nonsense_for_a_server_is_refused(capsule_cli: Cli, nowhere: None) -> None:
    ran = capsule_cli("list", "--server", "ftp://x", "--token", "t")
    assert ran.code == 2
    assert "not the address of a server" in ran.err


def test_interrupt_exits_130_without_a_trace(
    platform: FakePlatform, capsule_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cpsl.cli.api.Api.call", interrupt)
    ran = capsule_cli("list")
    assert (ran.code, ran.err.strip()) == (130, "Interrupted.")


def test_options_before_and_after_the_command_are_the_same(
    platform: FakePlatform, capsule_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CAPSULE_URL")
    monkeypatch.delenv("CAPSULE_TOKEN")
    given = ("--server", platform.url, "--token", "tok-good")
    assert capsule_cli(*given, "list").code == capsule_cli("list", *given).code == 0


def test_output_that_nobody_reads_is_no_failure() -> None:
    ran = subprocess.run(
        ["sh", "-c", '"$0" -m cpsl --help | true', sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""


def test_platform_commands_are_handed_over_with_all_options(
    capsule_cli: Cli, nowhere: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda program, argv: seen.append(argv[1:]))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    capsule_cli("up", "--port", "9000", "--data", "/tmp/x", "--no-demo", "-d", "--host", "0.0.0.0")
    capsule_cli("down", "--all")
    capsule_cli("status", "--json")
    capsule_cli("doctor")
    assert seen == [
        [
            "-m",
            "capsule",
            "up",
            "--port",
            "9000",
            "--data",
            "/tmp/x",
            "--no-demo",
            "--detach",
            "--host",
            "0.0.0.0",
        ],
        ["-m", "capsule", "down", "--all"],
        ["-m", "capsule", "status", "--json"],
        ["-m", "capsule", "doctor"],
    ]


def test_platform_commands_without_the_platform_say_what_to_install(
    capsule_cli: Cli, nowhere: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    ran = capsule_cli("up")
    assert ran.code == 1
    assert "capsule-server" in ran.err


def test_completion_script_names_the_program(capsule_cli: Cli, nowhere: None) -> None:
    assert "_CAPSULE_COMPLETE" in capsule_cli("completion", "bash").out


def test_json_errors_leave_stdout_empty(platform: FakePlatform, capsule_cli: Cli) -> None:
    ran = capsule_cli("start", "nope", "--json")
    assert (ran.code, ran.out) == (1, "")


def test_json_of_lists_is_a_list(platform: FakePlatform, capsule_cli: Cli) -> None:
    platform.add_capsule("shop")
    assert [item["name"] for item in json.loads(capsule_cli("list", "--json").out)] == ["shop"]
    assert program.SECTIONS
