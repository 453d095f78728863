"""HTTP of prompts: their users answer them, in any tab."""

from typing import Any

from starlette.responses import Response

from capsule.apps.errors import InvalidAnswer
from capsule.apps.http.api_sessions import json_response, own_session, read_json
from capsule.apps.http.visit import Visit
from capsule.apps.turns.prompts import Prompt, Result


async def answer_prompt(visit: Visit) -> Response:
    session = await own_session(visit, visit.request.path_params["session_id"])
    prompt = await visit.live.prompts.get(session.id, visit.request.path_params["prompt_id"])
    result = await answer(visit, prompt, await read_json(visit.request))
    return json_response(result)


async def answer(visit: Visit, prompt: Prompt, body: dict[str, Any]) -> dict[str, Any]:
    """Answer a prompt as its kind wants it; return its status.

    Raises InvalidAnswer, PromptEnded, and for files FileNotFound, UploadIncomplete, WrongFileType.
    """
    prompts = visit.live.prompts
    prompts.ensure_open(prompt)
    result: Result
    shown: dict[str, Any] = {}
    if body.get("dismissed") is True:
        status = "cancelled" if prompt.kind == "file" else "declined"
        result = {"status": status}
    elif prompt.kind == "approval":
        approved = body.get("approved")
        if not isinstance(approved, bool):
            raise InvalidAnswer("This wants a yes or a no: approved is true or false.", field="approved")
        result = {"status": "answered" if approved else "declined", "approved": approved}
    elif prompt.kind == "file":
        file = await _file(visit, prompt, body.get("file_id"))
        result = {"status": "answered", "file": visit.live.files.for_runtime(file, visit.live.app.url)}
        shown = {key: file[key] for key in ("content_type", "size", "url")} | {"filename": file["name"]}
    else:
        raise InvalidAnswer(
            "Connect the account, or send dismissed: true.", hint="POST /api/connections/…", field="dismissed"
        )
    await prompts.end(prompt, result, shown)
    return {"status": result["status"]}


async def _file(visit: Visit, prompt: Prompt, file_id: object) -> dict[str, Any]:
    if not isinstance(file_id, str):
        raise InvalidAnswer("This wants the id of an uploaded file.", field="file_id")
    accept = str(prompt.payload.get("accept") or "")
    file = await visit.live.files.attachment(visit.caller.user_id, file_id, accept=accept)
    await visit.live.files.claim(visit.caller.user_id, [file_id], prompt.session_id)
    return file
