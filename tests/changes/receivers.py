"""A mail server and a webhook's server on loopback, as far as a test needs them."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class MailServer:
    """RFC 5321 without encryption. ``refuses`` answers MAIL FROM with that code; ``refuses_login`` each login."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    refuses: int | None = None
    refuses_login: bool = False

    def answer(self, verb: str) -> str:
        replies = {"EHLO": "250-loopback\r\n250 AUTH PLAIN", "AUTH": "235 welcome", "DATA": "354 go on", "QUIT": "221 bye"}
        if self.refuses_login:
            replies["AUTH"] = "535 no, s3cret is wrong"
        if self.refuses:
            replies["MAIL"] = f"{self.refuses} not from you"
        return replies.get(verb, "250 ok")


@contextmanager
def mail_server() -> Iterator[MailServer]:
    state = MailServer()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            verb = "220 loopback"
            self.say(verb)
            while verb != "QUIT" and (line := self.rfile.readline().decode().strip()):
                state.heard.append(line)
                verb = line.split(" ")[0].upper()
                self.say(state.answer(verb))
                if verb == "DATA":
                    state.mails.append(self.read_mail())
                    self.say("250 kept")

        def read_mail(self) -> EmailMessage:
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line)
            return message_from_bytes(b"".join(lines), policy=policy.default)  # type: ignore[return-value]

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
    server.daemon_threads = True
    state.port = server.server_address[1]
    with served(server):
        yield state


@dataclass
class Hook:
    """What was posted, and the status that is answered."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    status: int = 204

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]


@contextmanager
def hook() -> Iterator[Hook]:
    state = Hook()

    class Session(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            state.headers.append(dict(self.headers))
            self.send_response(state.status)
            if 300 <= state.status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Session)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/path-t0ken"
    with served(server):
        yield state
