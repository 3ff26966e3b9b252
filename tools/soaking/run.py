"""The course of a soak: warm-up, a look at rest, the load, rest again, the end of the servers; and what is judged then."""

import asyncio
import itertools
import time

from .job import run_job
from .mix import mix_for

MEBI = 1 << 20
REST_SECONDS = 60  # clients and streams are forgotten after five, upstream requests end within one
REPORT_SECONDS = 10
SPARE_DESCRIPTORS = 4
# What the memory at rest may grow by from the end of the warm-up on, besides the cache and the 16 MiB of free blocks that
# each event loop keeps: fragments of the allocator, 4,096 known URLs, rewritten playlists. Sanitizers keep freed memory.
SPARE_MEMORY, SPARE_MEMORY_SANITIZED = 32 * MEBI, 256 * MEBI
# And in runs of some minutes: from the middle third's peak to the last third's.
LATE_GROWTH, LATE_SPARE, LATE_SECONDS = 1.15, 16 * MEBI, 180


class Course:
    def __init__(self, field, say):
        self.field, self.say = field, say
        self.ledger = field.ledger
        self.numbers = itertools.count(1)
        self.rests = {}

    async def run(self, seconds):
        end = time.monotonic() + seconds
        warm_up = min(max(seconds / 6, 3), 30)
        self.say(f"warm-up of {warm_up:.0f} s, some seconds of rest, then {self.field.options.clients} clients, "
                 f"seed {self.field.seed}{'' if self.field.has_rpc else '; the server has no JSON-RPC'}"
                 f"{'; it has sanitizers' if self.field.sanitized else ''}")
        await self.load(warm_up)
        self.rests["start"] = await self.rest()
        self.ledger.forget_counts()
        self.began = time.monotonic()
        await self.load(max(end - time.monotonic(), seconds / 2), report=True)
        self.ended = time.monotonic()
        self.say("the clients have left; waiting for rest")
        self.rests["end"] = await self.rest()

    async def only(self, numbers):
        """These jobs alone, one after another."""
        self.rests["start"] = await self.rest()
        self.began = time.monotonic()
        for number in numbers:
            job, work = self.field.job(number, mix_for(self.field))
            self.say(f"job {number}: {job.kind}")
            await run_job(job, work)
        self.ended = time.monotonic()
        self.rests["end"] = await self.rest()

    async def load(self, seconds, report=False):
        stopped = asyncio.Event()
        death = asyncio.ensure_future(self.field.kill_and_revive(stopped))
        workers = [asyncio.ensure_future(self.worker()) for _ in range(self.field.options.clients)]
        watch = asyncio.ensure_future(self.watch(report))
        try:
            timer = asyncio.ensure_future(asyncio.sleep(seconds))
            done, _ = await asyncio.wait([timer, *workers], return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()  # a worker ends with a bug alone
        finally:
            # Whoever is still at it goes away now, as clients do.
            for each in (*workers, watch):
                each.cancel()
            await asyncio.gather(*workers, watch, return_exceptions=True)
            stopped.set()
            await death

    async def worker(self):
        mix = mix_for(self.field)
        while all(server.running() for server in self.field.servers):
            job, work = self.field.job(next(self.numbers), mix)
            await run_job(job, work)
        await asyncio.sleep(3600)

    async def watch(self, report):
        began = time.monotonic()
        for second in itertools.count(1):
            await asyncio.sleep(max(began + second - time.monotonic(), 0))
            for server in self.field.servers:
                server.sample()
                if not server.running():
                    self.ledger.fail("server", f"{server.name} ended with {server.process.returncode}", server.log()[-4000:])
            if not all(server.running() for server in self.field.servers):
                raise RuntimeError("a server has ended")
            if report and second % REPORT_SECONDS == 0:
                self.progress(second)

    def progress(self, second):
        ledger = self.ledger
        lasts = [server.samples[-1] for server in self.field.servers]
        self.say(f"{second:5d} s  {sum(ledger.requests.values())} requests, {ledger.faults()} faults, "
                 f"{ledger.verified / MEBI:.0f} MiB verified, {ledger.wrong} wrong bytes, {ledger.failure_count} failures; "
                 f"descriptors {'+'.join(str(each[1]) for each in lasts)}, "
                 f"memory {'+'.join(f'{each[2] / MEBI:.0f}' for each in lasts)} MiB")

    async def rest(self):
        """Waits until nobody is served and nothing asked for; answers descriptors and memory of each server."""
        found = {}
        deadline = time.monotonic() + REST_SECONDS
        for server in self.field.servers:
            while (busy := await self.unrest(server)) and time.monotonic() < deadline and server.running():
                await asyncio.sleep(0.2)
            if busy:
                self.ledger.fail("rest", f"{server.name} has no rest within {REST_SECONDS} s: {busy}", server.url)
            if server.running():
                stats = await self.field.ask(server, "/stats")
                pooled = stats["proxy_stats"]["upstream_connections_pooled"] if stats else 0
                found[server] = (server.descriptors() - pooled, server.resident())
        while (origin := await self.field.ask(self.field.origin, "/_stats")) and origin["total"]["active_requests"] > 1:
            if time.monotonic() > deadline:
                self.ledger.fail("rest", f"{origin['total']['active_requests'] - 1} requests still run at the origin", "")
                break
            await asyncio.sleep(0.2)
        return found

    async def unrest(self, server):
        """What a server still does, empty: nothing."""
        stats = await self.field.ask(server, "/stats")
        if not stats:
            return "no answer from /stats"
        proxy = stats["proxy_stats"]
        lively = {"active_clients": 0, "active_streams": 0, "total_clients": 0,
                  "upstream_connections_open": proxy["upstream_connections_pooled"]}
        return ", ".join(f"{name} {proxy[name]}" for name, rest in lively.items() if proxy[name] > rest)

    def stop(self):
        """Ends the servers and judges everything."""
        for server in self.field.servers:
            if server.running():
                code = server.stop()
                if code != 0:
                    self.ledger.fail("stop", f"{server.name} ended with {code} after SIGTERM", server.log()[-2000:])
            for line in server.complaints():
                self.ledger.fail("log", f"{server.name}: {line[:1000]}", str(server.log_file))
            self.judge_growth(server)

    def judge_growth(self, server):
        if server not in self.rests.get("start", {}) or server not in self.rests.get("end", {}):
            return
        (descriptors, memory), (descriptors_then, memory_then) = self.rests["start"][server], self.rests["end"][server]
        if descriptors_then > descriptors + SPARE_DESCRIPTORS:
            self.ledger.fail("descriptors", f"{server.name}: {descriptors} at rest before, {descriptors_then} after", server.url)
        spare = (SPARE_MEMORY_SANITIZED if self.field.sanitized else SPARE_MEMORY) + server.allowance
        if memory_then > memory + spare:
            self.ledger.fail("memory", f"{server.name}: {memory / MEBI:.0f} MiB at rest before, {memory_then / MEBI:.0f} MiB "
                             f"after, allowed: {spare / MEBI:.0f} MiB more", server.url)
        length = self.ended - self.began
        if length >= LATE_SECONDS:
            middle, late = (max((memory for when, _, memory in server.samples
                                 if self.began + part * length / 3 <= when < self.began + (part + 1) * length / 3), default=0)
                            for part in (1, 2))
            if late > middle * LATE_GROWTH + LATE_SPARE + (server.allowance + SPARE_MEMORY_SANITIZED) * self.field.sanitized:
                self.ledger.fail("memory", f"{server.name} grows: {middle / MEBI:.0f} MiB at most in the middle third, "
                                 f"{late / MEBI:.0f} MiB in the last", server.url)
