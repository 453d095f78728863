"""Turn what git says into what a person can mend."""

from capsule.build.contract import SourceUnavailable
from capsule.build.sources.address import public_url
from capsule.build.sources.gitcommand import last_line

# git tells these apart by text only; LC_ALL=C keeps the text the same everywhere.
_SIGNS_OF_AUTH = ("could not read username", "could not read password", "authentication failed",
                  "permission denied", "terminal prompts disabled", "returned error: 403",
                  )  # fmt: skip
_SIGNS_OF_ABSENCE = ("does not appear to be a git repository", "not found", "no such file or directory",
                     "not a git repository")  # fmt: skip
_SIGNS_OF_SILENCE = ("could not resolve host", "name or service not known", "connection refused",
                     "connection timed out", "failed to connect", "couldn't connect",
                     "temporary failure in name resolution", "unable to look up")  # fmt: skip


def is_remote_trouble(errors: str) -> bool:
    signs = (*_SIGNS_OF_AUTH, *_SIGNS_OF_ABSENCE, *_SIGNS_OF_SILENCE, "find remote ref")
    return any(sign in errors.lower() for sign in signs)


def explain(errors: str, url: str) -> SourceUnavailable:
    """Return the failure that `errors` tells of; `url` without a login in it."""
    shown = public_url(url)
    lowered = errors.lower()
    if "host key verification failed" in lowered or "identification has changed" in lowered:
        return SourceUnavailable(
            f"The host of {shown} shows another key than before.",
            hint="If the host has a new key, forget the old one: capsule git access NAME --forget-host",
            field="url",
        )
    if any(sign in lowered for sign in _SIGNS_OF_AUTH):
        return SourceUnavailable(
            f"The repository {shown} asks for a login.",
            hint="Check the address; a private repository needs a deploy key or an access token: "
            "capsule git access NAME",
            field="url",
        )
    if any(sign in lowered for sign in _SIGNS_OF_ABSENCE):
        return SourceUnavailable(
            f"There is no repository at {shown}.",
            hint="Check the address; hosts also say so of private ones: capsule git access NAME",
            field="url",
        )
    if any(sign in lowered for sign in _SIGNS_OF_SILENCE):
        return SourceUnavailable(
            f"The host of {shown} cannot be reached.", hint="Check the address and the network.", field="url"
        )
    return SourceUnavailable(
        f"git could not fetch {shown}: {last_line(errors).replace(url, shown)}",
        hint="Check address and branch.",
        field="url",
    )
