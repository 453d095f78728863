"""Answers who it runs as, and what it can write."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

FOLDER = Path(os.environ.get("PERSISTENT_STORAGE_DIR", "/home/app"))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        visits = FOLDER / "visits.txt"
        count = int(visits.read_text()) + 1 if visits.exists() else 1
        visits.write_text(str(count))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"uid {os.getuid()}, visit {count}\n".encode())


HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
