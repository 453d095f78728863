"""Path patterns of `_redirects` and `_headers`, such as `/blog/:year/*`."""

import re

_PART = re.compile(r":([A-Za-z]\w*)|\*")


class Pattern:
    """Matches decoded paths such as `/blog/2024/post`; a slash at the end makes no difference."""

    def __init__(self, text: str) -> None:
        """Raises ValueError for what is no path, or has more than one `*`, or a name twice."""
        if not text.startswith("/"):
            raise ValueError(f"{text!r} does not start with `/`")
        if text.count("*") > 1:
            raise ValueError(f"{text!r} has more than one `*`")
        self.text = text.rstrip("/") or "/"
        self.is_exact = _PART.search(text) is None
        try:
            self._regex = re.compile(self._source())
        except re.error as exc:
            raise ValueError(f"{text!r} has one name twice") from exc

    def _source(self) -> str:
        source, at = "", 0
        text = self.text
        for part in _PART.finditer(text):
            before = text[at : part.start()]
            if part[1]:
                source += re.escape(before) + f"(?P<{part[1]}>[^/]+)"
            elif part.end() == len(text) and before.endswith("/"):
                # `/blog/*` is for `/blog` as well.
                source += re.escape(before[:-1]) + "(?:/(?P<splat>.*))?"
            else:
                source += re.escape(before) + "(?P<splat>.*)"
            at = part.end()
        return source + re.escape(text[at:])

    def match(self, path: str) -> dict[str, str] | None:
        """Return what the placeholders stand for in `path`, `*` by the name `splat`; None without a match."""
        if self.is_exact:
            return {} if path == self.text else None
        found = self._regex.fullmatch(path)
        return {name: value or "" for name, value in found.groupdict().items()} if found else None


def fill(text: str, captured: dict[str, str]) -> str:
    """Put what was captured in the place of `:name` and `:splat`; other colons stay."""
    return _PART.sub(lambda part: captured.get(part[1] or "splat", part[0]), text)
