"""A server of chat completions that does as a test says: answers, late or not, refuses, breaks off, dies."""

import hashlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def answer(
    text: str | list | None, tokens: tuple[int, int] = (100, 10), seconds: float = 0.0, finish: str = "stop", **fields
) -> Callable:
    """A completion with this content, and with other fields beside it in its message."""

    def act(handler):
        time.sleep(seconds)
        usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
        message = {"role": "assistant", "content": text, **fields}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        body = {"id": "1", "object": "chat.completion", "created": 1, "model": "served-2024-08-06", "usage": usage}
        handler.reply(200, json.dumps(body | {"choices": [choice]}))

    return act


def refuse(status: int, message: str = "no", code: str | None = None, **headers: str) -> Callable:
    body = json.dumps({"error": {"message": message, "code": code}})
    return lambda handler: handler.reply(status, body, **headers)


def say(text: str) -> Callable:
    """Something else than a completion."""
    return lambda handler: handler.reply(200, text)


def cut(handler) -> None:
    """Half of an answer, then the connection ends."""
    handler.reply(200, '{"id": "1", "choices": [', length=1000)
    handler.connection.shutdown(socket.SHUT_RDWR)


def echo_key(handler) -> None:
    """A server that repeats what it was sent, key and all."""
    refuse(401, f"Incorrect API key: {handler.headers['Authorization']}")(handler)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, script: Callable[[dict, int], Callable]):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script, self.lock = script, threading.Lock()
        self.counts, self.bodies, self.busy, self.most_busy = Counter(), [], 0, 0
        self.base_url = f"http://127.0.0.1:{self.server_port}/v1"

    def die(self) -> None:
        """No connection is taken from now on."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address) -> None:
        """Clients that are killed break off too."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        body, key = json.loads(data), hashlib.sha256(data).hexdigest()
        with self.server.lock:
            self.server.counts[key] += 1
            self.server.bodies.append(body)
            self.server.busy += 1
            self.server.most_busy = max(self.server.busy, self.server.most_busy)
            times = self.server.counts[key]
        try:
            self.server.script(body, times)(self)
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def reply(self, status: int, text: str, length: int | None = None, **headers: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length or len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, *_) -> None:
        """Tests look at counts."""


@contextmanager
def serving(script: Callable[[dict, int], Callable]) -> Iterator[Server]:
    """`script` gives what to do on a request, from its body and how often this same request has come."""
    server = Server(script)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.die()
        thread.join()
