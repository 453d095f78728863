"""What can be wrong with a serve."""

from capsule.errors import Conflict


class ServeEnded(Conflict):
    """Its developer's machine was silent for too long, another serve took over, or it was stopped."""

    code, title = "serve_ended", "Serve ended"
