"""Read a Dockerfile, say what of it cannot be done here, and write it anew with other bases.

Images are built by the daemon's own builder, which knows no instructions of newer frontends. What those only
add for speed is left out with a notice; what changes the result is refused with a way round it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_DIRECTIVE = re.compile(r"^#\s*([a-zA-Z]+)\s*=\s*(\S.*?)\s*$")
_FLAG = re.compile(r"--[a-z]+(?:=(?:\"[^\"]*\"|'[^']*'|\S)*)?(?=\s|$)")
_HEREDOC = re.compile(r"(?<!<)<<-?[\"']?([A-Za-z_][A-Za-z0-9_]*)[\"']?")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::([-+])([^}]*))?\}|(\w+))")
_ELSEWHERE = re.compile(r"://|\bgit@|\$")
_KEYWORD = re.compile(r"^\s*([A-Za-z]+)(?:\s+(.*))?$", re.DOTALL)
_KNOWN = frozenset(
    {
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
        "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    }
)  # fmt: skip


class DockerfileProblem(Exception):
    """It cannot be read, or asks for what is not done here."""

    def __init__(self, text: str, hint: str = "", *, line: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint
        self.line = line
        """Counted from 1; 0: none in particular."""


@dataclass(frozen=True)
class Instruction:
    keyword: str
    """In capitals."""
    text: str
    """What follows, lines joined, comments left out, flags as they are."""
    lines: tuple[str, ...]
    """As they are written."""
    line: int
    """Its first, counted from 1."""

    @property
    def flags(self) -> dict[str, str]:
        """Name → value; of several with one name the last."""
        return {name: value for name, value in (_split_flag(flag) for flag in self._flags()[0])}

    @property
    def arguments(self) -> str:
        return self._flags()[1]

    def without_flags(self, unwanted: Callable[[str, str], bool]) -> "Instruction":
        """Return the instruction on one line without the flags that `unwanted` picks; itself if none."""
        flags, rest = self._flags()
        kept = [flag for flag in flags if not unwanted(*_split_flag(flag))]
        return self if kept == flags else self.rewritten(" ".join([*kept, rest]))

    def rewritten(self, text: str) -> "Instruction":
        return Instruction(self.keyword, text, (f"{self.keyword} {text}",), self.line)

    def _flags(self) -> tuple[list[str], str]:
        found, rest = [], self.text.strip()
        while match := _FLAG.match(rest):
            found.append(match[0])
            rest = rest[match.end() :].lstrip()
        return found, rest


@dataclass
class Stage:
    base: str
    """Image as written, variables filled in."""
    name: str
    """Of `AS name`; empty without."""
    instructions: list[Instruction] = field(default_factory=list)
    """Without its `FROM`."""

    def last(self, keyword: str) -> Instruction | None:
        return next((item for item in reversed(self.instructions) if item.keyword == keyword), None)


@dataclass(frozen=True)
class Dockerfile:
    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    escape: str
    syntax: str
    """Of the directive `# syntax=`; empty without."""

    @property
    def images(self) -> list[str]:
        """Images from elsewhere that are started or copied from, in order, each once."""
        found: dict[str, None] = {}
        for position, stage in enumerate(self.stages):
            if not self._is_stage(stage.base, position):
                found[stage.base] = None
            for item in stage.instructions:
                source = item.flags.get("from", "") if item.keyword == "COPY" else ""
                if source and not source.isdigit() and not self._is_stage(source, position):
                    found[source] = None
        found.pop("scratch", None)
        return list(found)

    @property
    def arguments(self) -> set[str]:
        """Names that `ARG` declares."""
        return {name for item in self.instructions if item.keyword == "ARG" for name in _names(item.text)}

    @property
    def ports(self) -> list[int]:
        """TCP ports that the last stage exposes, as far as they are written as numbers."""
        found = []
        for item in self.stages[-1].instructions:
            if item.keyword == "EXPOSE":
                for word in item.text.split():
                    number, _, protocol = word.partition("/")
                    if number.isdigit() and 0 < int(number) < 65536 and protocol.lower() in ("", "tcp"):
                        found.append(int(number))
        return found

    @property
    def user(self) -> str:
        """Of the last stage's last `USER`; empty without."""
        item = self.stages[-1].last("USER")
        return item.text.strip() if item is not None else ""

    def problems(self) -> list[DockerfileProblem]:
        """What makes it impossible to build."""
        return [problem for item in self.instructions for problem in _problems(item)]

    def notices(self) -> list[str]:
        """What is left out or has no effect, a sentence each."""
        found = []
        if self.syntax:
            found.append(f"`# syntax={self.syntax}` is left out: the daemon's own builder builds images.")
        found += [notice for item in self.instructions for notice in _notices(item)]
        if self.stages[-1].last("VOLUME"):
            found.append("VOLUME keeps nothing: what has to stay belongs into a storage that is mounted.")
        return list(dict.fromkeys(found))

    def written(self, bases: Mapping[str, str], labels: Mapping[str, str]) -> str:
        """Return the text with other images in place of those from elsewhere, and labels in each stage.

        Labels at the beginning of a stage are on everything that comes of it, half-built images too.
        """
        label = " ".join(f'{name}="{value}"' for name, value in labels.items())
        lines = [f"# escape={self.escape}"]
        position = -1
        for item in self.instructions:
            if item.keyword == "FROM":
                position += 1
                stage = self.stages[position]
                base = (
                    stage.base if self._is_stage(stage.base, position) else bases.get(stage.base, stage.base)
                )
                lines += [f"FROM {base}" + (f" AS {stage.name}" if stage.name else ""), f"LABEL {label}"]
                continue
            lines += self._rewritten(item, position, bases).lines
        return "\n".join(lines) + "\n"

    def _rewritten(self, item: Instruction, position: int, bases: Mapping[str, str]) -> Instruction:
        if item.keyword == "RUN":
            return item.without_flags(lambda name, value: name in ("mount", "network", "security"))
        if item.keyword not in ("COPY", "ADD"):
            return item
        item = item.without_flags(lambda name, value: name == "link")
        source = item.flags.get("from", "")
        if source in bases and not self._is_stage(source, position):
            rest = item.without_flags(lambda name, value: name == "from")
            return item.rewritten(f"--from={bases[source]} {rest.text}")
        return item

    def _is_stage(self, name: str, position: int) -> bool:
        """Tell whether a stage before `position` has this name."""
        return any(stage.name.lower() == name.lower() for stage in self.stages[:position] if stage.name)


def read_dockerfile(text: str, env: Mapping[str, str]) -> Dockerfile:
    """Parse; `env` gives the values of the arguments that are declared before the first `FROM`.

    Raises DockerfileProblem.
    """
    lines = text.replace("\r\n", "\n").removeprefix("\ufeff").split("\n")
    directives, begin = _directives(lines)
    escape = directives.get("escape", "\\")
    instructions = _instructions(lines, begin, escape)
    given: dict[str, str] = {}
    stages: list[Stage] = []
    for item in instructions:
        if item.keyword == "FROM":
            stages.append(_stage(item, given))
        elif stages:
            stages[-1].instructions.append(item)
        elif item.keyword == "ARG":
            for name, default in _declared(item.text):
                given[name] = env.get(name, _fill(default, given))
        else:
            raise DockerfileProblem(f"Line {item.line}: {item.keyword} stands before the first FROM.")
    if not stages:
        raise DockerfileProblem("It has no FROM.", "Begin with an image: `FROM debian:bookworm-slim`.")
    return Dockerfile(tuple(instructions), tuple(stages), escape, directives.get("syntax", ""))


def _directives(lines: list[str]) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    for number, line in enumerate(lines):
        match = _DIRECTIVE.match(line)
        if match is None or match[1].lower() not in ("syntax", "escape", "check"):
            return found, number
        found[match[1].lower()] = match[2]
    return found, len(lines)


def _instructions(lines: list[str], begin: int, escape: str) -> list[Instruction]:
    found: list[Instruction] = []
    number = begin
    while number < len(lines):
        first = number
        if not lines[number].strip() or lines[number].lstrip().startswith("#"):
            number += 1
            continue
        parts: list[str] = []
        while number < len(lines):
            line = lines[number]
            number += 1
            if parts and (not line.strip() or line.lstrip().startswith("#")):
                continue
            body = line.rstrip()
            goes_on = body.endswith(escape)
            parts.append(body[: -len(escape)] if goes_on else line)
            if not goes_on:
                break
        joined = "".join(parts)
        match = _KEYWORD.match(joined)
        keyword = match[1].upper() if match else joined.split()[0]
        if match is None or keyword not in _KNOWN:
            raise DockerfileProblem(f"Line {first + 1}: `{keyword}` is no instruction.", line=first + 1)
        if keyword in ("RUN", "COPY", "ADD"):
            for mark in _HEREDOC.findall(joined):
                while number < len(lines) and lines[number].strip() != mark:
                    number += 1
                number += 1
        text = (match[2] or "").strip()
        found.append(Instruction(keyword, text, tuple(lines[first:number]), first + 1))
    return found


def _stage(item: Instruction, given: Mapping[str, str]) -> Stage:
    words = _fill(item.arguments, given).split()
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].upper() != "AS"):
        raise DockerfileProblem(f"Line {item.line}: FROM takes an image and maybe `AS name`.", line=item.line)
    if "$" in words[0] or not words[0]:
        raise DockerfileProblem(
            f"Line {item.line}: the image `{words[0]}` has a variable without a value.",
            "Declare it with ARG before the first FROM, with a default.",
            line=item.line,
        )
    return Stage(words[0], words[2] if len(words) == 3 else "")


def _problems(item: Instruction) -> list[DockerfileProblem]:
    found: list[DockerfileProblem] = []

    def add(what: str, hint: str) -> None:
        found.append(DockerfileProblem(f"Line {item.line}: {what}.", hint, line=item.line))

    if item.keyword in ("RUN", "COPY", "ADD") and _HEREDOC.search(item.lines[0] + item.text):
        add("here-documents (`<<`) cannot be built", "Join the lines with `&&`, or COPY a script and run it.")
    if item.keyword == "RUN":
        for flag in item._flags()[0]:
            name, value = _split_flag(flag)
            kind = dict(part.partition("=")[::2] for part in value.split(",")).get("type", "bind")
            if name == "mount" and kind not in ("cache", "tmpfs"):
                add(f"`RUN --mount=type={kind}` cannot be built", "COPY what the command needs before it.")
            if name == "network" and value != "default":
                add(f"`RUN --network={value}` cannot be built", "Leave the flag out.")
    if item.keyword == "ONBUILD" and (nested := _nested(item)) is not None:
        found += _problems(nested)
        if "from" in nested.flags:
            add("`ONBUILD` with `--from` cannot be built", "Write the instruction out where it is wanted.")
    if item.keyword == "ADD" and _ELSEWHERE.search(item.arguments):
        # The daemon would fetch it, from where it can reach what only this machine may.
        add("`ADD` takes files of the project only", "Fetch the rest with RUN; COPY takes variables.")
    if item.keyword in ("COPY", "ADD"):
        for name in item.flags:
            if name not in ("from", "chown", "link"):
                hint = "Change the mode with a RUN after it." if name == "chmod" else "Leave the flag out."
                add(f"`{item.keyword} --{name}` cannot be built", hint)
    return found


def _nested(item: Instruction) -> Instruction | None:
    match = _KEYWORD.match(item.text)
    return Instruction(match[1].upper(), match[2] or "", item.lines, item.line) if match else None


def _notices(item: Instruction) -> list[str]:
    if item.keyword == "RUN" and "mount" in item.flags:
        return ["`RUN --mount=type=cache` is left out: layers that have not changed are kept instead."]
    if item.keyword in ("COPY", "ADD") and "link" in item.flags:
        return [f"`{item.keyword} --link` is left out; the result is the same."]
    if item.keyword == "HEALTHCHECK" and item.text.strip().upper() != "NONE":
        return ["HEALTHCHECK is not used: the platform asks the container over the network."]
    if item.keyword == "FROM" and "platform" in item.flags:
        return [f"`FROM --platform={item.flags['platform']}` is left out: images are built for this machine."]
    return []


def _split_flag(flag: str) -> tuple[str, str]:
    name, _, value = flag.removeprefix("--").partition("=")
    return name, value.strip("\"'")


def _declared(text: str) -> list[tuple[str, str]]:
    found = []
    for word in re.findall(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""", text):
        name, _, default = word.partition("=")
        found.append((name, default.strip("\"'")))
    return found


def _names(text: str) -> list[str]:
    return [name for name, _ in _declared(text)]


def _fill(text: str, given: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        known = given.get(match[1] or match[4], "")
        if match[2] == "-":
            return known or match[3]
        if match[2] == "+":
            return match[3] if known else ""
        return known or (match[0] if (match[1] or match[4]) not in given else "")

    return _VARIABLE.sub(value, text)
