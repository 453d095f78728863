"""One connection as an app declares it, and the addresses of its provider that count here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from capsule.apps.connections.catalogue import SERVICES, STANDARD, Service
from capsule.apps.connections.errors import ProviderIncomplete
from capsule.apps.connections.forms import FormField, form_field, humanise
from capsule.apps.options import ProviderUrls

_ENDPOINTS = ("authorize_url", "token_url", "revoke_url", "profile_url")
_LONGEST_URL = 2000


class Mode(StrEnum):
    oauth = "oauth"
    secret = "secret"
    pipedream = "pipedream"
    """Declared by apps, but not available yet."""


@dataclass(frozen=True)
class Declared:
    """One entry of `integrations` in an app's manifest."""

    type: str
    mode: Mode
    scopes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    client_id: str = ""
    """Name of a secret, or the value itself when no secret has that name."""
    client_secret: str = ""
    urls: ProviderUrls = field(default_factory=ProviderUrls)

    @property
    def label(self) -> str:
        known = SERVICES.get(self.type)
        return known.label if known else humanise(self.type)

    @property
    def service(self) -> Service:
        return SERVICES.get(self.type, STANDARD)

    @property
    def form(self) -> tuple[FormField, ...]:
        return tuple(form_field(name) for name in self.fields)

    @property
    def wanted_scopes(self) -> tuple[str, ...]:
        """The scopes to ask for."""
        always = self.service.always_scopes
        own = tuple(scope for scope in self.scopes if scope not in always)
        return tuple(dict.fromkeys((*(own or self.service.default_scopes), *always)))


@dataclass(frozen=True)
class Endpoint:
    """An address of a provider. `is_trusted`: from the settings, so that it may be a private one."""

    url: str
    is_trusted: bool


@dataclass(frozen=True)
class Provider:
    """What a call to a provider needs to know, without the client's credentials."""

    label: str
    service: Service
    authorize: Endpoint
    token: Endpoint
    revoke: Endpoint | None
    profile: Endpoint | None


def read_declared(manifest: Mapping[str, object]) -> dict[str, Declared]:
    """Return the connections that an app declares, by type. Entries that make no sense are left out."""
    found: dict[str, Declared] = {}
    entries: Any = manifest.get("integrations") or []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping) and isinstance(kind := entry.get("type"), str) and kind:
            mode = str(entry.get("mode", Mode.oauth))
            if mode in Mode.__members__:
                found[kind] = _declared(kind, Mode(mode), entry)
    return found


def find_provider(declared: Declared, settings: Mapping[str, ProviderUrls]) -> Provider:
    """Return where the provider of an OAuth connection is. Raises ProviderIncomplete.

    The installation's settings come first, then what the app declares, then the catalogue.
    """
    given = settings.get(declared.type, ProviderUrls())
    ends = {name: _endpoint(name, declared, given) for name in _ENDPOINTS}
    authorize, token = ends["authorize_url"], ends["token_url"]
    if authorize is None or token is None:
        raise ProviderIncomplete(
            f"Where {declared.label} lets its users sign in is not known.",
            hint="Give authorize_url and token_url where the app declares the integration.",
        )
    return Provider(
        declared.label, declared.service, authorize, token, ends["revoke_url"], ends["profile_url"]
    )


def _endpoint(name: str, declared: Declared, given: ProviderUrls) -> Endpoint | None:
    if explicit := getattr(given, name):
        return Endpoint(explicit, True)
    own: str = getattr(declared.urls, name)
    # An app with a sign-in of its own means another installation of the provider altogether.
    known: str = "" if declared.urls.authorize_url else getattr(declared.service, name)
    if not (url := own or known):
        return None
    if given.base_url:
        return Endpoint(_rebase(url, given.base_url), True)
    if own:
        _check_declared(name, url)
    return Endpoint(url, False)


def _rebase(url: str, base: str) -> str:
    """Return the path of `url` on another server."""
    old, new = urlsplit(url), urlsplit(base)
    return urlunsplit((new.scheme, new.netloc, new.path.rstrip("/") + old.path, old.query, ""))


def _check_declared(name: str, url: str) -> None:
    """Raise ProviderIncomplete for an address to which no secret should be sent."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme == "https" and bool(parts.hostname) and not parts.username
    except ValueError:
        is_usable = False
    if not is_usable or len(url) > _LONGEST_URL:
        raise ProviderIncomplete(
            f"{name} {url[:200]!r} is not an https address.", hint="Correct it in the app's declaration."
        )


def _declared(kind: str, mode: Mode, entry: Mapping[str, Any]) -> Declared:
    return Declared(
        kind,
        mode,
        scopes=_texts(entry.get("scopes")),
        fields=_texts(entry.get("fields")),
        client_id=_text(entry.get("client_id_secret")),
        client_secret=_text(entry.get("client_secret_secret")),
        urls=ProviderUrls(**{name: _text(entry.get(name)) for name in _ENDPOINTS}),
    )


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str) and item) if isinstance(value, list) else ()
