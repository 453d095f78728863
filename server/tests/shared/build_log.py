"""The log of a build, as tests look at it."""


class ListSink:
    """Implements `build.contract.LogSink`."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, text: str, *, stream: str = "stdout") -> None:
        self.lines.append(text)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)
