"""The line that tells most."""

from capsule.kit.complaint import complaint


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


def test_package_that_could_not_be_built_stands_above_what_its_build_said() -> None:
    lines = ["error: Failed to build `numpy==1.19.0`", "  ModuleNotFoundError: No module named 'distutils.x'"]
    assert complaint(lines) == "error: Failed to build `numpy==1.19.0`"


def test_cause_of_git_and_of_yarn_is_found_between_their_other_lines() -> None:
    lines = ["error: Git operation failed cause: a cause: b", "  --- stderr", "  fatal: unable to access 'x'"]
    assert complaint(lines) == "fatal: unable to access 'x'"
    said = "\u27a4 YN0028: \u00b7 The lockfile would have been created, which is forbidden."
    assert complaint([said, "\u27a4 YN0000: \u00b7 Failed with errors in 0s"]) == said


def test_without_a_telling_line_the_last_one_is_taken_where_that_is_wanted() -> None:
    assert complaint(["doing", "bye", ""]) == "bye"
    assert complaint(["doing", "bye"], only_telling=True) == ""
