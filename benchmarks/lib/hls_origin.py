"""Origins in a process of their own that count what they are asked for, and one whose playlists never stay the same."""

import asyncio
import collections
import multiprocessing
import os
import socket
import threading

from .processes import BenchmarkError

SECONDS = 30
PLAYLIST_TYPE = "application/vnd.apple.mpegurl"

# In a playlist's text this stands for a value that is another one in each answer.
CHANGING = "CHANGING"


class OriginProcess:
    """Runs `serve(channel, …)`, which ends in answer_questions(); a context manager."""

    def __init__(self, serve, *arguments):
        self.channel, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=serve, args=(theirs, *arguments), daemon=True)
        self.process.start()
        theirs.close()
        try:
            self.url = self.receive()
        except BaseException:
            self.__exit__()
            raise

    def receive(self):
        try:
            if self.channel.poll(SECONDS):
                return self.channel.recv()
        except EOFError:
            pass
        raise BenchmarkError("an origin does not answer")

    def counts(self):
        """Requests so far, by what serve() counts them."""
        self.channel.send("counts")
        return self.receive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()


def answer_questions(channel, url, counts):
    """Within the process: until it is killed."""
    channel.send(url)
    while True:
        try:
            channel.recv()
        except EOFError:
            return
        channel.send(dict(counts))


class SigningProtocol(asyncio.Protocol):
    """Answers each GET of a playlist with a text that is new; a segment's body is its path."""

    def __init__(self, base, segment_prefix, counts):
        self.pieces, self.segment_prefix, self.counts = base.split(CHANGING.encode()), segment_prefix, counts
        self.pending = b""

    def connection_made(self, transport):
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.transport = transport

    def data_received(self, data):
        self.pending += data
        while b"\r\n\r\n" in self.pending:
            head, _, self.pending = self.pending.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].partition(b"?")[0]
            if path.startswith(self.segment_prefix):
                kind, body = "video/mp2t", path
            else:
                self.counts["playlists"] += 1
                kind, body = PLAYLIST_TYPE, os.urandom(16).hex().encode().join(self.pieces)
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
                                 % (kind.encode(), len(body)))
            self.transport.write(body)


def sign(channel, segment_prefix, make_text):
    """Process: an origin all of whose playlists are `make_text(URL of the origin)`, with new values for CHANGING."""
    counts = collections.Counter()
    loop = asyncio.new_event_loop()
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    text = make_text(url).encode()
    loop.run_until_complete(loop.create_server(lambda: SigningProtocol(text, segment_prefix, counts), sock=listener))
    threading.Thread(target=loop.run_forever, daemon=True).start()
    answer_questions(channel, url, counts)
