"""A provider of messages on a real socket: takes each id once, and fails as it is told to."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Provider:
    """``answers``: HTTP codes for the next requests, then 200. ``sent``: what went out, once for each id."""

    def __init__(self):
        self.answers, self.asked, self.sent = [], [], {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                provider.asked.append((self.headers["Idempotency-Key"], self.headers.get("Authorization")))
                code = provider.answers.pop(0) if provider.answers else 200
                if code < 300:
                    provider.sent.setdefault(body["id"], body)
                told = json.dumps({"id": f"p-{len(provider.sent)}"}).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/messages"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
