"""All HTTP of accounts, below /api/account."""

from starlette.routing import BaseRoute, Route

from capsule.apps.accounts.by_link import CONFIRM_PATH, ByLink
from capsule.apps.accounts.by_openid import CALLBACK_PATH, ByOpenId
from capsule.apps.accounts.by_password import ByPassword
from capsule.apps.accounts.links import LINK_PATH
from capsule.apps.accounts.provider import Providers
from capsule.apps.accounts.signing import Mailer, as_page
from capsule.apps.http.identity import Visitors
from capsule.apps.http.visit import Doorman, Handler
from capsule.apps.options import AppHostOptions


def routes(doorman: Doorman, visitors: Visitors, mailer: Mailer, options: AppHostOptions) -> list[BaseRoute]:
    """Return what is open to people who have not signed in yet."""
    password = ByPassword(visitors, mailer)
    link = ByLink(visitors, mailer)
    openid = ByOpenId(visitors, Providers(options.private_issuers))

    def route(path: str, method: str, handler: Handler, *, any_origin: bool = False) -> BaseRoute:
        endpoint = doorman.admit(handler, any_origin=any_origin, open_to_all=True)
        return Route(path, endpoint, methods=[method])

    return [
        route("/api/account", "GET", password.show),
        route("/api/account/sign-up", "POST", password.sign_up),
        route("/api/account/sign-in", "POST", password.sign_in),
        route("/api/account/sign-out", "POST", password.sign_out),
        route("/api/account/password", "POST", password.change_password),
        route(LINK_PATH, "POST", link.ask),
        # Mails and providers lead here.
        route(LINK_PATH, "GET", as_page(link.open), any_origin=True),
        route(CONFIRM_PATH, "POST", as_page(link.confirm)),
        route(CALLBACK_PATH, "GET", as_page(openid.finish), any_origin=True),
        route("/api/account/oidc/{name}/start", "GET", as_page(openid.start)),
    ]
