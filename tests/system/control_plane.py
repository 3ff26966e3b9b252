"""A server with millrace's control plane for tests of its client: it notes the requests and answers as told."""
import http.server
import json
import socket
import threading
import urllib.parse

from programs import BIN, SystemTest, run

CTL = BIN / "millracectl"
STREAM = "6f1ed002ab5595859014ebf0951522d9"


def stream_info(stream_id=STREAM, **changes):
    return {"stream_id": stream_id, "original_url": "http://tv.example/1.ts?key=secret",
            "current_url": "http://user:secret@b.example/1.ts?key=secret",
            "failover_urls": ["http://b.example/1.ts"], "current_failover_index": 1, "failover_attempts": 1,
            "has_failover": True, "user_agent": "", "stream_type": "direct", "client_count": 1,
            "total_bytes_served": 1572864, "total_segments_served": 0, "error_count": 2, "last_error": "reset",
            "is_active": True, "created_at": "2026-01-02T03:04:05Z", "last_access": "2026-01-02T03:04:06Z",
            "metadata": {"name": "News"}, **changes}


def client_info(client_id="tv", **changes):
    return {"client_id": client_id, "stream_id": STREAM, "user_agent": "VLC/3.0", "ip_address": "192.0.2.7",
            "first_seen": "2026-01-02T03:04:05Z", "last_seen": "2026-01-02T03:04:06Z", "bytes_served": 1024,
            "segments_served": 0, **changes}


def stats(streams=(), clients=(), **changes):
    return {"proxy_stats": {"total_streams": len(streams), "active_streams": len(streams),
                            "total_clients": len(clients), "active_clients": len(clients),
                            "total_bytes_served": sum(each["total_bytes_served"] for each in streams),
                            "total_segments_served": 0, "uptime_seconds": 11520, **changes},
            "streams": list(streams), "clients": list(clients)}


def problem(status, detail, code="x"):
    return status, {"type": "about:blank", "title": "No", "status": status, "detail": detail, "code": code}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        self.server.requests.append((self.command, self.path, dict(self.headers), body))
        reply = self.server.replies.get(f"{self.command} {urllib.parse.urlsplit(self.path).path}")
        if callable(reply):
            reply = reply(self)
        if reply is None:
            reply = problem(404, "there is no such thing", "not-found")
        if reply == "handled":
            return
        status, document = reply if isinstance(reply, tuple) else (200, reply)
        payload = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        kind = "application/problem+json" if status >= 400 else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """`replies`: "METHOD /path" → document, (status, document) or a function of the handler."""
    daemon_threads = True
    block_on_close = False

    def __init__(self, host="127.0.0.1", tls=None):
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.requests = []
        self.replies = {}
        super().__init__((host, 0), Handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if tls else 'http'}://{shown}:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def server_bind(self):
        # Without the look-up of the host's name that http.server makes.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, *_):
        """Clients that go away in the middle are part of the tests."""

    def end(self):
        self.shutdown()
        self.server_close()


class ClientTest(SystemTest):
    def server(self, *arguments):
        server = Server(*arguments)
        self.addCleanup(server.end)
        return server

    def ctl(self, server, *arguments, expect=0):
        """Answers stdout of a run that must not complain, or the one line on stderr of a failure."""
        done = run(CTL, "--server", server.url if isinstance(server, Server) else server, *arguments, expect=expect)
        if expect == 0:
            self.assertEqual(done.stderr, b"")
            return done.stdout.decode()
        if done.stderr == b"":
            return done.stdout.decode()
        self.assertEqual(done.stdout, b"")
        line = done.stderr.decode()
        self.assertRegex(line, r"\Amillracectl: [^\n]+\n\Z")
        return line
