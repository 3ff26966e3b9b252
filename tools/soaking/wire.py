"""HTTP/1.1 as a strict client reads it (RFC 9112): what is malformed is an error, what is missing is a cut."""

import asyncio
import contextlib
import re
import socket
import struct

PATIENCE = 90  # seconds without a byte: something hangs
HEAD_LIMIT = 256 * 1024
STATUS_LINE = re.compile(r"HTTP/1\.1 ([1-5]\d\d) [^\r\n]*\Z")
FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*\Z")


class Cut(Exception):
    """The connection ended before the response did."""


class Refused(Exception):
    """No connection."""


class Malformed(Exception):
    """No HTTP, or a message that contradicts itself."""


class Hangs(Exception):
    """Nothing came for too long."""


class Head:
    def __init__(self, text):
        lines = text.split("\r\n")
        status = STATUS_LINE.match(lines[0])
        if not status:
            raise Malformed(f"status line {lines[0][:200]!r}")
        self.status = int(status[1])
        self.fields = []
        for line in lines[1:]:
            field = FIELD.match(line)
            if not field or "\n" in line or "\r" in line:
                raise Malformed(f"header line {line[:200]!r}")
            self.fields.append((field[1].lower(), field[2]))

    def all(self, name):
        return [value for key, value in self.fields if key == name]

    def get(self, name, default=""):
        found = self.all(name)
        return found[0] if found else default

    def closes(self):
        return "close" in self.get("connection").lower()

    def length(self):
        """What Content-Length says, None for a chunked body, -1 for one until the end of the connection."""
        lengths, codings = self.all("content-length"), self.all("transfer-encoding")
        if len(lengths) + len(codings) > 1:
            raise Malformed("more than one framing of the body")
        if codings:
            if codings[0].lower() != "chunked":
                raise Malformed(f"Transfer-Encoding {codings[0]!r}")
            return None
        if lengths:
            if not re.fullmatch(r"\d{1,18}", lengths[0]):
                raise Malformed(f"Content-Length {lengths[0]!r}")
            return int(lengths[0])
        if not self.closes():
            raise Malformed("a body without length on a connection that stays open")
        return -1


class Link:
    """One connection to a server."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, server, receive_buffer=None):
        link = socket.socket()
        link.setblocking(False)
        try:
            if receive_buffer:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            async with asyncio.timeout(PATIENCE):
                await asyncio.get_running_loop().sock_connect(link, (server.host, server.port))
            limit = max(receive_buffer or HEAD_LIMIT, 16 * 1024)
            return cls(*await asyncio.open_connection(sock=link, limit=limit))
        except TimeoutError as error:
            link.close()
            raise Hangs("the connection was not accepted") from error
        except OSError as error:
            link.close()
            raise Refused(str(error)) from error
        except BaseException:
            link.close()
            raise

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(OSError, RuntimeError):
            self.writer.transport.abort()

    def reset(self):
        """Goes away with RST, whatever is in the buffers."""
        link = self.writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    async def send(self, data):
        try:
            self.writer.write(data)
            async with asyncio.timeout(PATIENCE):
                await self.writer.drain()
        except TimeoutError as error:
            raise Hangs("the request was not taken") from error
        except OSError as error:
            raise Cut(f"while it was sent: {error}") from error

    async def patiently(self, reading):
        try:
            async with asyncio.timeout(PATIENCE):
                return await reading
        except TimeoutError as error:
            raise Hangs(f"nothing for {PATIENCE} s") from error
        except asyncio.IncompleteReadError as error:
            raise Cut(f"end of the connection after {len(error.partial)} bytes of a part") from error
        except asyncio.LimitOverrunError as error:
            raise Malformed("an endless line") from error
        except OSError as error:
            raise Cut(str(error)) from error

    async def head(self):
        """The final one: interim responses are passed over."""
        while True:
            text = await self.patiently(self.reader.readuntil(b"\r\n\r\n"))
            head = Head(text[:-4].decode("latin-1"))
            if head.status >= 200:
                return head

    async def some(self, most=65536):
        """Bytes, none at the end of the connection."""
        return await self.patiently(self.reader.read(most))

    async def body(self, head, method="GET", most=65536):
        """Yields the parts of a body; raises Cut when the connection ends too early."""
        if method == "HEAD" or head.status in (204, 304):
            return
        left = head.length()
        if left is None:
            async for part in self.chunks(most):
                yield part
            return
        while left:
            part = await self.some(min(most, left) if left > 0 else most)
            if not part:
                if left > 0:
                    raise Cut(f"{left} bytes are missing")
                return
            left -= len(part) if left > 0 else 0
            yield part

    async def chunks(self, most):
        while True:
            line = await self.patiently(self.reader.readuntil(b"\r\n"))
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}\r\n", line):
                raise Malformed(f"chunk size {line[:60]!r}")
            left = int(line, 16)
            if left == 0:
                if await self.patiently(self.reader.readexactly(2)) != b"\r\n":
                    raise Malformed("trailer")
                return
            while left:
                part = await self.some(min(most, left))
                if not part:
                    raise Cut("within a chunk")
                left -= len(part)
                yield part
            if await self.patiently(self.reader.readexactly(2)) != b"\r\n":
                raise Malformed("the end of a chunk")


def request(server, path, headers=(), method="GET", body=b""):
    """The bytes of one."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {server.host}:{server.port}"]
    lines += [f"{name}: {value}" for name, value in dict(headers).items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
