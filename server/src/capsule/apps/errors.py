"""Failures that callers of the app host can meet, besides those of the contract."""

from capsule.errors import Conflict, Forbidden, InvalidInput, NotFound, TooLarge, Unauthenticated, Unavailable


class AppNotFound(NotFound):
    code = "app_not_found"


class SessionNotFound(NotFound):
    code = "session_not_found"


class AppUnavailable(Unavailable):
    """No runtime takes turns: the app is stopped, has failed, or did not start in time."""

    code, title = "app_unavailable", "App is not running"


class ForeignOrigin(Forbidden):
    code = "foreign_origin"


class InvalidMessage(InvalidInput):
    code = "invalid_message"


class MessageTooLarge(TooLarge):
    code = "message_too_large"


class SessionDataTooLarge(TooLarge):
    code = "session_data_too_large"


class WrongChatKey(Unauthenticated):
    code, title = "wrong_chat_key", "Wrong key"


class TurnInterrupted(Conflict):
    code, title = "turn_interrupted", "Turn was interrupted"
