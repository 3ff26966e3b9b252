"""Clients that hold connections and hardly use them, in a process of their own: idle, trickling, and slowly reading ones."""

import multiprocessing
import resource
import selectors
import socket
import time
import urllib.parse

from .processes import BenchmarkError

SLICES = 100  # of each second: not all at once
UP_SECONDS = 60
RECEIVE_BUFFER = 4096


class Connection:
    """`kind`: idle, trickling or reading. Opened again when the server cuts it."""

    def __init__(self, crowd, kind, number):
        self.crowd, self.kind, self.slice = crowd, kind, number % SLICES
        self.link = None
        self.open()

    def open(self):
        self.close()
        self.sent = self.taken = 0
        self.link = socket.socket()
        if self.kind == "reading":
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.link.settimeout(UP_SECONDS)
        self.link.connect(self.crowd.address)
        if self.kind == "reading":
            self.link.sendall(self.crowd.download)
        self.link.setblocking(False)

    def close(self):
        if self.link:
            self.link.close()

    def tick(self):
        """What it does each second. Whether the server has cut it."""
        try:
            if self.kind == "trickling":
                self.link.send(self.crowd.head[self.sent:self.sent + 1])
                self.sent += 1
            part = self.link.recv(1 if self.kind == "reading" else 4096)
            self.taken += len(part)
            return not part
        except BlockingIOError:
            return False
        except OSError:
            return True


class Crowd:
    """In its process: lives second by second until it is told to go."""

    def __init__(self, url, path, counts):
        parts = urllib.parse.urlsplit(url)
        self.address = parts.hostname, parts.port
        self.head = f"GET /health HTTP/1.1\r\nHost: {parts.netloc}\r\nX-Slow: {'a' * 4000}".encode()
        self.download = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
        self.connections = [Connection(self, kind, number) for kind, count in counts.items() for number in range(count)]
        self.cuts = 0

    def live(self, told):
        """Until something is `told`. Answers (connections that the server cut, bytes that the readers took)."""
        slices = [[each for each in self.connections if each.slice == number] for number in range(SLICES)]
        began, number = time.monotonic(), 0
        with selectors.DefaultSelector() as selector:
            selector.register(told, selectors.EVENT_READ)
            while not selector.select(max(began + number / SLICES - time.monotonic(), 0)):
                for each in slices[number % SLICES]:
                    if each.tick():
                        self.cuts += 1
                        each.open()
                number += 1
        return self.cuts, sum(each.taken for each in self.connections if each.kind == "reading")

    def answered(self):
        """Waits until each reader has the beginning of its response."""
        for each in self.connections:
            if each.kind == "reading":
                each.link.settimeout(UP_SECONDS)
                if each.link.recv(12) != b"HTTP/1.1 200":
                    raise BenchmarkError("a slow reader got no response")
                each.link.setblocking(False)


def live_in_process(pipe, url, path, counts):
    try:
        crowd = Crowd(url, path, counts)
        crowd.answered()
        pipe.send(("up", len(crowd.connections)))
        done = crowd.live(pipe)
        pipe.recv()
        for each in crowd.connections:
            each.close()
        pipe.send(("down", done))
    except (OSError, EOFError, BenchmarkError) as error:
        pipe.send(("failed", str(error)))


class SlowCrowd:
    """A context manager: within it, the crowd is there."""

    def __init__(self, url, path, counts):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=live_in_process, args=(other, url, path, counts), daemon=True)
        self.cuts = self.taken = 0

    def said(self, expected):
        what, value = self.pipe.recv() if self.pipe.poll(2 * UP_SECONDS) else ("silent", "")
        if what != expected:
            raise BenchmarkError(f"the slow clients: {what} {value}")
        return value

    def __enter__(self):
        self.process.start()
        self.said("up")
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.pipe.send("go")
            self.cuts, self.taken = self.said("down")
        else:
            self.process.terminate()
        self.process.join()


def raise_descriptor_limit(needed):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchmarkError(f"{needed} file descriptors are needed and {hard} allowed (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
