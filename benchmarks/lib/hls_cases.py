"""The measurements of benchmarks/hls. In each case the peers take turns (A B C A B C …), and medians are compared."""

import dataclasses
import hashlib
import random
import statistics
import time
import urllib.parse

from . import peers
from .hls_audience import TARGET, Schedule, Viewer, broadcast, watch
from .hls_origin import OriginProcess
from .hls_peers import (DIRECT, MILLRACE, NGINX, NGINX_CACHE, HlsPeer, check_rewriting, fetch, signing_origin,
                        static_origin)
from .load import CONNECTIONS, wrk
from .processes import BenchmarkError, Server
from .report import Outcome, Target, spread

MEBI = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Plan:
    """How thoroughly to measure, and how to tell the user what goes on."""

    setting: peers.Setting
    quick: bool
    say: object

    @property
    def runs(self):
        return 1 if self.quick else 3

    def turns(self, wanted):
        """The peers taking turns."""
        for number in range(self.runs):
            for peer in wanted:
                self.say(f"run {number + 1} of {self.runs}: {peer.name}")
                yield peer


@dataclasses.dataclass(frozen=True)
class Way:
    """A row: a peer, and what it is asked for."""

    name: str
    peer: HlsPeer
    playlists: list  # paths of the origin, asked for in turn
    client_ids: int = 0  # 0: none is given

    def paths(self, server, origin):
        paths = [self.peer.path(server, origin + playlist) for playlist in self.playlists]
        return [f"{path}?client_id=viewer{number}" for path in paths for number in range(self.client_ids)] or paths


class Playlists:
    """One playlist as fast as it goes: how many a second, what does one cost the proxy, how often is the origin asked?"""

    def __init__(self, title, origin, segments, ways, explanation, targets):
        self.title, self.origin, self.segments, self.ways = title, origin, segments, ways
        self.explanation, self.targets = explanation, targets

    def measure(self, plan):
        seconds = 1 if plan.quick else 3
        speed, cpu, upstream = ({way.name: [] for way in self.ways} for _ in range(3))
        with self.origin(plan.setting, self.segments) as origin:
            for way in plan.turns(self.ways):
                with way.peer.running(plan.setting, origin.url) as server:
                    paths = way.paths(server, origin.url)
                    url = server.url if server else origin.url
                    for path in {paths[0], paths[-1]}:
                        check_rewriting(origin.url, url, path, self.segments)
                    before, asked = server.cpu_seconds() if server else 0, origin.asked()
                    load = wrk(plan.setting.scratch, url, paths, seconds)
                    speed[way.name].append(load.per_second)
                    upstream[way.name].append((origin.asked() - asked) / load.requests)
                    if server:
                        cpu[way.name].append(1e6 * (server.cpu_seconds() - before) / load.requests)
        per_second = {name: statistics.median(values) for name, values in speed.items()}
        reference = next(way.name for way in self.ways if way.peer is NGINX)
        rows = [[name, spread(speed[name], 0), f"{per_second[name] / per_second[reference]:.2f}",
                 spread(cpu[name], 0) if cpu[name] else "–", f"{statistics.median(upstream[name]):.2g}"]
                for name in per_second]
        return Outcome(self.title, self.explanation.format(seconds=seconds),
                       ["peer", "playlists per second", "times nginx, sub_filter", "proxy's CPU µs each",
                        "upstream requests each"], rows, self.targets(per_second))


def short_targets(per_second):
    live, vod = per_second["millrace, live"], per_second["millrace, VOD"]
    return [Target("30 segments, live: playlists per second", 36_000, live, at_least=True, digits=0),
            Target("30 segments, live: times nginx, sub_filter, cache", 1.0, live / per_second[NGINX_CACHE.name],
                   at_least=True),
            Target("30 segments, VOD: times nginx, sub_filter", 1.0, vod / per_second[NGINX.name], at_least=True)]


def long_targets(per_second):
    speed = per_second["millrace"]
    return [Target("5,000 segments, repeated: playlists per second", 3000, speed, at_least=True, digits=0),
            Target("5,000 segments, repeated: times nginx, sub_filter", 4.0, speed / per_second[NGINX.name],
                   at_least=True)]


def changing_targets(per_second):
    speed = per_second["millrace"]
    return [Target("5,000 segments, new each time: playlists per second", 150, speed, at_least=True, digits=0),
            Target("5,000 segments, new each time: times nginx, sub_filter", 0.2, speed / per_second[NGINX.name],
                   at_least=True)]


ASKED = f"`wrk -t1 -c{CONNECTIONS}` for {{seconds}} s each, everything on this machine; the proxies have a thread for "\
    "each core, the origin one. The playlist holds absolute URLs: nginx, with 64 KiB buffers, replaces their beginning "\
    "(`sub_filter`), millrace seals each URL. Checked before each run: every URL is rewritten, first and last lead to "\
    "their segments."

SHORT = Playlists(
    "A playlist of 30 segments", static_origin, 30,
    [*(Way(peer.name, peer, ["/live.m3u8"]) for peer in (DIRECT, NGINX, NGINX_CACHE)),
     Way("millrace, live", MILLRACE, ["/live.m3u8"]),
     Way(f"millrace, live, {CONNECTIONS} client ids", MILLRACE, ["/live.m3u8"], CONNECTIONS),
     Way("millrace, VOD", MILLRACE, ["/vod.m3u8"])],
    f"{ASKED} A live playlist is shared until its next change is due, as nginx shares what is in its cache; one that "
    "has ended is asked for upstream again, once for all who wait for it.", short_targets)

LONG = Playlists(
    "A playlist of 5,000 segments, the same body again", static_origin, 5000,
    [Way(peer.name, peer, ["/vod.m3u8"]) for peer in (DIRECT, NGINX, NGINX_CACHE, MILLRACE)],
    f"{ASKED} The playlist has ended.", long_targets)

CHANGED = Playlists(
    "A playlist of 5,000 segments, a new body each time", signing_origin, 5000,
    [Way(peer.name, peer, [f"/signed{number}.m3u8" for number in range(CONNECTIONS)])
     for peer in (DIRECT, NGINX, MILLRACE)],
    f"{ASKED} The playlist has ended, and each answer of the origin signs all URLs anew. {CONNECTIONS} such playlists "
    "in turn: requests for the same one at the same time would share one answer.", changing_targets)


class Audience:
    """One viewer and a hundred of the same live channel at the same time: what does the origin see of each?"""

    VIEWERS = 100

    def measure(self, plan):
        seconds = 8 if plan.quick else 24
        rows = []
        for peer in (NGINX, NGINX_CACHE, MILLRACE):
            plan.say(peer.name)
            ratios, row = self.one(plan, peer, seconds)
            rows.append([peer.name, *row])
        return Outcome(
            "A live stream and its audience",
            f"A channel with a segment of 256 KiB each {TARGET} s, for {seconds} s, from two addresses at once: one is "
            f"viewed by one viewer, the other by {self.VIEWERS}, who join within a second, reload as RFC 8216 asks and "
            "fetch every segment; missed is what they did not get as it is. Requests at the origin; the CPU seconds of "
            "the proxy are those for all viewers.",
            ["peer", "segments, one", f"segments, {self.VIEWERS}", "ratio", "playlists, one",
             f"playlists, {self.VIEWERS}", "ratio", "segments got", "missed", "CPU seconds"], rows,
            [Target(f"{self.VIEWERS} viewers: segments, times those of one", 1.05, ratios["segments"]),
             Target(f"{self.VIEWERS} viewers: playlists, times those of one", 1.3, ratios["playlists"])])

    def one(self, plan, peer, seconds):
        dice = random.Random(4)
        broadcast_before = 7
        schedule = Schedule(time.monotonic() - broadcast_before * TARGET)
        last = broadcast_before + seconds // TARGET - 1
        with OriginProcess(broadcast, schedule) as origin, peer.running(plan.setting, origin.url) as server:
            one, many = (peer.path(server, f"{origin.url}/{channel}/index.m3u8") for channel in ("one", "many"))
            viewers = [Viewer(server.url, f"{one}?client_id=one" if peer.streams else one, 0, last),
                       *(Viewer(server.url, f"{many}?client_id=viewer{number}" if peer.streams else many,
                                dice.uniform(0, TARGET), last) for number in range(self.VIEWERS))]
            before = server.cpu_seconds()
            watch(viewers, seconds)
            cpu = server.cpu_seconds() - before
            counts = origin.counts()
        ratios, row = {}, []
        for kind in ("segments", "playlists"):
            alone, together = (counts.get((channel, kind), 0) for channel in ("one", "many"))
            if not alone:
                raise BenchmarkError(f"{peer.name}: the single viewer's {kind} did not reach the origin")
            ratios[kind] = together / alone
            row += [str(alone), str(together), f"{ratios[kind]:.2f}"]
        return ratios, [*row, str(sum(each.got for each in viewers)), str(sum(each.missed for each in viewers)),
                        f"{cpu:.2f}"]


class LargeSegment:
    """A segment from an origin that throttles each connection: how near does a player come to four times that?"""

    SIZE, RATE, CONNECTIONS = 16 * MEBI, 4 * MEBI, 4

    def measure(self, plan):
        wanted = [DIRECT, NGINX, MILLRACE]
        seconds, cpu = ({peer: [] for peer in wanted} for _ in range(2))
        with Server("faulty_origin", [plan.setting.programs / "faulty_origin"]) as origin:
            segment = f"{origin.url}/media/segment_1.ts?size={self.SIZE}&seed=7"
            expected = hashlib.sha256(fetch(segment)).hexdigest()
            text = f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\n{segment}&rate={self.RATE}\n#EXT-X-ENDLIST\n"
            playlist = f"{origin.url}/index.m3u8?text={urllib.parse.quote(text, safe='')}"
            for number in range(1 if plan.quick else 5):
                for peer in wanted:
                    # A single connection only shows that it is one: once is enough, it takes long.
                    if number > 0 and peer is not MILLRACE:
                        continue
                    plan.say(f"run {number + 1}: {peer.name}")
                    took, used = self.download(plan, origin, peer, playlist, expected)
                    seconds[peer].append(took)
                    cpu[peer] += used
        base = statistics.median(seconds[DIRECT])
        rows = [[f"{peer.name} -c {self.CONNECTIONS}" if peer is MILLRACE else peer.name, spread(seconds[peer], 2),
                 f"{base / statistics.median(seconds[peer]):.2f}", spread(cpu[peer], 2) if cpu[peer] else "–"]
                for peer in wanted]
        return Outcome(
            "A large segment from a throttled origin",
            "A segment of 16 MiB from an origin that gives 4 MiB/s to each connection; the program is new in each run and "
            "has served the playlist only. Every download's SHA-256 is right. Peers with one connection are measured once.",
            ["peer", "seconds", "times direct", "proxy's CPU seconds"], rows,
            [Target("16 MiB segment, 4 connections: times direct", 3.5, base / statistics.median(seconds[MILLRACE]),
                    at_least=True)])

    def download(self, plan, origin, peer, playlist, expected):
        """Seconds, and the proxy's CPU seconds if there is one."""
        file = plan.setting.scratch / "segment"
        with peer.running(plan.setting, origin.url) as server:
            url = (server.url if server else origin.url) + peer.path(server, playlist)
            uri = next(line for line in fetch(url).decode().splitlines() if line and not line.startswith("#"))
            before = server.cpu_seconds() if server else 0
            took = peers.curl(urllib.parse.urljoin(url, uri), file, None)
            cpu = [server.cpu_seconds() - before] if server else []
        if hashlib.sha256(file.read_bytes()).hexdigest() != expected:
            raise BenchmarkError(f"{peer.name} delivered other bytes than the origin has")
        return took, cpu


CASES = {"short": SHORT, "long": LONG, "changing": CHANGED, "audience": Audience(), "segment": LargeSegment()}
