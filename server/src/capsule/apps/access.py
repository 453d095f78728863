"""Who may use an app, and how people prove who they are. Set for a capsule, obeyed by the app host."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OidcProvider:
    """An OpenID provider that people of an app may sign in with."""

    name: str
    """In addresses: `/api/account/oidc/<name>/start`."""
    issuer: str
    client_id: str
    client_secret_name: str = ""
    """Of a secret of the app's space; empty for a public client."""
    label: str = ""
    """On the button; empty: the name."""


@dataclass(frozen=True)
class AccessPolicy:
    """The default lets everybody in, with or without an account."""

    anonymous: bool = True
    """Whether visitors without an account may use the app."""
    sign_up: bool = True
    """Whether people may make accounts; those who have one may always sign in."""
    password: bool = True
    magic_link: bool = True
    """Sign-in by a link in a mail; needs a mail server as well."""
    oidc: tuple[OidcProvider, ...] = ()
    domains: tuple[str, ...] = ()
    """Only people whose e-mail is at one of these, and proven to be theirs; empty: anybody."""

    def admits(self, email: str | None) -> bool:
        if not self.domains:
            return True
        return email is not None and email.rpartition("@")[2].lower() in self.domains

    def provider(self, name: str) -> OidcProvider | None:
        return next((provider for provider in self.oidc if provider.name == name), None)
