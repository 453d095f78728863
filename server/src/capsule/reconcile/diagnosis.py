"""Say in people's words why a new replica did not become the one that gets the traffic."""

from collections.abc import Sequence
from typing import Any

from capsule.edge.contract import ProbeFailed
from capsule.engines.contract import Exit, ReplicaSpec
from capsule.kit.complaint import complaint
from capsule.kit.remedies import remedy


class ReplicaFailed(Exception):
    """The new replica did not come up; the old one is as it was."""

    def __init__(
        self, reason: str, hint: str | None = None, log_tail: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.log_tail = log_tail or []

    def told_by(self, lines: list[dict[str, Any]]) -> "ReplicaFailed":
        """Return the same with the last lines of the replica's log."""
        return ReplicaFailed(self.reason, self.hint, lines)


class ReplicaExited(ReplicaFailed):
    """The program ended by itself; its last words may say why."""

    def told_by(self, lines: list[dict[str, Any]]) -> ReplicaFailed:
        said = [line["text"] for line in lines if line.get("stream") != "platform"]
        words = complaint(said, only_telling=True)
        if not words:
            return super().told_by(lines)
        return ReplicaFailed(f"{self.reason.rstrip('.')}: {words}", remedy(words) or self.hint, lines)


def exited(spec: ReplicaSpec, exit: Exit) -> ReplicaFailed:
    """Explain a replica whose command ended before it counted as good."""
    main = "The container" if spec.image else "The start command"
    command = main if spec.process == "web" else f"The process `{spec.process}`"
    listens = spec.process == "web" and not spec.listens_on_socket
    reason = f"{command} {exit.sentence()} before it answered."
    if spec.process != "web":
        reason = f"{command} {exit.sentence()} right after its start."
    if exit.out_of_memory:
        return ReplicaFailed(reason, f"Give the capsule more than {spec.limits.memory} MiB of memory.")
    hint = "Look at the last log lines."
    if listens and spec.image:
        hint = (
            f"Look at the last log lines; the container has to keep running and listen on port {spec.port}."
        )
    elif listens:
        hint = "Look at the last log lines; the start command has to keep running and listen on $PORT."
    elif spec.process != "web":
        hint = "Look at the last log lines; the command has to keep running."
    return ReplicaExited(reason, hint)


def unanswered(
    spec: ReplicaSpec, address: str | None, listening: Sequence[str], failed: ProbeFailed, seconds: float
) -> ReplicaFailed:
    """Explain a replica that runs and does not answer; `listening` is where it really listens."""
    if only := _only_inside(spec, address, listening):
        return ReplicaFailed(*only)
    port = _port(address)
    if _hosts(address, listening):
        return ReplicaFailed(
            f"The app listens on port {port} but gave no good answer within {seconds:g} s: {failed.detail}",
            "Look at the last log lines.",
        )
    instead = f"; it listens on {', '.join(listening)}" if listening else "; it listens on no port"
    return ReplicaFailed(
        f"The app did not answer on port {port} within {seconds:g} s{instead}.", _place(spec)
    )


def waited_for(spec: ReplicaSpec, address: str | None, listening: Sequence[str]) -> str:
    """Say what a replica lacks that has not answered yet."""
    if only := _only_inside(spec, address, listening):
        return " ".join(only)
    if _hosts(address, listening):
        return f"The app listens on port {_port(address)}, but there is no good answer yet."
    if not listening:
        return f"The app listens on no port yet; port {_port(address)} is waited for."
    return f"The app listens on {', '.join(listening)}; port {_port(address)} is waited for. {_place(spec)}"


def _only_inside(spec: ReplicaSpec, address: str | None, listening: Sequence[str]) -> tuple[str, str] | None:
    """Return sentence and hint about a replica that listens on the right port where no request comes from."""
    port, hosts = _port(address), _hosts(address, listening)
    if spec.image and hosts and hosts <= {"127.0.0.1", "[::1]"}:
        places = " and ".join(f"{host}:{port}" for host in sorted(hosts))
        sentence = f"The container listens on {places} only, which nothing outside of it reaches."
        return sentence, "Listen on 0.0.0.0."
    if hosts == {"[::1]"}:
        sentence = f"The app listens on [::1]:{port} only, which requests do not reach."
        return sentence, "Listen on 0.0.0.0, or on 127.0.0.1."
    return None


def _place(spec: ReplicaSpec) -> str:
    if spec.image:
        return f"Set the network port of the capsule to where it listens; now it is {spec.port}."
    return "Listen on the port in the PORT environment variable."


def _port(address: str | None) -> str:
    return (address or "").rpartition(":")[2]


def _hosts(address: str | None, listening: Sequence[str]) -> set[str]:
    """Return the hosts on which it listens on the right port."""
    port = _port(address)
    return {host for host, _, number in (one.rpartition(":") for one in listening) if number == port}
