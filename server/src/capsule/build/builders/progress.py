"""What a build is at: told to its log, ended when its time is up, named when it fails."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from capsule.build.contract import BuildFailed, BuildLimits, BuildTimedOut, LogSink
from capsule.kit.remedies import remedy

_WHOLE_OUTPUT = "The build log has the whole output."


class Progress:
    """Of one build. `step` names what it is at."""

    def __init__(self, log: LogSink, limits: BuildLimits, *, step: str) -> None:
        self.step = step
        self._log = log
        self._limits = limits

    def say(self, text: str) -> None:
        """Write a line of the platform's own into the log."""
        self._log.write(text, stream="platform")

    def begin(self, step: str) -> None:
        self.step = step
        self.say(f"── {step}")

    @contextlib.asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Raises BuildTimedOut, with the step, when the body takes longer than builds may."""
        seconds = self._limits.seconds
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            self.say(f"Stopped: the build took longer than {seconds:g} s.")
            raise BuildTimedOut(
                f"The build took longer than {seconds:g} s; it was stopped in `{self.step}`.",
                hint="Find out in the build log what it waits for.",
                step=self.step,
                exit_code=None,
            ) from None

    def failed(self, detail: str, *, hint: str | None = None, exit_code: int | None = None) -> BuildFailed:
        return BuildFailed(detail, hint=hint, step=self.step, exit_code=exit_code)

    def ended(self, what: str, exit_code: int, words: str, *, else_words: str = "") -> BuildFailed:
        """Say that `what` ended so; `words` is what its output says of the reason, if anything."""
        reason = words or else_words
        detail = f"{what} ended with exit code {exit_code}" + (f": {reason}" if reason else ".")
        return self.failed(detail, hint=remedy(words) or _WHOLE_OUTPUT, exit_code=exit_code)

    def out_of_memory(self, detail: str, exit_code: int) -> BuildFailed:
        hint = "Build less at once, or have the limit for builds raised."
        return self.failed(detail, hint=hint, exit_code=exit_code)

    def unbuilt(self, detail: str) -> BuildFailed:
        """Say that it failed without an exit code to tell."""
        return self.failed(detail, hint=_WHOLE_OUTPUT)
