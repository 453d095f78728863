"""What helps against usual complaints."""

import pytest

from capsule.kit.remedies import remedy


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("KeyError: 'SECRET_KEY'", "capsule env set NAME SECRET_KEY=…"),
        ("ModuleNotFoundError: No module named 'flask.ext'", "Is flask among"),
        ("Error: Cannot find module 'express'", "Is express among"),
        ("sh: 1: poetry: not found", "`poetry` is not there"),
        ("sh: 1: ./start.sh: not found", "line ends of Windows"),
        (
            "error: No solution found cause: Because there is no version of flask==99.1 and you require it",
            "name and the version of flask in",
        ),
        (
            "cause: Because no-such-one was not found in the package registry and you require it",
            "name and the version of no-such-one in",
        ),
        (
            "Because pywin32==306 has no wheels with a matching platform tag (e.g., `x`)",
            "sys_platform == 'win32'",
        ),
        ("error: Failed to build `psycopg2==2.9.9` cause: x", "psycopg2-binary"),
        ('Unsupported URL Type "workspace:": workspace:*', "Leave the project path empty"),
        ("error: Failed to build `numpy==1.19.0`", "numpy==1.19.0 is not ready-made for this Python"),
        ("error: Distribution not found at: file:///home/conda/a/work", "pip list --format=freeze"),
        ("notarget No matching version found for node@99.x.", "There is no Node 99.x."),
        ("notarget No matching version found for left-pad@9.", "Correct the version in package.json"),
        ("ERESOLVE could not resolve", "legacy-peer-deps=true"),
        ("YN0028: The lockfile would have been modified by this install", "commit yarn.lock"),
        ("ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with", "commit pnpm-lock.yaml"),
        ("The Angular CLI requires a minimum Node.js version of v22.12.", '"engines": {"node": ">=22"}'),
        ("Node.js v18.1.0 is not supported by Astro! Please upgrade Node.js to v22", '{"node": ">=22"}'),
        ("Error: error:0308010C:digital envelope routines::unsupported", "--openssl-legacy-provider"),
    ],
)
def test_usual_complaint_has_a_remedy(line: str, part: str) -> None:
    assert part in str(remedy(line))


@pytest.mark.parametrize("line", ["KeyError: 'name'", "Error: Cannot find module './x.js'", "bye"])
def test_other_complaint_has_none(line: str) -> None:
    assert remedy(line) is None
