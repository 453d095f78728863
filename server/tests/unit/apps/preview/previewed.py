"""A web server that an app starts in its runtime, for the tests of previews. Needs nothing but Python."""

import http.server
import sys
import time

PAGE = """<!doctype html><html><head><title>Shop</title><link rel="stylesheet" href="/static/main.css">
</head><body><img src="static/a.png"><a href="/next">next</a><a href="//other.example/x">other</a>
<script type="module" src="/static/main.js"></script></body></html>"""


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/":
            self._answer(PAGE.encode(), "text/html", ("X-Frame-Options", "DENY"), ("Set-Cookie", "a=b"))
        elif path == "/static/main.js":
            self._answer(b"console.log(1)", "text/javascript", ("Access-Control-Allow-Origin", "http://x"))
        elif path == "/headers":
            self._answer("".join(f"{k.lower()}: {v}\n" for k, v in self.headers.items()).encode())
        elif path == "/path":
            self._answer(self.path.encode())
        elif path == "/big":
            self._answer(bytes(range(256)) * 4096 * 10)
        elif path == "/away":
            self.send_response(302)
            self.send_header("Location", self.path.partition("to=")[2])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path == "/slow":
            self._stream()
        elif path == "/half":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.wfile.flush()
            time.sleep(60)
        elif path == "/die":
            self.close_connection = True
        elif path == "/wait":
            _say("waiting")
            time.sleep(60)
        elif path == "/strict":
            self._answer(b"x", "text/plain", ("Content-Security-Policy", "frame-ancestors 'none'; img-src *"))
        else:
            self._answer(b"nothing here", status=404)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])), self.headers["Content-Type"])

    do_PUT = do_POST

    def do_HEAD(self) -> None:
        self._answer(b"12345")

    def _answer(
        self, body: bytes, kind: str = "text/plain", *headers: tuple[str, str], status: int = 200
    ) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"data: 1\n\n")
        self.wfile.flush()
        try:
            while True:
                time.sleep(0.1)
                self.wfile.write(b": still here\n\n")
                self.wfile.flush()
        except OSError:
            _say("the stream was left")

    def log_message(self, format: str, *args: object) -> None:
        pass


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Shop).serve_forever()
