"""The small shell script between the node agent and a replica's box.

It outlives the node agent, so that the exit code and the last output of a replica are never lost, and it
is the box's parent, so that the box dies with it. Constant text; everything variable is an argument.
"""

from dataclasses import dataclass
from pathlib import Path

MARK = "capsule-replica"

# The two cats keep a reader on the pipes whatever happens to the node agent. A plain file in their place
# would be truncated by every `echo … >/dev/stderr` of the user's scripts.
_SCRIPT = """
io=$1; shift
echo $$ >"$io/shim"
/bin/cat <"$io/stdout" >>"$io/out" &
/bin/cat <"$io/stderr" >>"$io/err" &
exec 3>"$io/stdout" 4>"$io/stderr"
"$@" >&3 2>&4 3>&- 4>&-
echo $? >"$io/exit.new" && /bin/mv -f "$io/exit.new" "$io/exit"
exec 3>&- 4>&-
wait
"""


@dataclass(frozen=True)
class ShimFiles:
    """What the shim and the node agent share, all in one folder."""

    folder: Path

    @property
    def pid(self) -> Path:
        return self.folder / "shim"

    @property
    def exit(self) -> Path:
        return self.folder / "exit"

    @property
    def pipes(self) -> tuple[Path, Path]:
        return self.folder / "stdout", self.folder / "stderr"

    @property
    def outputs(self) -> dict[str, Path]:
        """Append-only files, by the name of the stream."""
        return {"stdout": self.folder / "out", "stderr": self.folder / "err"}

    def exit_code(self) -> int | None:
        """Return the code that the box ended with, or None while it runs or when nobody knows."""
        try:
            return int(self.exit.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def shim_pid(self) -> int | None:
        try:
            return int(self.pid.read_text())
        except (FileNotFoundError, ValueError):
            return None


def shim_argv(files: ShimFiles, box_argv: list[str]) -> list[str]:
    return ["/bin/sh", "-c", _SCRIPT, MARK, str(files.folder), *box_argv]
