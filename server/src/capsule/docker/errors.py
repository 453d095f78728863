"""What goes wrong with a Docker daemon."""

from capsule.errors import PlatformError, Unavailable


class DockerUnavailable(Unavailable):
    """No Docker daemon can be used on this machine."""

    code, title = "docker_unavailable", "Docker is not available"


class DockerRefused(PlatformError):
    """The daemon has answered with an error. `context` has `status`, as its API documents it."""

    code, title = "docker_refused", "Docker refused"

    @property
    def answer(self) -> int:
        """Status of the HTTP answer."""
        return int(str(self.context["status"]))
