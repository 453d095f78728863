"""Which ports a session shows now. Only those can be previewed: whatever else listens is not for display."""

import json
import sqlite3

_TYPE = "browser_preview"
_PORTS = range(1, 65536)


def shown_ports(connection: sqlite3.Connection, session_id: str) -> dict[int, str]:
    """Return the ports of open previews with the path that each begins at."""
    rows = connection.execute(
        'SELECT e.data FROM blocks b JOIN events e ON e.session_id = b.session_id AND e."offset" = b.last'
        " WHERE b.session_id = ? AND json_extract(e.data, '$.type') = ? ORDER BY b.last DESC",
        (session_id, _TYPE),
    )
    found: dict[int, str] = {}
    for (data,) in rows:
        payload = json.loads(data).get("payload") or {}
        if payload.get("close") is True:
            break  # closes whatever was shown before
        port, path = payload.get("port"), payload.get("path")
        if type(port) is int and port in _PORTS:
            rooted = path if isinstance(path, str) and path.startswith("/") else f"/{path or ''}"
            found.setdefault(port, rooted)
    return found
