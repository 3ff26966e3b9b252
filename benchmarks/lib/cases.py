"""The measurements. In each case the peers take turns (A B C A B C …), and medians are compared."""

import contextlib
import dataclasses
import hashlib
import os
import statistics

from . import peers
from .first_byte import median_first_byte
from .processes import BenchmarkError, Server, find_program, run
from .report import Outcome, Target, spread

MEBI = 1024 * 1024
GIBI = 1024 * MEBI
CONNECTIONS = 8
PACED_RATE = 4 * MEBI
PACED_SIZE = 64 * MEBI
QUICK_SERIAL_SIZE = 8 * MEBI


@dataclasses.dataclass(frozen=True)
class Plan:
    """How thoroughly to measure, and how to tell the user what goes on."""

    setting: peers.Setting
    runs: int
    quick: bool
    say: object

    def present(self, wanted):
        return [peer for peer in wanted if find_program(peer.needs)]

    def turns(self, wanted):
        """Yields (run, peer), the peers taking turns."""
        for number in range(self.runs):
            for peer in wanted:
                self.say(f"run {number + 1} of {self.runs}: {peer.name}")
                yield number, peer


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


class Paced:
    """An origin that throttles each connection: how near does a client come to eight times that?"""

    def __init__(self, title, timing, explanation, bound, what):
        self.title, self.timing, self.explanation, self.bound, self.what = title, timing, explanation, bound, what

    def measure(self, plan):
        wanted = plan.present([peers.DIRECT, peers.NGINX, peers.NGINX_64K, peers.HAPROXY, peers.ARIA2, peers.AXEL,
                               peers.MILLRACE])
        percent = {peer: [] for peer in wanted}
        seconds = {peer: [] for peer in wanted}
        with Server("faulty_origin", [plan.setting.programs / "faulty_origin"]) as origin:
            expected = {}
            for number, peer in plan.turns(wanted):
                # A single connection only shows that it is one: once is enough, it takes long.
                if number > 0 and not peer.parallel:
                    continue
                size = QUICK_SERIAL_SIZE if plan.quick and not peer.parallel else PACED_SIZE
                if size not in expected:
                    expected[size] = self.reference(plan, origin, size)
                took = self.download(plan, origin, peer, size, expected[size])
                seconds[peer].append(took * PACED_SIZE / size)
                percent[peer].append(100 * size / (CONNECTIONS * PACED_RATE) / took)
        base = statistics.median(seconds[peers.DIRECT])
        rows = [[peer.name, spread(seconds[peer], 2), spread(percent[peer], 1),
                 f"{base / statistics.median(seconds[peer]):.2f}"] for peer in wanted]
        reached = statistics.median(percent[peers.MILLRACE])
        brief = " Peers with one connection took 8 MiB; their seconds are scaled." if plan.quick else ""
        columns = ["peer", "seconds", "% of 8 × 4 MiB/s", "times direct"]
        return Outcome(self.title, self.explanation + brief, columns, rows,
                       [Target(self.what, self.bound, reached, " %", at_least=True, digits=1)])

    def reference(self, plan, origin, size):
        file = plan.setting.scratch / "reference"
        peers.curl(f"{origin.url}/movie.mkv?size={size}&seed=7", file, None)
        return sha256(file)

    def download(self, plan, origin, peer, size, expected):
        path = f"/movie.mkv?size={size}&seed=7&rate={PACED_RATE}{self.timing}"
        file = plan.setting.scratch / f"paced-{peer.slug}"
        # Started afresh, so that every run opens its connections.
        with peer.running(plan.setting, origin.url) as server:
            took = peer.fetch(peer.url(server, origin.url, path), file, None)
        if sha256(file) != expected:
            raise BenchmarkError(f"{peer.name} delivered other bytes than the origin has")
        return took


class Bulk:
    """1 GiB as fast as it goes: what does it cost the proxy?"""

    def __init__(self, title, tls, explanation, targets):
        self.title, self.tls, self.explanation, self.targets = title, tls, explanation, targets

    def measure(self, plan):
        wanted = plan.present([peers.DIRECT, peers.NGINX, peers.NGINX_64K, peers.HAPROXY, peers.MILLRACE,
                               peers.MILLRACE_1])
        speed, cpu, memory = ({peer: [] for peer in wanted} for _ in range(3))
        make_file(plan.setting)
        if self.tls:
            make_certificates(plan.setting)
        with peers.nginx_origin(plan.setting, self.tls) as origin:
            for _, peer in plan.turns(wanted):
                with peer.running(plan.setting, origin.url) as server:
                    url = peer.url(server, origin.url, "/big.bin")
                    before = server.cpu_seconds() if server else 0
                    took = peer.fetch(url, "/dev/null", plan.setting.authority)
                    speed[peer].append(GIBI / took / 1e6)
                    if server:
                        cpu[peer].append(server.cpu_seconds() - before)
                        memory[peer].append(server.peak_mebibytes())
        base = statistics.median(cpu[peers.NGINX_64K])
        rows = []
        for peer in wanted:
            costs = [spread(cpu[peer], 2), f"{statistics.median(cpu[peer]) / base:.2f}", spread(memory[peer], 1)] \
                if cpu[peer] else ["–"] * 3
            rows.append([peer.name, spread(speed[peer], 0), *costs])
        return Outcome(self.title, self.explanation,
                       ["peer", "MB/s", "CPU seconds per GiB", "times nginx, 64 KiB", "peak MiB"], rows,
                       self.targets(speed, lambda peer: statistics.median(cpu[peer]) / base))


class FirstByte:
    """Many short ranges on a warm connection: what does the proxy add to the first byte of each?"""

    def measure(self, plan):
        requests = 300 if plan.quick else 2000
        wanted = plan.present([peers.DIRECT, peers.NGINX, peers.NGINX_64K, peers.HAPROXY, peers.MILLRACE])
        make_file(plan.setting)
        with one_core():
            pinned = self.times(plan, wanted, requests)
        free = self.times(plan, wanted, requests)
        rows = [[peer.name, spread(pinned[peer], 3), spread(self.added(pinned, peer), 3), spread(free[peer], 3),
                 spread(self.added(free, peer), 3)] for peer in wanted]
        return Outcome(
            "First byte of a warm range",
            f"{requests} ranges of 64 KiB one after the other on one connection, from sending the request to having "
            "the first byte of the body, each run's median. First with client, proxy and origin on one core: they work "
            "one after the other anyway. Then on all cores, where the time also holds the waking of sleeping cores, "
            "which is dear on virtual machines and differs from run to run.",
            ["peer", "ms on one core", "over direct", "ms on all cores", "over direct"], rows,
            [Target("first byte over direct, on one core", 0.05,
                    statistics.median(self.added(pinned, peers.MILLRACE)), " ms", digits=3),
             Target("first byte over direct, on all cores", 0.05,
                    statistics.median(self.added(free, peers.MILLRACE)), " ms", digits=3)])

    def times(self, plan, wanted, requests):
        times = {peer: [] for peer in wanted}
        with contextlib.ExitStack() as stack:
            origin = stack.enter_context(peers.nginx_origin(plan.setting))
            servers = {peer: stack.enter_context(peer.running(plan.setting, origin.url)) for peer in wanted}
            for _, peer in plan.turns(wanted):
                url = peer.url(servers[peer], origin.url, "/big.bin")
                times[peer].append(1000 * median_first_byte(url, requests, GIBI))
        return times

    def added(self, times, peer):
        return [time - direct for time, direct in zip(times[peer], times[peers.DIRECT])]


@contextlib.contextmanager
def one_core():
    """For this process and all that it starts meanwhile."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def make_file(setting):
    """1 GiB that a compressing file system cannot shrink, and in the page cache."""
    folder = setting.scratch / "files"
    file = folder / "big.bin"
    if file.is_file():
        return
    folder.mkdir(exist_ok=True)
    with open("/dev/urandom", "rb") as random, open(file, "wb") as out:
        piece = random.read(16 * MEBI)
        for _ in range(GIBI // len(piece)):
            out.write(piece)


def make_certificates(setting):
    """A CA, and a certificate for localhost that it has signed."""
    if setting.authority.is_file():
        return
    openssl = find_program("openssl")
    folder = setting.scratch
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    run([openssl, "req", "-x509", *new_key, "-keyout", folder / "ca.key", "-out", setting.authority, "-days", "2",
         "-subj", "/CN=benchmark CA", "-addext", "basicConstraints=critical,CA:TRUE"])
    run([openssl, "req", *new_key, "-keyout", folder / "server.key", "-out", folder / "server.csr",
         "-subj", "/CN=localhost"])
    (folder / "server.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    run([openssl, "x509", "-req", "-in", folder / "server.csr", "-CA", setting.authority, "-CAkey", folder / "ca.key",
         "-CAcreateserial", "-days", "2", "-extfile", folder / "server.ext", "-out", folder / "server.pem"])


def plain_targets(speed, times_nginx):
    return [Target("unthrottled, -c 8: MB/s", 1000, statistics.median(speed[peers.MILLRACE]), at_least=True, digits=0),
            Target("unthrottled, -c 8: CPU against nginx with 64 KiB buffers", 1.25, times_nginx(peers.MILLRACE)),
            Target("unthrottled, -c 1: CPU against nginx with 64 KiB buffers", 1.25, times_nginx(peers.MILLRACE_1))]


def tls_targets(_, times_nginx):
    return [Target("HTTPS upstream, -c 8: CPU against nginx with 64 KiB buffers", 1.15, times_nginx(peers.MILLRACE)),
            Target("HTTPS upstream, -c 1: CPU against nginx with 64 KiB buffers", 1.15, times_nginx(peers.MILLRACE_1))]


PACED_TEXT = ("64 MiB from an origin that gives 4 MiB/s to each connection; eight connections could do it in 2.0 s. "
              "Every download's SHA-256 is right. Peers with one connection are measured once.")

CASES = {
    "paced": Paced("Throttled origin", "", PACED_TEXT, 97, "throttled origin: of 8 × 4 MiB/s"),
    "distant": Paced("Throttled origin, 40 ms away", "&delay=40ms&connect_delay=40ms",
                     PACED_TEXT + " Each response takes 40 ms to begin, the first of each connection another 40 ms; "
                     "all connections are new in each run.", 84, "throttled origin, 40 ms: of 8 × 4 MiB/s"),
    "plain": Bulk("Unthrottled, plain HTTP", False,
                  "1 GiB from nginx on the same machine to curl; CPU and memory of the proxy's process alone, which is "
                  "started afresh for each run.", plain_targets),
    "tls": Bulk("Unthrottled, HTTPS upstream", True,
                "The same with TLS 1.3 between the proxy and the origin, whose certificate the proxies verify; curl "
                "speaks plain HTTP to the proxies.", tls_targets),
    "first-byte": FirstByte(),
}

# Programs without which a case says nothing.
NEEDS = {"paced": ["curl"], "distant": ["curl"], "plain": ["curl", "nginx"], "tls": ["curl", "nginx", "openssl"],
         "first-byte": ["nginx"]}
