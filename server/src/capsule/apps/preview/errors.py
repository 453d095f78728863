"""Why a preview cannot be shown."""

from capsule.errors import Forbidden, InvalidInput, NotFound, PlatformError, Unavailable


class PreviewRefused(Forbidden):
    code, title = "preview_refused", "Open the preview again"


class PreviewNotFound(NotFound):
    code = "preview_not_found"


class InvalidPort(InvalidInput):
    code = "invalid_port"


class PortNotReady(Unavailable):
    code, title = "port_not_ready", "The port does not answer yet"

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Nothing answers on port {port} of the app yet.",
            hint="The app starts it; try again in a moment.",
            port=port,
            retry_after=1,
        )
        self.port = port


class PreviewFailed(PlatformError):
    """The port was there, but no answer came of it."""

    code, title, status = "preview_failed", "Preview failed", 502
