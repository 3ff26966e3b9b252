"""Providers of live HLS channels: sliding playlists and their segments, with outages by the clock (RFC 8216 §6.2)."""

import asyncio
import contextlib
import re
import time

from .content import Resource

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
WINDOW = 6
KEPT = 90  # segments behind the window: a player may be late on a busy machine


def segment_of(channel, number):
    """The bytes of a segment: a piece of a generated resource that follows from channel and number."""
    key = sum(channel.encode()) * 7919 + number * 104_729
    return Resource(1, 8 << 20).slice(key % (4 << 20), 40_000 + key % 260_000)


class LiveChannel:
    """One segment each second. `outages`: seconds of each 40 in which this provider answers nothing but 503."""

    def __init__(self, folder, name="seg", first=0, outages=()):
        self.folder, self.name, self.first, self.outages = folder, name, first, outages
        self.begin = time.monotonic() - 60

    def out(self):
        return int(time.monotonic() - self.begin) % 40 in self.outages

    def produced(self):
        return int(time.monotonic() - self.begin)

    def answer(self, path):
        """(status, type, body) or None when it is not its own."""
        name = path.removeprefix(f"/{self.folder}/")
        if name == path:
            return None
        if self.out():
            return 503, "text/plain", b"out of order"
        if name == "index.m3u8":
            return 200, PLAYLIST_TYPE, self.playlist().encode()
        asked = re.fullmatch(rf"{self.name}-(\d+)\.ts", name)
        number = int(asked[1]) - self.first if asked else -1
        if not max(self.produced() - KEPT, 0) <= number < self.produced():
            return 404, "text/plain", b"not here"
        return 200, "video/mp2t", segment_of(self.folder, number)

    def playlist(self):
        count = self.produced()
        begin = count - WINDOW
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{self.first + begin}"]
        for number in range(begin, count):
            lines += ["#EXTINF:1.0,", f"{self.name}-{self.first + number}.ts"]
        return "\n".join([*lines, ""])


class PlaylistOrigin:
    """Serves channels, with ranges and kept connections."""

    def __init__(self, channels):
        self.channels = channels
        self.connections = set()

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=1 << 18)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def stop(self):
        self.server.close()
        for writer in list(self.connections):
            writer.transport.abort()

    async def serve(self, reader, writer):
        self.connections.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                writer.write(self.reply(head))
                await writer.drain()
        self.connections.discard(writer)
        writer.transport.abort()

    def reply(self, head):
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        found = (answer for channel in self.channels if (answer := channel.answer(target.partition("?")[0])))
        status, kind, body = next(found, (404, "text/plain", b"nothing here"))
        fields = [f"Content-Type: {kind}"]
        asked = re.search(r"(?im)^range: bytes=(\d+)-(\d*)\r$", head)
        if status == 200 and kind != PLAYLIST_TYPE:
            fields += ["Accept-Ranges: bytes", f'ETag: "{target}"']
            if asked:
                first, last = int(asked[1]), min(int(asked[2] or len(body)), len(body) - 1)
                status = 206 if first < len(body) else 416
                fields.append(f"Content-Range: bytes {first}-{last}/{len(body)}" if status == 206
                              else f"Content-Range: bytes */{len(body)}")
                body = body[first:last + 1] if status == 206 else b""
        text = "\r\n".join([f"HTTP/1.1 {status} X", *fields, f"Content-Length: {len(body)}", "", ""])
        return text.encode() + (b"" if method == "HEAD" else body)
