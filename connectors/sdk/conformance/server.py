"""A gateway that answers by a script, whatever it is asked: what clients are held against.

    python -m connectors.sdk.conformance.server PORT    (0: any; the first line says which)

`PUT /_case` with a case begins it; `GET /_case` tells what came since, and whether each request was
signed as it should be, with a nonce of its own.
"""

import json
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from connectors.sdk.conformance.signing_cases import RAW, signature

KEY_ID: Final = "qk_conformance"


class Script:
    """The case that is played, and what came."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.begin({})

    def begin(self, case: Mapping[str, Any]) -> None:
        """From now on this case; whoever hangs is let go."""
        with self.lock:
            self.over.set()
            self.over = threading.Event()
            self._steps = list(case.get("script", ()))
            self.came: list[dict[str, Any]] = []
            self._nonces: set[str] = set()

    def take(self, request: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
        """Note a request; what is answered."""
        nonce = headers.get("X-Quangate-Nonce", "")
        said = [request["method"], request["target"], headers.get("X-Quangate-Timestamp", "")]
        with self.lock:
            request["signed"] = (
                headers.get("X-Quangate-Key") == KEY_ID
                and nonce not in self._nonces
                and headers.get("X-Quangate-Signature")
                == signature(RAW, *said, nonce, body=request["body"])
            )
            request["agent"] = headers.get("User-Agent", "")
            self._nonces.add(nonce)
            self.came.append(request)
            return self._steps.pop(0) if self._steps else {"status": 418, "body": "no step left"}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    script: Script

    def do_GET(self) -> None:
        """Any request."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.path == "/_case":
            if self.command == "PUT":
                self.script.begin(json.loads(body))
            self._answer(200, json.dumps(self.script.came).encode(), {})
            return
        request = {"method": self.command, "target": self.path, "body": body.decode()}
        step = self.script.take(request, dict(self.headers))
        if "status" in step:
            self._answer(step["status"], step["body"].encode(), step.get("headers", {}))
            return
        if step.get("hang"):
            self.script.over.wait()
        self.close_connection = True

    do_POST = do_PUT = do_GET  # noqa: N815

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def serve(port: int = 0) -> ThreadingHTTPServer:
    """A server with a script of its own; who asks for it runs `serve_forever`."""
    handler = type("ScriptedHandler", (Handler,), {"script": Script()})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    return server


if __name__ == "__main__":
    with serve(int(sys.argv[1])) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()
