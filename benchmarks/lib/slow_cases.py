"""The measurement of benchmarks/slow_clients: the first byte of a normal client, with and without a crowd of slow ones."""

import contextlib
import re
import statistics
import time
import urllib.parse
import urllib.request

from .first_byte import BLOCK, WARM_UP, one_request, open_connection
from .processes import Server
from .report import Outcome, Target
from .slow_crowd import SlowCrowd

SIZE = 64 << 20
IDLE = TRICKLING = 1000
READING = 300
BOUND = 1.0  # ms
SETTLE_SECONDS, WATCH_SECONDS = 4, 2


def percentile(values, part):
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


class Client:
    """Asks for ranges of 64 KiB all over a file, on a kept connection or each on a new one."""

    def __init__(self, url):
        self.address = urllib.parse.urlsplit(url)
        self.target = f"{self.address.path}?{self.address.query}"
        self.number = 0

    def request(self):
        self.number += 1
        begin = self.number * 7919 % (SIZE // BLOCK) * BLOCK
        return (f"GET {self.target} HTTP/1.1\r\nHost: {self.address.netloc}\r\n"
                f"Range: bytes={begin}-{begin + BLOCK - 1}\r\n\r\n").encode()

    def kept(self, count):
        """Milliseconds each."""
        with open_connection(self.address) as link:
            for _ in range(WARM_UP):
                one_request(link, self.request())
            return [1000 * one_request(link, self.request()) for _ in range(count)]

    def new(self, count):
        times = []
        for _ in range(count):
            began = time.perf_counter()
            with open_connection(self.address) as link:
                connected = time.perf_counter() - began
                times.append(1000 * (connected + one_request(link, self.request())))
        return times


def server_connections(server):
    """How many clients are connected, as the server counts."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{server.url}/metrics", timeout=30) as answer:
        return int(re.search(rb"(?m)^millrace_client_connections_open (\d+)", answer.read())[1])


def cpu_share(server, work):
    """Runs it; answers its value and the server's CPU seconds per second meanwhile."""
    before, began = server.cpu_seconds(), time.monotonic()
    value = work()
    return value, (server.cpu_seconds() - before) / (time.monotonic() - began)


class SlowClients:
    def __init__(self, plan):
        self.plan = plan
        self.rounds, self.count = (3, 200) if plan.quick else (10, 500)
        self.times = {(way, crowd): [] for way in ("kept", "new") for crowd in (False, True)}
        self.connections, self.idle_cpu, self.memory, self.cuts, self.taken = [], [], [], 0, 0

    def measure(self):
        options = ["--host", "127.0.0.1", "--port", "0", "--allow-upstream", "loopback", "--log-level", "ERROR"]
        with Server("faulty_origin", [self.plan.programs / "faulty_origin"]) as origin, \
                Server("millrace", [self.plan.programs / "millrace", *options]) as server:
            client = Client(f"{server.url}/stream?url={origin.url}/film.mkv?size={SIZE}")
            slow = urllib.parse.urlsplit(f"{server.url}/stream?url={origin.url}/slow.mkv?size={SIZE}")
            path = f"{slow.path}?{slow.query}"
            for number in range(self.rounds):
                self.plan.say(f"round {number + 1} of {self.rounds}")
                self.one(client, False)
                with contextlib.ExitStack() as while_there:
                    crowd = while_there.enter_context(SlowCrowd(server.url, path, {"idle": IDLE, "trickling": TRICKLING,
                                                                                   "reading": READING}))
                    time.sleep(SETTLE_SECONDS)  # the readers' buffers fill
                    _, share = cpu_share(server, lambda: time.sleep(WATCH_SECONDS))
                    self.idle_cpu.append(100 * share)
                    self.connections.append(server_connections(server) - 1)
                    self.one(client, True)
                self.cuts += crowd.cuts
                self.taken += crowd.taken
                while server_connections(server) > 1:
                    time.sleep(0.1)
            self.memory = server.peak_mebibytes()
        return self.outcome()

    def one(self, client, crowd):
        for way in ("kept", "new"):
            self.times[way, crowd] += getattr(client, way)(self.count)

    def outcome(self):
        rows, targets = [], []
        for way, name in (("kept", "kept connection"), ("new", "new connection")):
            without, with_crowd = (self.times[way, crowd] for crowd in (False, True))
            numbers = [statistics.median(without), percentile(without, 0.99), statistics.median(with_crowd),
                       percentile(with_crowd, 0.99)]
            more = [numbers[2] - numbers[0], numbers[3] - numbers[1]]
            rows.append([name, *(f"{value:.3f}" for value in numbers), *(f"{value:+.3f}" for value in more)])
            targets += [Target(f"{name}, {what} with the slow clients: more than without", BOUND, value, " ms", digits=3)
                        for what, value in zip(("median", "99th percentile"), more)]
        each = self.rounds * self.count
        explanation = (
            f"Milliseconds to the first byte of a range of 64 KiB through `/stream?url=`, {each} requests each; a new "
            f"connection's time includes its opening. Without and with {IDLE} idle connections, {TRICKLING} that send a byte of "
            f"a request head each second, and {READING} that read a byte of a response each second; in turn, {self.rounds} "
            f"rounds. The server counted at least {min(self.connections)} of these connections, cut {self.cuts} by its time "
            f"limits (they came back at once), used {statistics.median(self.idle_cpu):.1f} % of a core for them alone, and never "
            f"more than {self.memory:.0f} MiB of memory, most of it read ahead for the slow readers.")
        return Outcome("The first byte among slow clients", explanation,
                       ["", "median", "99 %", "median among slow", "99 % among slow", "more", "more, 99 %"], rows, targets)
