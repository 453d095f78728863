"""What can go wrong when people of an app sign up or in."""

from capsule.errors import Conflict, Forbidden, InvalidInput, Unauthenticated, Unavailable


class SignInRequired(Unauthenticated):
    """The app lets nobody in who is not signed in."""

    code = "sign_in_required"


class WrongCredentials(Unauthenticated):
    code, title = "wrong_credentials", "Wrong credentials"


class EmailTaken(Conflict):
    code = "email_taken"


class InvalidEmail(InvalidInput):
    code, title = "invalid_email", "E-mail refused"


class InvalidReturnAddress(InvalidInput):
    code = "invalid_return_address"


class EmailNotAllowed(Forbidden):
    """The app is for people with an e-mail at certain domains."""

    code, title = "email_not_allowed", "E-mail is not among those allowed"


class MethodNotOffered(Forbidden):
    """The app, or the installation, does not offer this way to sign in or up."""

    code, title = "sign_in_method_not_offered", "Not offered"


class LinkRefused(Unauthenticated):
    """A link of a mail that was used already, is too old, or never was."""

    code, title = "link_refused", "Link has expired"


class AccountElsewhere(Conflict):
    """A person of the console: name and password are changed there."""

    code = "account_elsewhere"


class OidcStateRefused(Unauthenticated):
    """An answer of an OpenID provider that this browser did not ask for, or asked for too long ago."""

    code, title = "oidc_state_refused", "Sign in again"


class OidcRefused(Unauthenticated):
    """The provider did not confirm who somebody is, or not in a way that can be trusted."""

    code, title = "oidc_refused", "Sign-in was not confirmed"


class OidcUnavailable(Unavailable):
    """An OpenID provider cannot be used: it does not answer, or is set up wrong."""

    code, title = "oidc_unavailable", "Provider is not available"
