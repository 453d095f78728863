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
    port = (address or "").rpartition(":")[2]
    hosts = {host for host, _, number in (a.rpartition(":") for a in listening) if number == port}
    if spec.image and hosts and hosts <= {"127.0.0.1", "[::1]"}:
        places = " and ".join(f"{host}:{port}" for host in sorted(hosts))
        return ReplicaFailed(
            f"The container listens on {places} only, which nothing outside of it reaches.",
            "Listen on 0.0.0.0.",
        )
    if hosts == {"[::1]"}:
        return ReplicaFailed(
            f"The app listens on [::1]:{port} only, which requests do not reach.",
            "Listen on 0.0.0.0, or on 127.0.0.1.",
        )
    if hosts:
        return ReplicaFailed(
            f"The app listens on port {port} but gave no good answer within {seconds:g} s: {failed.detail}",
            "Look at the last log lines.",
        )
    instead = f"; it listens on {', '.join(listening)}" if listening else "; it listens on no port"
    return ReplicaFailed(
        f"The app did not answer on port {port} within {seconds:g} s{instead}.",
        f"Set the network port of the capsule to where it listens; now it is {spec.port}."
        if spec.image
        else "Listen on the port in the PORT environment variable.",
    )
