"""Failures that callers of the app host can meet, besides those of the contract."""

from capsule.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    PlatformError,
    TooLarge,
    Unauthenticated,
    Unavailable,
)


class AppNotFound(NotFound):
    code = "app_not_found"


class SessionNotFound(NotFound):
    code = "session_not_found"


class TurnNotFound(NotFound):
    code = "turn_not_found"


class PromptNotFound(NotFound):
    code = "prompt_not_found"


class TurnNotRepeatable(Conflict):
    code, title = "turn_not_repeatable", "Cannot be tried again"


class PromptEnded(Conflict):
    """Somebody (another tab, the time limit) was first; `status` says how it ended."""

    code, title = "prompt_ended", "Already answered"


class InvalidAnswer(InvalidInput):
    code = "invalid_answer"


class InvalidValue(InvalidInput):
    code = "invalid_value"


class AppUnavailable(Unavailable):
    """No runtime takes turns: the app is stopped, has failed, or did not start in time."""

    code, title = "app_unavailable", "App is not running"


class ForeignOrigin(Forbidden):
    code = "foreign_origin"


class InvalidMessage(InvalidInput):
    code = "invalid_message"


class MessageTooLarge(TooLarge):
    code = "message_too_large"


class TooManyWaiting(PlatformError):
    code, title, status, exit_code, retryable = "too_many_waiting", "Too many messages wait", 429, 75, True


class TooManySessions(PlatformError):
    code, title, status = "too_many_sessions", "Too many conversations", 429


class SessionDataTooLarge(TooLarge):
    code = "session_data_too_large"


class WrongChatKey(Unauthenticated):
    code, title = "wrong_chat_key", "Wrong key"


class TurnInterrupted(Conflict):
    code, title = "turn_interrupted", "Turn was interrupted"
