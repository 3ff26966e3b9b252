"""The player of tools/live_demo: reads a live stream and judges each packet of it (ISO/IEC 13818-1 §2.4.3)."""

import http.client
import re
import socket
import threading
import time

PACKET = 188
# What the scripted origin writes at the end of each packet of video and audio: seed, number, ordinal, checksum.
MARK = re.compile(rb"MRTS[0-9a-f]{16}([0-9a-f]{16})([0-9a-f]{16})[0-9a-f]{8}\Z")


class DemoError(Exception):
    """Something that the user should read instead of a stack trace."""


class Judge:
    """Looks at each packet: is it whole, the next one of its kind, and which one of the broadcast?"""

    def __init__(self):
        self.rest = b""
        self.counters = {}
        self.last = None
        self.packets = self.damaged = self.jumps = self.announced = self.lost = self.repeated = 0

    def look(self, bytes_):
        data = self.rest + bytes_
        whole = len(data) - len(data) % PACKET
        self.rest = data[whole:]
        for at in range(0, whole, PACKET):
            self.look_at(data[at:at + PACKET])

    def look_at(self, packet):
        self.packets += 1
        if packet[0] != 0x47:
            self.damaged += 1
            return
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if pid == 0x1FFF:
            return
        discontinuity = packet[3] & 0x20 and packet[4] > 0 and packet[5] & 0x80
        counter, before = packet[3] & 0x0F, self.counters.get(pid)
        self.counters[pid] = counter
        if discontinuity:
            self.announced += 1
        elif before is not None and packet[3] & 0x10 and counter != (before + 1) % 16:
            self.jumps += 1
        if mark := MARK.search(packet, PACKET - 60):
            ordinal = int(mark[2], 16)
            if self.last is not None:
                self.lost += max(ordinal - self.last - 1, 0)
                self.repeated += ordinal <= self.last
            self.last = ordinal


class Player:
    """Reads a stream in a thread of its own."""

    def __init__(self, server, path, receive_buffer=None):
        self.link = http.client.HTTPConnection(server.host, server.port, timeout=20)
        self.link.sock = socket.socket()
        if receive_buffer:
            self.link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.link.sock.settimeout(20)
        self.link.sock.connect((server.host, server.port))
        self.link.request("GET", path)
        self.answer = self.link.getresponse()
        if self.answer.status != 200:
            raise DemoError(f"{path}: HTTP status {self.answer.status}\n{self.answer.read(1000).decode(errors='replace')}")
        self.judge = Judge()
        self.bytes = 0
        self.times = []
        self.cut = False
        self.go_on = threading.Event()
        self.go_on.set()
        self.stopping = False
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        try:
            while not self.stopping and (part := self.answer.read1(65536)):
                self.times.append(time.monotonic())
                self.bytes += len(part)
                self.judge.look(part)
                self.go_on.wait()
        except (OSError, http.client.HTTPException):
            self.cut = True

    def stop(self):
        self.stopping = True
        self.go_on.set()
        self.thread.join(25)
        self.answer.close()
        self.link.close()

    def playing(self):
        return self.thread.is_alive()

    def longest_gap(self, begin, end):
        """Milliseconds without a byte."""
        inside = [begin, *(when for when in list(self.times) if begin < when < end), end]
        return 1000 * max(after - before for before, after in zip(inside, inside[1:]))
