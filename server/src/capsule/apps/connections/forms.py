"""Secret forms: what a user types in instead of signing in at the provider."""

from dataclasses import dataclass
from typing import Any

from capsule.apps.connections.errors import InvalidConnection

MAX_VALUE = 8192

_OPTIONAL = frozenset({"advertise_tags"})
_ACRONYMS = {
    word.lower(): word
    for word in ("ID", "URL", "URI", "API", "AWS", "SSH", "SSL", "TLS", "DNS", "IP", "HTTP", "HTTPS", "PIN")
}
_SECRET = frozenset([
    "key", "keys", "secret", "token", "password", "passphrase", "passcode", "pass", "pwd", "pin",
    "credential", "credentials", "auth", "cert", "certificate", "private", "signature", "cookie", "dsn",
    "webhook",
])  # fmt: skip
_OPEN = frozenset([
    "region", "zone", "url", "uri", "host", "hostname", "port", "domain", "endpoint", "user", "username",
    "login", "email", "mail", "name", "account", "id", "project", "workspace", "team", "org",
    "organization", "organisation", "tenant", "database", "bucket", "tags", "tag", "environment",
    "version",
])  # fmt: skip
"""Names of fields that may be read over somebody's shoulder; everything else is masked."""


@dataclass(frozen=True)
class FormField:
    name: str
    label: str
    is_secret: bool
    """Whether the input is masked."""
    is_optional: bool


def form_field(name: str) -> FormField:
    words = [word for word in name.replace("-", "_").lower().split("_") if word]
    is_open = not _SECRET.intersection(words) and bool(_OPEN.intersection(words))
    return FormField(name, humanise(name), not is_open, name in _OPTIONAL)


def humanise(name: str) -> str:
    """Return `access_key_id` as "Access key ID"."""
    words = [_ACRONYMS.get(word.lower(), word) for word in name.replace("-", "_").split("_") if word]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def check_fields(declared: tuple[str, ...], given: Any) -> dict[str, str]:
    """Return the values of exactly the declared fields, without space around them. Raises InvalidConnection.

    Empty optional fields are left out.
    """
    if not isinstance(given, dict):
        raise InvalidConnection("`fields` must be an object with a text for each field.", field="fields")
    for name in given:
        if name not in declared:
            raise InvalidConnection(
                f"There is no field {str(name)[:60]!r}; the fields are {', '.join(declared)}.",
                field=str(name)[:60],
            )
    values: dict[str, str] = {}
    for field in map(form_field, declared):
        value = given.get(field.name, "")
        if not isinstance(value, str):
            raise InvalidConnection(f"{field.label} must be a text.", field=field.name)
        value = value.strip()
        if not value and not field.is_optional:
            raise InvalidConnection(f"{field.label} is missing.", field=field.name)
        if len(value) > MAX_VALUE:
            raise InvalidConnection(
                f"{field.label} has {len(value)} characters; at most {MAX_VALUE} are allowed.",
                field=field.name,
            )
        if "\0" in value:
            raise InvalidConnection(f"{field.label} contains a zero character.", field=field.name)
        if value:
            values[field.name] = value
    return values
