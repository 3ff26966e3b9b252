"""The measurements of benchmarks/live: the gap of a failover, a crowd on one stream, /stats of a full house, counters."""

import concurrent.futures
import contextlib
import dataclasses
import pathlib
import random
import re
import socket
import statistics
import struct
import threading
import time

from .live_clients import (Crowd, Viewer, aborted_transfer, ask, connect, first_byte_seconds, longest_gap, post, request,
                           whole_transfer)
from .processes import BenchmarkError, Server
from .report import Outcome, Target, spread

MEBI = 1 << 20


@dataclasses.dataclass(frozen=True)
class Plan:
    programs: pathlib.Path
    quick: bool
    say: object

    def origin(self):
        return Server("faulty_origin", [self.programs / "faulty_origin"])

    def millrace(self, *options):
        return Server("millrace", [self.programs / "millrace", "--host", "127.0.0.1", "--port", "0", "--allow-upstream",
                                   "loopback", "--log-level", "ERROR", *options])


class FalteringSource:
    """Hands one response of another origin on, until it breaks: the client's connection is reset, and from then on
    new ones are refused or reset, too."""

    def __init__(self, url, afterwards):
        self.target, self.afterwards = url, afterwards
        self.broken = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/primary.ts"
        self.client = None
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            self.client, _ = self.listener.accept()
            self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.client.recv(65536)
            with contextlib.closing(connect(self.target)) as link:
                link.sendall(request("/" + self.target.split("/", 3)[3]))
                while not self.broken:
                    self.client.sendall(link.recv(65536))
        while self.afterwards == "reset":
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            self.reset(link)

    @staticmethod
    def reset(link):
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()

    def fail(self):
        """Answers when the reset went out."""
        if self.afterwards == "refuse":
            self.close()
        self.broken = True
        self.client.shutdown(socket.SHUT_RD)
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        when = time.monotonic()
        self.client.close()
        return when

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class FailoverGap:
    """The primary resets, the backup is up: how long does a viewer get nothing?"""

    KINDS = [("refuses connections; backup near, repeats 2 s", "refuse", "&repeat=2s"),
             ("refuses connections; backup near, from the present on", "refuse", ""),
             ("refuses connections; backup 80 ms away, repeats 2 s", "refuse",
              "&repeat=2s&connect_delay=40ms&delay=40ms"),
             ("resets again; backup near, repeats 2 s", "reset", "&repeat=2s")]

    def measure(self, plan):
        runs = 4 if plan.quick else 20
        rows, targets = [], []
        with plan.origin() as origin, plan.millrace() as server:
            for what, afterwards, query in self.KINDS:
                gaps, direct, normal = [], [], []
                for number in range(runs):
                    plan.say(f"{what}: {number + 1} of {runs}")
                    backup = f"{origin.url}/live.ts?live=8M{query}"
                    direct.append(1000 * first_byte_seconds(backup))
                    before, gap = self.one(origin, server, backup, afterwards)
                    normal.append(1000 * before)
                    gaps.append(1000 * gap)
                base = statistics.median(direct)
                rows.append([what, spread(normal, 1), spread(direct, 1), spread(gaps, 1)])
                # Another connection needs a retry first, which the contract asks for: its time is the back-off's.
                if afterwards == "refuse":
                    targets.append(Target(f"gap, worst of {runs}: {what.split('; ')[1]}", round(100 + base, 1),
                                          max(gaps), " ms", digits=1))
        return Outcome(
            "Failover of a live stream",
            f"A viewer of a live stream of 8 Mbit/s; its source resets the connection and from then on refuses or resets "
            f"new ones. Milliseconds without a byte, medians of {runs} and the extremes: in the half second before, and "
            "around the reset; and what the backup itself needs from the beginning of a connection to the first byte of "
            "the body, measured directly.",
            ["the primary resets and then …", "before", "backup alone", "gap"], rows, targets)

    def one(self, origin, server, backup, afterwards):
        primary = FalteringSource(f"{origin.url}/live.ts?live=8M&repeat=1s", afterwards)
        try:
            path = post(server, primary.url, backup)
            with Viewer(server, path) as viewer:
                time.sleep(0.9)
                failed = primary.fail()
                time.sleep(0.8)
                times = viewer.finish()
            ask(server, "DELETE", "/streams/" + path.rsplit("/", 1)[1])
        finally:
            primary.close()
        if not times or times[0] > failed - 0.5:
            raise BenchmarkError("the stream began too late to measure a gap")
        return longest_gap(times, failed - 0.5, failed), longest_gap(times, failed, failed + 0.7)


def resident_kibibytes(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s*(\d+)", status).group(1))


class OneForMany:
    """Many viewers of one stream."""

    def measure(self, plan):
        seconds = 4 if plan.quick else 15
        rows = []
        with plan.origin() as origin, plan.millrace() as server:
            path = post(server, f"{origin.url}/live.ts?live=8M")
            with contextlib.closing(Crowd(server, path)) as crowd:
                for size in (1, 100, 500):
                    plan.say(f"{size} viewers")
                    crowd.grow(size - len(crowd.links))
                    # The shared buffer holds 8 MiB: it is full before its size is taken as the base.
                    crowd.read(12 if size == 1 else 3)
                    cpu, sums, began = server.cpu_seconds(), dict(crowd.received), time.monotonic()
                    crowd.read(seconds)
                    took = time.monotonic() - began
                    cores = (server.cpu_seconds() - cpu) / took
                    rates = [(crowd.received[each] - sums[each]) * 8 / took / 1e6 for each in crowd.links]
                    memory = resident_kibibytes(server)
                    upstream = ask(server, "GET", "/stats")["proxy_stats"]["upstream_connections_open"]
                    if size == 1:
                        base = memory
                    each = (memory - base) / (size - 1) if size > 1 else 0
                    rows.append([str(size), f"{cores:.3f}", f"{min(rates):.2f}–{max(rates):.2f}", f"{memory / 1024:.1f}",
                                 f"{each:.1f}" if size > 1 else "–", str(upstream)])
        return Outcome(
            "One live stream, many viewers",
            f"8 Mbit/s, measured for {seconds} s each. The memory of each viewer is what the process holds more than with "
            "one viewer and the shared buffer full.",
            ["viewers", "cores", "Mbit/s each", "resident MiB", "KiB per viewer", "upstream connections"], rows,
            [Target("500 viewers: cores", 0.40, cores), Target("500 viewers: memory of each", 64, each, " KiB", digits=1),
             Target("500 viewers: upstream connections", 1, upstream, digits=0),
             Target("500 viewers: the slowest gets, Mbit/s", 7.5, min(rates), at_least=True)])


class FullHouse:
    """GET /stats of a server with many streams and clients, and whether a viewer notices."""

    STREAMS, CLIENTS = 1000, 5000

    def measure(self, plan):
        polls = 50 if plan.quick else 300
        with plan.origin() as origin, plan.millrace() as server:
            plan.say("filling the registry")
            paths = [post(server, f"{origin.url}/film{number}.mkv?size=1K") for number in range(self.STREAMS)]
            self.fill(server, paths)
            live = post(server, f"{origin.url}/live.ts?live=8M")
            with Viewer(server, live) as viewer, contextlib.closing(connect(server.url)) as link:
                time.sleep(2)
                began = time.monotonic()
                time.sleep(5)
                polling = time.monotonic()
                took = []
                for number in range(polls):
                    plan.say(f"poll {number + 1} of {polls}")
                    took.append(1000 * self.poll(link))
                    time.sleep(0.01)
                ended = time.monotonic()
                times = viewer.finish()
            proxy = ask(server, "GET", "/stats")["proxy_stats"]
            if proxy["total_streams"] < self.STREAMS or proxy["total_clients"] < self.CLIENTS:
                raise BenchmarkError(f"the registry holds less than it should: {proxy}")
        quiet, noisy = (1000 * longest_gap(times, *span) for span in [(began, polling), (polling, ended)])
        ordered = sorted(took)
        return Outcome(
            "Statistics of a full house",
            f"{self.STREAMS} streams and {self.CLIENTS} clients in the registry, whose requests have ended; `GET /stats` "
            f"{polls} times, from the "
            f"request to the last of its {self.size / MEBI:.1f} MiB. Meanwhile somebody views a live stream of 8 Mbit/s: "
            "the longest time without a byte, in the five seconds before and while it is polled.",
            ["", "ms"],
            [["GET /stats, median", f"{statistics.median(took):.1f}"],
             ["GET /stats, 99 of 100", f"{ordered[int(len(ordered) * 0.99) - 1]:.1f}"],
             ["GET /stats, worst", f"{ordered[-1]:.1f}"],
             ["viewer's longest gap before", f"{quiet:.1f}"],
             ["viewer's longest gap while polled", f"{noisy:.1f}"]],
            [Target("GET /stats, median", 20, statistics.median(took), " ms", digits=1),
             Target("GET /stats, worst", 20, ordered[-1], " ms", digits=1),
             Target("viewer's gap while polled, beyond that before", 20, noisy - quiet, " ms", digits=1)])

    def fill(self, server, paths):
        def visit(numbers):
            with contextlib.closing(connect(server.url)) as link, link.makefile("rb") as answer:
                for number in numbers:
                    link.sendall(request(f"{paths[number % len(paths)]}?client_id=client{number}", "Range: bytes=0-9"))
                    length = 0
                    while (line := answer.readline()) not in (b"\r\n", b""):
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.split(b":")[1])
                    answer.read(length)
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            list(threads.map(visit, [range(each, self.CLIENTS, 8) for each in range(8)]))

    def poll(self, link):
        began = time.monotonic()
        link.sendall(request("/stats"))
        seen = b""
        while (end := seen.find(b"\r\n\r\n")) < 0:
            seen += link.recv(65536)
        self.size = int(re.search(rb"(?i)content-length: *(\d+)", seen).group(1))
        left = self.size - (len(seen) - end - 4)
        buffer = bytearray(1 << 20)
        while left > 0:
            count = link.recv_into(buffer, min(left, len(buffer)))
            if count == 0:
                raise BenchmarkError("/stats was cut")
            left -= count
        return time.monotonic() - began


class ExactCounters:
    """What /stats says beside what clients got."""

    def measure(self, plan):
        count = 100 if plan.quick else 1000
        dice = random.Random(4)
        with plan.origin() as origin, plan.millrace() as server:
            film = post(server, f"{origin.url}/film.mkv?size=64M&seed=1")
            live = post(server, f"{origin.url}/live.ts?live=20M")
            jobs = [(live if number % 5 == 0 else film, dice.randrange(1000, 400_000)) for number in range(count)]
            plan.say("aborted transfers")
            with concurrent.futures.ThreadPoolExecutor(16) as threads:
                aborted = sum(threads.map(lambda job: aborted_transfer(server, *job), jobs))
            counted_aborted = self.counted(server)
            plan.say("whole transfers")
            small = post(server, f"{origin.url}/small.mkv?size=1M&seed=1")
            with concurrent.futures.ThreadPoolExecutor(16) as threads:
                whole = sum(threads.map(lambda first: whole_transfer(server, small, f"Range: bytes={first}-"),
                                        range(count)))
            counted_whole = self.counted(server) - counted_aborted
        return Outcome(
            "Counters",
            f"{count} transfers of a file and of a live stream that the client ends after up to 400 KB, then taking what "
            f"the server's socket had accepted; and {count} whole transfers.",
            ["transfers", "bytes received", "bytes_served", "difference"],
            [["aborted", str(aborted), str(counted_aborted), str(counted_aborted - aborted)],
             ["whole", str(whole), str(counted_whole), str(counted_whole - whole)]],
            [Target("counters, aborted: bytes beside the truth", 0, abs(counted_aborted - aborted), digits=0),
             Target("counters, whole: bytes beside the truth", 0, abs(counted_whole - whole), digits=0)])

    @staticmethod
    def counted(server):
        deadline = time.monotonic() + 10
        while True:
            proxy = ask(server, "GET", "/stats")["proxy_stats"]
            if proxy["active_clients"] == 0:
                return proxy["total_bytes_served"]
            if time.monotonic() > deadline:
                raise BenchmarkError("clients that went away are still active")
            time.sleep(0.05)


CASES = {"gap": FailoverGap(), "crowd": OneForMany(), "stats": FullHouse(), "counters": ExactCounters()}
