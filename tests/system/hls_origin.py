"""An HLS provider within the test: files, live channels, and the habits of providers (gzip, redirects, tokens, outages)."""
import collections
import gzip
import http.server
import mimetypes
import pathlib
import re
import select
import socket
import struct
import threading
import time
import urllib.parse

from programs import PATIENCE

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
TYPES = {".m3u8": PLAYLIST_TYPE, ".ts": "video/mp2t", ".m4s": "video/iso.segment", ".vtt": "text/vtt",
         ".bin": "application/octet-stream"}

Request = collections.namedtuple("Request", "method target path query headers when")
Reply = collections.namedtuple("Reply", "status body headers", defaults=[b"", {}])


class Killed(Exception):
    """The origin died while it answered."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # No pause between head and body for Nagle's algorithm and delayed acknowledgements.
    disable_nagle_algorithm = True

    def do_GET(self):
        origin = self.server
        parts = urllib.parse.urlsplit(self.path)
        request = Request(self.command, self.path, parts.path, dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)),
                          self.headers, time.monotonic())
        origin.requests.append(request)
        try:
            reply = origin.answer(request)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.send_body(reply.body, request)
        except (OSError, Killed):
            self.close_connection = True
        if origin.dead.is_set():
            self.close_connection = True

    do_HEAD = do_GET

    def send_body(self, body, request):
        origin = self.server
        begin = time.monotonic()
        at = 0
        while at < len(body):
            if origin.dead.is_set() or origin.dies_in(request, at):
                raise Killed
            if origin.rate and at > (time.monotonic() - begin) * origin.rate:
                origin.dead.wait(0.01)
            elif select.select([], [self.connection], [], 0.1)[1]:
                at += self.connection.send(body[at:at + 4096])

    def log_message(self, *_):
        pass


class HlsOrigin(http.server.ThreadingHTTPServer):
    """Serves the files below `root`, and what `pages` (path → function of the request) and `hooks` answer.

    A hook may answer any request before everything else, or None. `requests` notes them all.
    """
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, root=None):
        self.root = pathlib.Path(root) if root else None
        self.requests, self.hooks, self.channels = [], [], []
        self.pages = {}
        self.gzip_playlists = False
        self.delay = self.rate = 0
        self.fatal = None
        self.dead = threading.Event()
        self.connections = set()
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, request):
        if self.delay:
            self.dead.wait(self.delay)
        for hook in self.hooks:
            if reply := hook(request):
                return reply
        for channel in self.channels:
            if reply := channel.answer(request):
                return self.as_playlist(request, reply)
        if request.path in self.pages:
            return self.as_playlist(request, self.pages[request.path](request))
        file = self.root and self.root / urllib.parse.unquote(request.path).lstrip("/")
        if not file or ".." in file.parts or not file.is_file():
            return Reply(404, b"no such file", {"Content-Type": "text/plain"})
        return self.as_playlist(request, file_reply(request, file))

    def as_playlist(self, request, reply):
        """Compressed, where that is wanted and the client can read it."""
        if not self.gzip_playlists or not reply.body.lstrip(b"\xef\xbb\xbf").startswith(b"#EXTM3U"):
            return reply
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return Reply(406, b"only with gzip")
        return Reply(reply.status, gzip.compress(reply.body), {**reply.headers, "Content-Encoding": "gzip"})

    def count(self, pattern, method="GET"):
        """Requests whose path matches."""
        return sum(request.method == method and bool(re.search(pattern, request.path)) for request in list(self.requests))

    def redirect(self, prefix, target, status=302):
        """What is below `prefix` is found below the URL or path `target`."""
        def hook(request):
            if request.path.startswith(prefix):
                query = "?" + urllib.parse.urlencode(request.query) if request.query else ""
                return Reply(status, headers={"Location": target + request.path[len(prefix):] + query})
            return None
        self.hooks.append(hook)

    def require(self, name, value):
        """403 without that header."""
        self.hooks.append(lambda request: None if request.headers.get(name) == value else Reply(403, b"forbidden"))

    def die_at(self, pattern, offset):
        """Dies like `kill` when it has sent so many bytes of a body whose path matches."""
        self.fatal = re.compile(pattern), offset

    def dies_in(self, request, at):
        if self.fatal and at >= self.fatal[1] and self.fatal[0].search(request.path):
            self.kill()
        return self.dead.is_set()

    def kill(self):
        """As a crash looks to others: connections are refused and reset."""
        if self.dead.is_set():
            return
        self.dead.set()
        # Closed here, at once; the accepting thread ends by itself.
        self.socket.shutdown(socket.SHUT_RDWR)
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RD)
            except OSError:
                pass
        threading.Thread(target=self.end, daemon=True).start()

    def end(self):
        self.dead.set()
        self.shutdown()
        self.server_close()

    def process_request(self, request, client_address):
        request.settimeout(PATIENCE)
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.connections.discard(request)
        if self.dead.is_set():
            # A close that resets, whatever is still in the buffers.
            request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def server_bind(self):
        # Without the look-up of the host's name that http.server makes.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, *_):
        """Clients that go away in the middle are part of the tests."""


def file_reply(request, file):
    """With ranges and a validator, as every file server has it."""
    body = file.read_bytes()
    headers = {"Content-Type": TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream",
               "Accept-Ranges": "bytes", "ETag": f'"{file.stat().st_mtime_ns:x}-{len(body):x}"'}
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("Range", ""))
    if not asked:
        return Reply(200, body, headers)
    first, last = asked.groups()
    begin = int(first) if first else max(len(body) - int(last), 0)
    end = min(int(last), len(body) - 1) if first and last else len(body) - 1
    if begin >= len(body):
        return Reply(416, headers={"Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {begin}-{end}/{len(body)}"
    return Reply(206, body[begin:end + 1], headers)


class LiveChannel:
    """A window that slides over `files` with time, in an endless loop; each round begins with a discontinuity.

    It is found below `folder`: index.m3u8, and NAME-NUMBER.ts for each segment. `speed` times as fast as real time,
    the first segment bears the number `first`, after `length` of them (None: never) the playlist ends.
    Channels with the same `begin` broadcast the same. `tokens`: each reload signs the URLs anew. `parts`: low latency
    with so many parts per segment (RFC 8216bis §4.4.4.9), each of which is one of the `files`. `blocking`: `_HLS_msn` waits for that segment (§6.2.5.2).
    """

    def __init__(self, folder, files, *, begin=None, seconds=1.0, speed=1.0, window=6, name="seg", first=0, length=None,
                 tokens=False, parts=0, blocking=False):
        self.folder, self.name = folder, name
        self.pieces = [path.read_bytes() for path in files]
        per_segment = max(parts, 1)
        self.files = [b"".join(self.pieces[at:at + per_segment]) for at in range(0, len(files), per_segment)]
        self.seconds, self.speed = seconds, speed
        self.begin = time.monotonic() if begin is None else begin
        self.window, self.first, self.length = window, first, length
        self.tokens, self.parts, self.blocking = tokens, parts, blocking
        self.stopped = threading.Event()
        self.reloads = 0

    def produced(self):
        """Segments and parts of the next one that are there by now."""
        pieces = int((time.monotonic() - self.begin) * self.speed / self.seconds * max(self.parts, 1))
        segments, parts = divmod(pieces, max(self.parts, 1))
        return (self.length, 0) if self.length is not None and segments >= self.length else (segments, parts)

    def ended(self):
        return self.length is not None and self.produced()[0] >= self.length

    def answer(self, request):
        if request.path == f"{self.folder}/index.m3u8":
            return self.playlist(request)
        asked = re.fullmatch(rf"{self.folder}/{self.name}-(\d+)(?:\.(\d+))?\.ts", request.path)
        if not asked:
            return None
        number, part = int(asked[1]) - self.first, asked[2]
        if self.tokens and "token" not in request.query:
            return Reply(403, b"no token")
        segments, parts = self.produced()
        # Two windows: a player may be behind the playlist.
        if not max(segments - 2 * self.window, 0) <= number < segments + (part is not None and int(part) < parts):
            return Reply(404, b"not in the window")
        number %= len(self.files)
        body = self.files[number] if part is None else self.pieces[number * self.parts + int(part)]
        return Reply(200, body, {"Content-Type": "video/mp2t", "Cache-Control": "max-age=60"})

    def playlist(self, request):
        if self.blocking and "_HLS_msn" in request.query:
            number, part = int(request.query["_HLS_msn"]) - self.first, int(request.query.get("_HLS_part", "-1"))
            wanted = (number, part + 1) if part >= 0 else (number + 1, 0)
            while self.produced() < wanted and not self.ended():
                self.stopped.wait(0.01)
        self.reloads += 1
        return Reply(200, self.text().encode(), {"Content-Type": PLAYLIST_TYPE, "Cache-Control": "no-cache"})

    def text(self):
        segments, parts = self.produced()
        begin = max(segments - self.window, 0)
        token = f"?token={self.reloads:x}" if self.tokens else ""
        lines = ["#EXTM3U", "#EXT-X-VERSION:6", f"#EXT-X-TARGETDURATION:{max(round(self.seconds), 1)}"]
        if self.blocking or self.parts:
            hold_back = f",PART-HOLD-BACK={3 * self.seconds / self.parts:.3f}" if self.parts else ""
            lines.append(f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD={'YES' if self.blocking else 'NO'}{hold_back}")
        if self.parts:
            lines.append(f"#EXT-X-PART-INF:PART-TARGET={self.seconds / self.parts:.3f}")
        lines += [f"#EXT-X-MEDIA-SEQUENCE:{self.first + begin}",
                  f"#EXT-X-DISCONTINUITY-SEQUENCE:{max(begin - 1, 0) // len(self.files)}"]
        for number in range(begin, segments):
            if number and number % len(self.files) == 0:
                lines.append("#EXT-X-DISCONTINUITY")
            if number >= segments - 2:
                lines += self.part_lines(number, self.parts, token)
            lines += [f"#EXTINF:{self.seconds:.6f},", f"{self.name}-{self.first + number}.ts{token}"]
        if self.ended():
            return "\n".join([*lines, "#EXT-X-ENDLIST", ""])
        lines += self.part_lines(segments, parts, token)
        if self.parts:
            lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{self.name}-{self.first + segments}.{parts}.ts{token}"')
        return "\n".join([*lines, ""])

    def part_lines(self, number, count, token):
        return [f'#EXT-X-PART:DURATION={self.seconds / self.parts:.5f},URI="{self.name}-{self.first + number}.{part}.ts{token}"'
                f"{',INDEPENDENT=YES' if part == 0 else ''}" for part in range(count)]
