"""Which ways to sign in an app offers here: what its policy allows and the installation can do."""

from typing import Any

from capsule.apps.access import AccessPolicy
from capsule.apps.accounts.errors import MethodNotOffered
from capsule.apps.accounts.provider import name_of
from capsule.apps.contract import HostedApp


def describe(policy: AccessPolicy, *, has_mail: bool) -> dict[str, Any]:
    """Return what `GET /api/app` tells of it."""
    methods = ["password"] if policy.password else []
    if policy.magic_link and has_mail:
        methods.append("magic_link")
    methods += [f"oidc:{provider.name}" for provider in policy.oidc]
    by_others = [method for method in methods if method != "password"]
    return {
        "anonymous": policy.anonymous,
        "methods": methods,
        "sign_up": policy.sign_up and bool(by_others or password_sign_up(policy, has_mail=has_mail)),
        "password_sign_up": password_sign_up(policy, has_mail=has_mail),
        "providers": [{"name": provider.name, "label": name_of(provider)} for provider in policy.oidc],
    }


def password_sign_up(policy: AccessPolicy, *, has_mail: bool) -> bool:
    """Tell whether an account can be made with a password.

    Where only certain domains are let in, the mailbox has to be proven, which takes a mail server.
    """
    return policy.password and policy.sign_up and (has_mail or not policy.domains)


def need(is_offered: bool, what: str) -> None:
    """Raise MethodNotOffered unless this way is offered."""
    if not is_offered:
        raise MethodNotOffered(f"This app does not offer {what}.", hint="See access.methods of /api/app.")


def title_of(app: HostedApp) -> str:
    """Return the name of an app as people know it."""
    for section in (app.manifest.get("home"), app.manifest.get("theme")):
        title = section.get("title") if isinstance(section, dict) else None
        if isinstance(title, str) and title.strip():
            return title.strip()
    return app.name
