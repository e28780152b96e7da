"""Somebody else's server, as good and as bad as they are: receives webhooks on this machine."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Got:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        return json.loads(self.body)

    def verified(self, secret: str) -> dict[str, Any]:
        """By the reference library, which raises for a signature that is not right."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """`behave` is called for each request with its number, from 1, and answers a status, or
    (status, headers, body), or "drop" to break the connection off."""

    url: str
    behave: Callable[[int], Any] = lambda number: 204
    got: list[Got] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        receiver = self.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with receiver.lock:
            receiver.got.append(Got(self.path, headers, body))
            number = len(receiver.got)
            receiver.at_once += 1
            receiver.most_at_once = max(receiver.most_at_once, receiver.at_once)
        try:
            answer = receiver.behave(number)
        finally:
            with receiver.lock:
                receiver.at_once -= 1
        if answer == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, more, text = answer if isinstance(answer, tuple) else (answer, {}, "")
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: Any) -> None:
        """What it gets is in `got`."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return  # a caller that hung up, as some stories have it


@contextmanager
def receiving(behave: Callable[[int], Any] = lambda number: 204) -> Iterator[Receiver]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://localhost:{server.server_port}/hooks", behave)
    server.RequestHandlerClass = type("Handler", (_Handler,), {"receiver": receiver})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def until(holds: Callable[[], Any], *, seconds: float = 30) -> None:
    """Wait for something to come true."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(0.02)
