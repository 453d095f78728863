"""What can be wrong with a run."""

from capsule.errors import Conflict, InvalidInput


class NothingToRunIn(Conflict):
    """The capsule has no release whose replica could run a command."""

    code, title = "nothing_to_run_in", "Nothing to run it in"


class RunsNoCommands(Conflict):
    """Capsules of this type run no commands of their own."""

    code, title = "runs_no_commands", "Runs no commands"


class TooManyRuns(Conflict):
    code, title, retryable = "too_many_runs", "Too many runs wait", True


class RunFinished(Conflict):
    code, title = "run_finished", "Run is at its end"


class BadCommand(InvalidInput):
    code, title = "bad_command", "Not a command"
