"""Clients of live streams: one that notes when bytes come, a crowd that reads without looking, some that go away."""

import contextlib
import http.client
import json
import multiprocessing
import re
import select
import socket
import time
import urllib.parse

from .processes import BenchmarkError

SECONDS = 30


def connect(url, receive_buffer=None):
    parts = urllib.parse.urlsplit(url)
    link = socket.socket()
    if receive_buffer:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    link.settimeout(SECONDS)
    link.connect((parts.hostname, parts.port))
    return link


def request(path, *fields):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *fields, "", ""]).encode()


def ask(server, method, path, document=None):
    """One request of the control plane; the document of its answer."""
    parts = urllib.parse.urlsplit(server.url)
    with contextlib.closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=SECONDS)) as link:
        body = json.dumps(document) if document else None
        link.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = link.getresponse()
        said = answer.read()
    if answer.status != 200:
        raise BenchmarkError(f"{method} {path} was answered with {answer.status}: {said.decode(errors='replace')[:300]}")
    return json.loads(said)


def post(server, primary, *failover):
    """The path of a new stream."""
    reply = ask(server, "POST", "/streams", {"url": primary, "failover_urls": failover})
    return reply["stream_endpoint"]


def first_byte_seconds(url):
    """From the beginning of the connection to the first byte of the body."""
    began = time.monotonic()
    with contextlib.closing(connect(url)) as link:
        link.sendall(request("/" + url.split("/", 3)[3]))
        seen = b""
        while True:
            part = link.recv(65536)
            if not part:
                raise BenchmarkError(f"{url} gave no byte of a body")
            seen += part
            if len(seen) > seen.find(b"\r\n\r\n") + 4 > 3:
                return time.monotonic() - began


def note_times(url, path, channel):
    """Process: notes when bytes came until the other end says stop, then sends the times."""
    times = []
    with contextlib.closing(connect(url)) as link:
        link.sendall(request(path))
        while not channel.poll():
            if select.select([link], [], [], 0.1)[0]:
                if not link.recv(1 << 20):
                    break
                times.append(time.monotonic())
    channel.send(times)


class Viewer:
    """A client in a process of its own: what this program does does not delay its clock."""

    def __init__(self, server, path):
        self.channel, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=note_times, args=(server.url, path, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def finish(self):
        """The times at which bytes came (time.monotonic())."""
        self.channel.send("stop")
        if not self.channel.poll(SECONDS):
            raise BenchmarkError("a viewer does not answer")
        times = self.channel.recv()
        self.process.join()
        return times

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()


def longest_gap(times, begin, end):
    """Seconds without a byte between two times, the edges included."""
    inside = [begin, *(when for when in times if begin < when < end), end]
    return max(after - before for before, after in zip(inside, inside[1:]))


class Crowd:
    """Many clients that take what comes without copying it."""

    def __init__(self, server, path):
        self.server, self.path = server, path
        self.poll = select.epoll()
        self.links, self.received = {}, {}
        self.buffer = bytearray(1 << 20)

    def grow(self, number):
        for _ in range(number):
            link = connect(self.server.url, 1 << 20)
            link.sendall(request(f"{self.path}?client_id=viewer{len(self.links)}"))
            link.setblocking(False)
            self.links[link.fileno()] = link
            self.received[link.fileno()] = 0
            self.poll.register(link, select.EPOLLIN)
            self.read(0)

    def read(self, seconds):
        end = time.monotonic() + seconds
        while True:
            for descriptor, _ in self.poll.poll(max(0, min(0.05, end - time.monotonic()))):
                with contextlib.suppress(BlockingIOError):
                    count = self.links[descriptor].recv_into(self.buffer, len(self.buffer), socket.MSG_TRUNC)
                    if count == 0:
                        raise BenchmarkError("a viewer was cut")
                    self.received[descriptor] += count
            if time.monotonic() >= end:
                return

    def close(self):
        for link in self.links.values():
            link.close()
        self.poll.close()


def payload_of(answer):
    """The bytes of the body in what a client got, chunked or not, however early it ends."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"chunked" not in head:
        return len(body)
    at = payload = 0
    while line := re.match(rb"([0-9a-f]+)\r\n", body[at:at + 20]):
        size = int(line[1], 16)
        payload += min(size, len(body) - at - line.end())
        at += line.end() + size + 2
    return payload


def aborted_transfer(server, path, after):
    """Ends its side after so many bytes, then takes what the server's socket had accepted until then. Answers the
    bytes of the body."""
    received = bytearray()
    with contextlib.closing(connect(server.url, 32 * 1024)) as link:
        link.sendall(request(path))
        while len(received) < after and (part := link.recv(16384)):
            received += part
        link.shutdown(socket.SHUT_WR)
        while part := link.recv(65536):
            received += part
    return payload_of(bytes(received))


def whole_transfer(server, path, *fields):
    received = bytearray()
    with contextlib.closing(connect(server.url)) as link:
        link.sendall(request(path, "Connection: close", *fields))
        while part := link.recv(1 << 20):
            received += part
    return payload_of(bytes(received))
