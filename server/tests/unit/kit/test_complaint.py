"""The line that tells most, and what helps against it."""

import pytest

from capsule.kit.complaint import complaint, remedy


def test_exception_stands_above_what_a_server_says_at_its_end() -> None:
    lines = [
        "Traceback",
        "ModuleNotFoundError: No module named 'x'",
        "[ERROR] Reason: Worker failed to boot.",
    ]
    assert complaint(lines) == "ModuleNotFoundError: No module named 'x'"


def test_cause_of_npm_stands_above_its_usage() -> None:
    assert complaint(["npm error code E1", "npm error 404 Nope", "npm error", "npm error See npm help"]) == (
        "404 Nope"
    )


def test_without_a_telling_line_the_last_one_is_taken_where_that_is_wanted() -> None:
    assert complaint(["doing", "bye", ""]) == "bye"
    assert complaint(["doing", "bye"], only_telling=True) == ""


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("KeyError: 'SECRET_KEY'", "capsule env set NAME SECRET_KEY=…"),
        ("ModuleNotFoundError: No module named 'flask.ext'", "Is flask among"),
        ("Error: Cannot find module 'express'", "Is express among"),
        ("sh: 1: poetry: not found", "`poetry` is not there"),
        ("Error: error:0308010C:digital envelope routines::unsupported", "--openssl-legacy-provider"),
    ],
)
def test_usual_complaint_has_a_remedy(line: str, part: str) -> None:
    assert part in str(remedy(line))


@pytest.mark.parametrize("line", ["KeyError: 'name'", "Error: Cannot find module './x.js'", "bye"])
def test_other_complaint_has_none(line: str) -> None:
    assert remedy(line) is None
