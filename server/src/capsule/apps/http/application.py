"""All HTTP of the app host in one Starlette application."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from capsule.apps.accounts import routes as accounts
from capsule.apps.accounts.books import Books
from capsule.apps.accounts.signing import Mailer
from capsule.apps.connections import routes as connections
from capsule.apps.files import routes as files
from capsule.apps.hosting import Hosting
from capsule.apps.http import api_agent, api_app, api_client, api_prompts, api_sessions, problem, shell
from capsule.apps.http.api_enter import enter
from capsule.apps.http.identity import Visitors
from capsule.apps.http.shortcut import Shortcut
from capsule.apps.http.tickets import ENTER_PATH, Tickets
from capsule.apps.http.visit import Doorman, Handler, Visit
from capsule.apps.options import AppHostOptions
from capsule.apps.preview import routes as preview
from capsule.apps.preview.tokens import PreviewTokens
from capsule.errors import NotFound, PlatformError


def create_application(
    hosting: Hosting,
    visitors: Visitors,
    tickets: Tickets,
    shell_folder: Path,
    options: AppHostOptions,
    previews: PreviewTokens,
) -> Starlette:
    """Return the application behind every host name of a `cpsl` app."""
    mailer = Mailer(options)
    doorman = Doorman(hosting, visitors, Books(hosting, has_mail=mailer.is_there))

    def route(path: str, method: str, handler: Handler, *, open_to_all: bool = False) -> BaseRoute:
        return Route(path, doorman.admit(handler, open_to_all=open_to_all), methods=[method])

    def agent(path: str, method: str, handler: Handler) -> BaseRoute:
        return route(path, method, api_agent.in_envelope(handler))

    async def page(visit: Visit) -> Response:
        return shell.document(shell_folder, visit.request)

    session = "/api/sessions/{session_id}"
    routes: list[BaseRoute] = [
        route("/api/app", "GET", api_app.show_app, open_to_all=True),
        route("/api/sessions", "GET", api_sessions.list_sessions),
        route("/api/sessions", "POST", api_sessions.create_session),
        route(session, "PATCH", api_sessions.rename_session),
        route(session, "DELETE", api_sessions.delete_session),
        route(f"{session}/log", "GET", api_sessions.read_log),
        route(f"{session}/events", "GET", api_sessions.follow_events),
        route(f"{session}/messages", "POST", api_sessions.post_message),
        route(f"{session}/stop", "POST", api_sessions.stop_session),
        route(f"{session}/retry", "POST", api_sessions.retry_turn),
        route(f"{session}/prompts/{{prompt_id}}", "POST", api_prompts.answer_prompt),
        route("/api/chat", "POST", api_client.chat),
        route("/api/chat/stream", "GET", api_client.stream),
        route("/api/chat/prompts/{prompt_id}", "POST", api_client.answer_prompt),
        agent("/api/chat/message", "POST", api_agent.send_message),
        agent("/api/chat/message/stream", "POST", api_agent.stream_message),
        agent("/api/chat/history", "GET", api_agent.read_history),
        *connections.routes(doorman),
        *files.routes(doorman),
        *preview.routes(doorman, previews),
        *accounts.routes(doorman, visitors, mailer, options),
        Route("/{path:path}", doorman.admit(page, any_origin=True, open_to_all=True), methods=["GET"]),
    ]
    routes.insert(0, Route(ENTER_PATH, enter(tickets, visitors), methods=["GET"]))
    if shell_folder.is_dir():
        routes.insert(0, Mount("/_shell", shell.ShellAssets(directory=shell_folder)))
    post_message = doorman.admit(api_sessions.post_message)
    is_plain = preview.is_of_no_preview
    shortcut = Middleware(Shortcut, "POST", f"{session}/messages", post_message, is_plain)
    return Starlette(
        routes=routes,
        middleware=[shortcut, Middleware(preview.StrayRequests)],
        exception_handlers={
            PlatformError: problem.on_platform_error,
            HTTPException: _on_http_exception,
            Exception: problem.on_bug,
        },
    )


async def _on_http_exception(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    if exc.status_code == 404:
        failure: PlatformError = NotFound(f"There is nothing at {request.url.path}.")
        return problem.render(failure, problem.request_id(request))
    return Response(status_code=exc.status_code, headers=exc.headers)
