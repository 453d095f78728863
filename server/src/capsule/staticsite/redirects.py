"""Read `_redirects`: one rule a line, `from to [status]`, the first that matches counts."""

from dataclasses import dataclass
from http import HTTPStatus

from capsule.staticsite.pattern import Pattern

_GOES_ELSEWHERE = (301, 302, 303, 307, 308)
_ANSWERS_HERE = (200, 404, 410)


@dataclass(frozen=True)
class Redirect:
    pattern: Pattern
    to: str
    """A path of the site, or for redirects any address; with `:name` and `:splat`."""
    status: int
    is_forced: bool
    """Holds although there is a file of that path (`301!`)."""

    @property
    def is_rewrite(self) -> bool:
        return self.status in _ANSWERS_HERE


class Redirects:
    """The rules of one site. Rules without placeholders are found at once, however many there are."""

    def __init__(self, rules: list[Redirect]) -> None:
        self._exact: dict[str, list[tuple[int, Redirect]]] = {}
        self._others: list[tuple[int, Redirect]] = []
        for place, rule in enumerate(rules):
            if rule.pattern.is_exact:
                self._exact.setdefault(rule.pattern.text, []).append((place, rule))
            else:
                self._others.append((place, rule))

    def match(self, path: str, *, is_forced: bool) -> tuple[Redirect, dict[str, str]] | None:
        """Return the first rule for a decoded path, and what its placeholders stand for."""
        exact = next((each for each in self._exact.get(path, ()) if each[1].is_forced == is_forced), None)
        for place, rule in self._others:
            if exact is not None and exact[0] < place:
                break
            if rule.is_forced == is_forced and (captured := rule.pattern.match(path)) is not None:
                return rule, captured
        return (exact[1], {}) if exact is not None else None


def read_redirects(text: str) -> tuple[list[Redirect], list[str]]:
    """Return the rules, and a sentence for each line that is none."""
    rules, complaints = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        words = _words(line)
        if not words:
            continue
        try:
            rules.append(_rule(words))
        except ValueError as exc:
            complaints.append(f"Line {number} of _redirects is left out: {exc}.")
    return rules, complaints


def _words(line: str) -> list[str]:
    words = line.split()
    comment = next((place for place, word in enumerate(words) if word.startswith("#")), len(words))
    return words[:comment]


def _rule(words: list[str]) -> Redirect:
    if len(words) < 2:
        raise ValueError(f"`{' '.join(words)}` is not `from to [status]`")
    source, to, *rest = words
    if "=" in to and not to.startswith(("/", "http")):
        raise ValueError(f"query parameters such as `{to}` are not looked at")
    if len(rest) > 1:
        raise ValueError(f"conditions such as `{rest[1]}` are not looked at")
    status, is_forced = _status(rest[0] if rest else "301")
    is_address = to.startswith(("http://", "https://"))
    if not to.startswith("/") and not is_address:
        raise ValueError(f"`{to}` is neither a path nor an address")
    if is_address and status in _ANSWERS_HERE:
        raise ValueError(f"`{to}` with status {status} would be a proxy, which a site is not")
    pattern = Pattern(source)
    if status in _GOES_ELSEWHERE and pattern.is_exact and (to.rstrip("/") or "/") == pattern.text:
        raise ValueError(f"`{source}` leads to itself")
    return Redirect(pattern, to, status, is_forced)


def _status(word: str) -> tuple[int, bool]:
    number, is_forced = word.removesuffix("!"), word.endswith("!")
    known = (*_GOES_ELSEWHERE, *_ANSWERS_HERE)
    if not number.isascii() or not number.isdigit() or int(number) not in known:
        raise ValueError(f"`{word}` is none of {', '.join(map(str, sorted(known)))}")
    return HTTPStatus(int(number)).value, is_forced
