"""What can be wrong with asking for a build or cancelling one."""

from capsule.errors import Conflict, InvalidInput


class SourceMissing(InvalidInput):
    code, title = "source_missing", "No source"


class NotBuildable(Conflict):
    code, title = "not_buildable", "Nothing to build"


class BuildFinished(Conflict):
    code, title = "build_finished", "Build has finished"
