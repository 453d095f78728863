"""What usually helps against a complaint of a program."""

import re

# What is complained of → what helps; `{}` is what the pattern caught.
_REMEDIES = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (
            r"KeyError: ['\"]([A-Z][A-Z0-9_]+)['\"]$",
            "If {0} is an environment variable, set it: capsule env set NAME {0}=…",
        ),
        (
            r"No module named ['\"](\w+)[\w.]*['\"]",
            "Is {0} among the project's dependencies, such as in requirements.txt? If it is the project's "
            "own, is there a {0}.py in the folder where the command starts?",
        ),
        (
            r"Cannot find (?:module|package) ['\"]([^./'\"][^'\"]*)['\"]",
            "Is {0} among the dependencies in package.json?",
        ),
        (
            r"No space left on device",
            "Make room on the server's disk, such as by removing capsules that nobody needs.",
        ),
        (
            r"error:0308010C",
            "A tool older than Node 17: ask for Node 16 in `engines.node`, or set the variable "
            "NODE_OPTIONS=--openssl-legacy-provider.",
        ),
        (
            r"^(?:/bin/)?sh: (?:\d+: |line \d+: )?(\S*/[^\s:]+): (?:command )?not found$",
            "Either there is no `{0}`, or its first line names a program that is not there, as in a script "
            "saved with the line ends of Windows.",
        ),
        (
            r"^(?:/bin/)?sh: (?:\d+: |line \d+: )?([^\s:]+): (?:command )?not found$",
            "`{0}` is not there. Add the package it comes with to the project's dependencies.",
        ),
        (
            r"(\S+) has no wheels with a matching platform tag",
            "{0} is for another system than Linux. Take it out, or mark it: `{0} ; sys_platform == 'win32'`.",
        ),
        (
            r"Because (?:there is no version of |only .* of )?(\S+?)(?:==\S+)? "
            r"(?:and|is available|was not found)",
            "Check the name and the version of {0} in the project's dependencies.",
        ),
        (
            r"Failed to build `?(psycopg2|mysqlclient)\b",
            "{0} is built from source with the headers of its database. Take psycopg2-binary or PyMySQL, or "
            "install libpq-dev or default-libmysqlclient-dev, gcc and python3-dev on the machine.",
        ),
        (
            r"Failed to build `?([^\s`]+)`?",
            "{0} is not ready-made for this Python and could not be built. Take a newer version of it, or "
            "ask for the Python of its time in a file .python-version.",
        ),
        (
            r"Distribution not found at: file://",
            "The requirements name a folder of another computer, as Conda's do. Write them with: "
            "pip list --format=freeze > requirements.txt",
        ),
        (
            r"No matching version found for node@(\S+?)\.?$",
            "There is no Node {0}. Correct the version that the project asks for, such as in `engines.node`.",
        ),
        (
            r"No matching version found for (\S+?)\.?$",
            "The registry has no such version of it. Correct the version in package.json.",
        ),
        (
            r"Unsupported URL Type \"workspace:|ERR_PNPM_WORKSPACE_PKG_NOT_FOUND|Workspace not found",
            "It needs other packages of its workspace. Leave the project path empty, and set a run command "
            "and a build command such as `npm start --workspace apps/web`.",
        ),
        (
            r"ERESOLVE",
            "The packages ask for versions that exclude each other. Commit a package-lock.json with which it "
            "works on your computer, or a file .npmrc with `legacy-peer-deps=true`.",
        ),
        (
            r"YN0028",
            "yarn.lock is not what package.json asks for. Run `yarn install` and commit yarn.lock.",
        ),
        (
            r"ERR_PNPM_OUTDATED_LOCKFILE",
            "pnpm-lock.yaml is not what package.json asks for. Run `pnpm install` and commit pnpm-lock.yaml.",
        ),
        (
            r"[Yy]our lockfile needs to be updated",
            "yarn.lock is not what package.json asks for. Run `yarn install` and commit yarn.lock.",
        ),
        (
            r"(?:CLI|Astro|requires|supported by) .*\bNode(?:\.js)?\b.* (?:v?\d+)",
            'Ask for the Node that it wants: "engines": {{"node": ">=22"}} in package.json.',
        ),
    )
)


def remedy(line: str) -> str | None:
    """Return the usual next step against a complaint; None when there is no usual one."""
    for pattern, text in _REMEDIES:
        if match := pattern.search(line):
            return text.format(*match.groups())
    return None
