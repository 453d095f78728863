"""The few pages that a mail or a provider leads to. They need no script."""

from html import escape

from starlette.responses import HTMLResponse

from capsule.errors import PlatformError

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers then send the form without its origin, and it would be refused.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_STYLE = """
:root{color-scheme:light dark}
body{font-family:system-ui,sans-serif;line-height:1.5;margin:0;min-height:100vh;display:grid;
place-items:center;background:Canvas;color:CanvasText}
main{max-width:24rem;padding:2rem}
h1{font-size:1.25rem;margin:0 0 .5rem}
p{margin:.5rem 0}
.quiet{opacity:.7;font-size:.9rem}
label{display:block;margin:1rem 0 .25rem}
input{box-sizing:border-box;width:100%;padding:.6rem .7rem;font:inherit;border:1px solid GrayText;
border-radius:.5rem;background:Field;color:FieldText}
button,.button{display:inline-block;margin-top:1rem;padding:.6rem 1.2rem;font:inherit;border:0;
border-radius:.5rem;background:CanvasText;color:Canvas;text-decoration:none;cursor:pointer}
"""


def confirm_page(
    *, app: str, email: str, token: str, action: str, is_sign_up: bool, asks_password: bool
) -> HTMLResponse:
    """Ask whether to go on, since programs that look through mail open every link in it."""
    title = f"Finish making your account of {app}" if is_sign_up else f"Sign in to {app}"
    password = (
        '<label for="password">The password that you chose</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required>'
        if asks_password
        else ""
    )
    return _page(
        title,
        f"<p>{escape(email)}</p>"
        f'<form method="post" action="{escape(action)}">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        f"{password}<button>{'Confirm and sign in' if is_sign_up else 'Sign in'}</button></form>",
    )


def failure_page(failure: PlatformError) -> HTMLResponse:
    hint = f'<p class="quiet">{escape(failure.hint)}</p>' if failure.hint else ""
    return _page(
        failure.title,
        f'<p>{escape(failure.detail)}</p>{hint}<a class="button" href="/">Back to the app</a>',
        failure.status,
    )


def _page(title: str, content: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{content}</main></body></html>",
        status,
        _HEADERS,
    )
