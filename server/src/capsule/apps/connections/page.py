"""The page that a sign-in at a provider ends on: it closes its window, or leads back into the app."""

import base64
import hashlib
from html import escape

from starlette.responses import HTMLResponse

from capsule.apps.connections.signin import Finished, Result

CHANNEL = "capsule-connections"
"""Name of the `BroadcastChannel` that the app's other pages hear of it on: a provider's page may have cut the
tie between a window and the one that opened it."""

_TITLES = {
    Result.connected: "Connected",
    Result.denied: "Not connected",
    Result.failed: "Could not connect",
}
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 28rem; padding: 0 1.5rem; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
p { margin: 0 0 1.25rem; overflow-wrap: anywhere; }
a { display: inline-block; padding: .5rem 1rem; border: 1px solid; border-radius: .5rem; color: inherit;
    text-decoration: none; }
"""
_SCRIPT = """
(function () {
  var told = document.body.dataset, opener = window.opener;
  var message = { source: "capsule", kind: "connection", type: told.type, result: told.result };
  var leave = function () { window.location.replace(told.returnTo); };
  history.replaceState(null, "", window.location.pathname);
  if (told.type && window.BroadcastChannel) new BroadcastChannel(told.channel).postMessage(message);
  if (opener) opener.postMessage(message, window.location.origin);
  document.querySelector("a").addEventListener("click", function (event) {
    event.preventDefault();
    if (opener) { window.close(); window.setTimeout(leave, 300); } else leave();
  });
  if (told.result === "connected") document.querySelector("a").click();
})();
"""


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            f"script-src {_source(_SCRIPT)}",
            f"style-src {_source(_STYLE)}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(finished: Finished) -> HTMLResponse:
    """Return the page; it reads well without scripts, too."""
    title = _TITLES[finished.result]
    told = {
        "result": finished.result,
        "type": finished.type,
        "return-to": finished.return_to,
        "channel": CHANNEL,
    }
    attributes = " ".join(f'data-{name}="{escape(value)}"' for name, value in told.items())
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n"
        f"<body {attributes}><main><h1>{title}</h1><p>{escape(finished.text)}</p>"
        f'<a href="{escape(finished.return_to)}">Back to the app</a></main>'
        f"<script>{_SCRIPT}</script></body></html>\n"
    )
    return HTMLResponse(text, 400 if finished.result is Result.failed else 200, _HEADERS)
