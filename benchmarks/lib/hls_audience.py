"""A live HLS channel whose origin counts requests, and viewers without a decoder, who reload as RFC 8216 §6.3 asks."""

import collections
import dataclasses
import hashlib
import http.client
import http.server
import re
import threading
import time
import urllib.parse

from .hls_origin import PLAYLIST_TYPE, answer_questions
from .processes import BenchmarkError

SECONDS = 30
WINDOW = 6
TARGET = 2  # seconds of a segment
SEGMENT_BYTES = 256 * 1024


@dataclasses.dataclass(frozen=True)
class Schedule:
    """A segment each TARGET seconds from `begin` (time.monotonic()) on."""

    begin: float

    def produced(self):
        return int((time.monotonic() - self.begin) / TARGET)

    def playlist(self, base):
        produced = self.produced()
        first = max(produced - WINDOW, 0)
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{TARGET}", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        for number in range(first, produced):
            lines += [f"#EXTINF:{TARGET:.6f},", f"{base}/segment{number}.ts"]
        return "\n".join([*lines, ""]).encode()


def segment_bytes(number):
    seed = hashlib.sha256(str(number).encode()).digest()
    return seed * (SEGMENT_BYTES // len(seed))


class Handler(http.server.BaseHTTPRequestHandler):
    """/CHANNEL/index.m3u8 and /CHANNEL/segmentN.ts of any number of channels, which broadcast the same."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        asked = re.fullmatch(r"/(\w+)/(index\.m3u8|segment(\d+)\.ts)", self.path)
        schedule = self.server.schedule
        if not asked or (asked[3] and not schedule.produced() - 2 * WINDOW <= int(asked[3]) < schedule.produced()):
            self.send_error(404)
            return
        with self.server.counting:
            self.server.counts[asked[1], "segments" if asked[3] else "playlists"] += 1
        playlist = not asked[3]
        body = schedule.playlist(f"{self.server.url}/{asked[1]}") if playlist else segment_bytes(int(asked[3]))
        first, last = 0, len(body) - 1
        ranged = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if not playlist else None
        if ranged:
            first, last = int(ranged[1]), min(int(ranged[2] or last), last)
        self.send_response(206 if ranged else 200)
        self.send_header("Content-Type", PLAYLIST_TYPE if playlist else "video/mp2t")
        self.send_header("Cache-Control", "no-cache" if playlist else "max-age=60")
        self.send_header("Content-Length", str(last + 1 - first))
        if not playlist:
            self.send_header("ETag", f'"{asked[3]}"')
        if ranged:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
        self.end_headers()
        self.wfile.write(body[first:last + 1])

    def log_message(self, *_):
        pass


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_):
        """Proxies close connections that they no longer need."""


def broadcast(channel, schedule):
    """Process: the origin; counts by (channel, kind)."""
    with Listener(("127.0.0.1", 0), Handler) as server:
        server.schedule, server.counts, server.counting = schedule, collections.Counter(), threading.Lock()
        server.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        answer_questions(channel, server.url, server.counts)


class Viewer(threading.Thread):
    """Joins `after` so many seconds, plays from the third last segment on, and leaves after the segment `last`.

    Counts what it `got` and `missed`.
    """

    def __init__(self, base, path, after, last):
        super().__init__(daemon=True)
        parts = urllib.parse.urlsplit(base)
        self.url, self.after, self.last = base + path, after, last
        self.link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=SECONDS)
        self.next, self.newest = None, -1
        self.got = self.missed = 0
        self.stopping = threading.Event()
        self.fault = ""

    def run(self):
        self.stopping.wait(self.after)
        try:
            self.play()
        except (OSError, http.client.HTTPException, BenchmarkError) as error:
            self.fault = f"a viewer gave up: {error!r}"
        finally:
            self.link.close()

    def ask(self, url):
        parts = urllib.parse.urlsplit(url)
        self.link.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""))
        answer = self.link.getresponse()
        return answer.status, answer.read()

    def play(self):
        while not self.stopping.is_set():
            began = time.monotonic()
            status, text = self.ask(self.url)
            if status != 200:
                raise BenchmarkError(f"{self.url} was answered with {status}: {text[:200]!r}")
            lines = text.decode().splitlines()
            number = int(next(line for line in lines if line.startswith("#EXT-X-MEDIA-SEQUENCE:")).split(":")[1])
            uris = [line for line in lines if line and not line.startswith("#")]
            newest = number + len(uris) - 1
            changed, self.newest = newest != self.newest, newest
            self.collect(number, uris)
            if self.next > self.last:
                return
            pause = TARGET if changed else TARGET / 2
            self.stopping.wait(max(0, began + pause - time.monotonic()))

    def collect(self, number, uris):
        if self.next is None:
            self.next = number + max(len(uris) - 3, 0)
        self.missed += max(number - self.next, 0)
        self.next = max(number, self.next)
        for uri in uris[self.next - number:self.last + 1 - number]:
            status, body = self.ask(urllib.parse.urljoin(self.url, uri))
            if status == 200 and body == segment_bytes(self.next):
                self.got += 1
            else:
                self.missed += 1
            self.next += 1


def watch(viewers, seconds):
    """Until all have left."""
    deadline = time.monotonic() + seconds + SECONDS
    try:
        for each in viewers:
            each.start()
        for each in viewers:
            each.join(max(0, deadline - time.monotonic()))
            if each.is_alive() or each.fault:
                raise BenchmarkError(each.fault or "a viewer does not come to its end")
    finally:
        for each in viewers:
            each.stopping.set()
