"""What a page needs to know of an app before anybody writes: its name, look, state, and who is looking."""

from typing import Any

from starlette.responses import Response

from capsule.apps.http.api_sessions import json_response
from capsule.apps.http.visit import Visit


async def show_app(visit: Visit) -> Response:
    app, caller = visit.live.app, visit.caller
    manifest: dict[str, Any] = dict(app.manifest)
    theme: dict[str, Any] = manifest.get("theme") or {}
    home: dict[str, Any] = manifest.get("home") or {}
    found: dict[str, Any] = {
        "name": app.name,
        "environment": app.environment,
        "release": app.release,
        "state": app.state,
        "user": {"id": caller.user_id, "email": caller.email, "is_anonymous": caller.is_anonymous},
        "access": visit.accounts.offers(),
        "has_message_handler": bool(manifest.get("has_message_handler", True)),
        "message_handlers": manifest.get("message_handlers") or [],
        "integrations": [
            {key: entry.get(key) for key in ("type", "mode", "fields") if key in entry}
            for entry in manifest.get("integrations") or []
        ],
        "upload": {"max_bytes": visit.live.files.limits.upload_bytes},
    }
    optional = {
        "reason": app.reason,
        "title": home.get("title") or theme.get("title"),
        "tagline": home.get("subtitle") or theme.get("tagline"),
        "theme": theme,
        "suggestions": home.get("suggestions"),
    }
    return json_response({**found, **{key: value for key, value in optional.items() if value}})
