"""What can go wrong between an app's user, the app and a provider."""

from capsule.errors import Conflict, InvalidInput, NotFound, Unavailable


class ConnectionNotFound(NotFound):
    """The app declares no such connection."""

    code = "connection_not_found"


class InvalidConnection(InvalidInput):
    """What was sent does not fit the connection. Context: `field`."""

    code = "invalid_connection"


class ProviderIncomplete(Conflict):
    """The app's author or the operator has not set the provider up completely."""

    code, title = "provider_incomplete", "Connection is not set up"


class ProviderUnavailable(Unavailable):
    """The provider did not answer, or not as it should. Nothing was lost."""

    code, title = "provider_unavailable", "Provider is not available"


class AccessRefused(Conflict):
    """The provider does not accept a code or a refresh token (any more): the user has to connect again."""

    code, title = "access_refused", "Access was refused"
