"""Who may use an app and how people sign in to it, as a caller may say it."""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from pydantic import AfterValidator, Field, field_validator

from capsule.apps.access import AccessPolicy
from capsule.control.shapes.base import Input, Shape

_NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
_SECRET_NAME = r"^([A-Za-z_][A-Za-z0-9_.-]{0,199})?$"
_DOMAIN = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)

_ANONYMOUS = "Whether visitors without an account may use the app."
_SIGN_UP = "Whether people may make accounts; those who have one may sign in in any case."
_PASSWORD = "Whether people may sign in with a password."
_MAGIC_LINK = "Whether people may sign in by a link in a mail; needs a mail server of the installation."
_OIDC = "OpenID providers that people may sign in with."
_DOMAINS = "Only people with a confirmed e-mail at one of these domains; empty: anybody."
_OIDC_NAME = "In addresses; small letters, digits and '-'."
_ISSUER = "Address of the provider, as it writes it itself: `https://accounts.example.com`."
_CLIENT_SECRET = "Name of the space's secret that holds the client secret; empty for a public client."
_LABEL = "On the button; empty: the name."


def issuer_address(issuer: str) -> str:
    """Return the address. Raises ValueError that says what to write instead."""
    parts = urlsplit(issuer)
    if (
        parts.scheme not in ("https", "http")
        or not parts.hostname
        or parts.query
        or parts.fragment
        or parts.username
        or any(letter.isspace() or not letter.isprintable() for letter in issuer)
    ):
        raise ValueError(f"'{issuer[:200]}' is no issuer; write one such as https://accounts.example.com")
    return issuer


def mail_domain(domain: str) -> str:
    """Return the domain in small letters. Raises ValueError."""
    found = domain.strip().lower().removeprefix("@")
    if not _DOMAIN.fullmatch(found):
        raise ValueError(f"'{domain[:200]}' is no domain of e-mails; write one such as example.com")
    return found


class OidcConfig(Input):
    name: str = Field(pattern=_NAME, description=_OIDC_NAME)
    issuer: Annotated[str, Field(max_length=500, description=_ISSUER), AfterValidator(issuer_address)]
    client_id: str = Field(min_length=1, max_length=500)
    client_secret_name: str = Field(default="", pattern=_SECRET_NAME, description=_CLIENT_SECRET)
    label: str = Field(default="", max_length=60, description=_LABEL)


class AccessConfig(Input):
    anonymous: bool = Field(default=True, description=_ANONYMOUS)
    sign_up: bool = Field(default=True, description=_SIGN_UP)
    password: bool = Field(default=True, description=_PASSWORD)
    magic_link: bool = Field(default=True, description=_MAGIC_LINK)
    oidc: list[OidcConfig] = Field(default=[], max_length=10, description=_OIDC)
    domains: list[Annotated[str, AfterValidator(mail_domain)]] = Field(
        default=[], max_length=100, description=_DOMAINS
    )

    @field_validator("oidc")
    @classmethod
    def _apart(cls, oidc: list[OidcConfig]) -> list[OidcConfig]:
        for what, values in (
            ("name", [item.name for item in oidc]),
            ("issuer", [item.issuer.rstrip("/") for item in oidc]),
        ):
            if twice := next((value for value in values if values.count(value) > 1), None):
                raise ValueError(f"two providers have the {what} '{twice}'")
        return oidc

    @field_validator("domains")
    @classmethod
    def _once(cls, domains: list[str]) -> list[str]:
        return list(dict.fromkeys(domains))


class OidcShape(Shape):
    name: str = Field(description=_OIDC_NAME)
    issuer: str = Field(description=_ISSUER)
    client_id: str
    client_secret_name: str = Field(description=_CLIENT_SECRET)
    label: str = Field(description=_LABEL)


class AccessShape(Shape):
    anonymous: bool = Field(description=_ANONYMOUS)
    sign_up: bool = Field(description=_SIGN_UP)
    password: bool = Field(description=_PASSWORD)
    magic_link: bool = Field(description=_MAGIC_LINK)
    oidc: list[OidcShape] = Field(description=_OIDC)
    domains: list[str] = Field(description=_DOMAINS)


def access_policy(kept: dict[str, Any] | None) -> AccessPolicy:
    """Return the policy that a capsule's configuration holds; None is the default."""
    return msgspec.convert(kept or {}, AccessPolicy)
