"""Who is talking to the app, and through what."""

from __future__ import annotations

from dataclasses import dataclass

_ORG_PREFIX = "org:"


@dataclass
class UserInfo:
    """A user of this app. The same person in two apps is two users."""

    id: str
    email: str | None = None
    org_id: str | None = None

    @property
    def is_org_member(self) -> bool:
        return bool(self.org_id)

    @property
    def owner_id(self) -> str:
        """The key that data of scope `owner` belongs to: the organisation, else the user."""
        if not self.org_id:
            return self.id
        return self.org_id if self.org_id.startswith(_ORG_PREFIX) else f"{_ORG_PREFIX}{self.org_id}"

    @staticmethod
    def org_id_from_owner_id(owner_id: str | None) -> str | None:
        """Return the organisation's id in `org:<id>`, or None for a single user's key."""
        if owner_id and owner_id.startswith(_ORG_PREFIX):
            return owner_id[len(_ORG_PREFIX) :] or None
        return None


@dataclass
class SessionChannel:
    """The channel of a session: `chat`, `api`, `telegram`, `slack` or `whatsapp`."""

    type: str
