"""Jobs with files: seeks, whole reads, conditions, aborts, slow readers."""

import asyncio

from .content import Resource
from .job import ANYTHING, Abandon, Wish
from .wire import Cut, Hangs, Link, Malformed, request

KIBI, MEBI = 1 << 10, 1 << 20
# The library that everybody plays from: name, bytes, habits of the origin.
SHELF = [("film.mkv", Resource(1, 21 * MEBI + 3), ""), ("clip.mp4", Resource(1, 3 * MEBI + 1), ""),
         ("song.mp3", Resource(2, 700_001), ""), ("tiny.bin", Resource(2, 1), ""), ("empty.bin", Resource(2, 0), ""),
         ("far.mkv", Resource(1, 9 * MEBI), "&delay=30ms&connect_delay=20ms"),
         ("throttled.mp4", Resource(1, 2 * MEBI), "&rate=1M"), ("weak.bin", Resource(2, 900_000), "&etag=weak"),
         ("plain.bin", Resource(2, 800_000), "&etag=none&modified="), ("closing.bin", Resource(2, 1_300_000), "&keep_alive=false"),
         ("old.bin", Resource(2, 600_000), "&http10"), ("bytewise.bin", Resource(2, 300_000), "&head=bytewise"),
         ("early.bin", Resource(1, 400_000), "&interim=2"), ("elsewhere.mkv", Resource(1, 5 * MEBI), "&redirect=302&hops=2")]


def library(job, largest=None):
    """(URL, resource) of something that can be had without trouble."""
    name, resource, habits = job.rng.choice([each for each in SHELF if not largest or each[1].size <= largest])
    base = job.field.tls.url if job.rng.random() < 0.15 else job.field.origin.at(1)
    return f"{base}/{name}?{resource.query()}{habits}", resource


def random_range(rng, size):
    """As players ask: from a place on, a piece, the end; sometimes beyond the end."""
    kind = rng.random()
    if kind < 0.35:
        return rng.randrange(size + 1), None
    if kind < 0.8:
        first = rng.randrange(size + 1)
        return first, first + rng.choice([0, 1, 187, 4095, 65535, 300_000, 3 * MEBI])
    if kind < 0.95:
        return None, rng.choice([1, 188, 65536, 500_000])
    return size + rng.choice([0, 1, 10_000]), None


def wish_for(resource, asked=None, **more):
    wish = Wish((resource,), asked, **more)
    if asked and wish.part_of(resource) is None or asked and resource.size == 0:
        # Nothing can be satisfied: 416, and an empty file is empty.
        return Wish((resource,), asked, may=frozenset({"complete", "error"}), statuses=(416,), whole=True)
    return wish


async def seeks(job):
    """A player: a connection, some seeks, most of them given up when enough has come."""
    server = job.field.any_server(job.rng)
    url, resource = library(job)
    async with await Link.open(server) as link:
        for _ in range(job.rng.randrange(1, 9)):
            asked = random_range(job.rng, resource.size)
            path = job.stream_path(url)
            enough = job.rng.choice([None, None, 100_000, MEBI, 4 * MEBI])

            async def pace(so_far, enough=enough):
                if enough and so_far >= enough:
                    raise Abandon
            outcome = await job.fetch(link, server, path, wish_for(resource, asked), pace=pace)
            if outcome.kind not in ("complete", "error") or outcome.head.closes():
                return


async def whole_reads(job):
    server = job.field.any_server(job.rng)
    url, resource = library(job)
    options = {}
    if job.rng.random() < 0.3:
        options["connections"] = job.rng.choice([1, 2, 3])
    if job.rng.random() < 0.3:
        options["chunk_size"] = job.rng.choice(["64K", "256K"])
    if job.rng.random() < 0.2:
        options["header"] = f"X-Soak: {job.number}"
    mirrors = [f"{job.field.origin.at(2)}/mirror.bin?{resource.query()}"] if job.rng.random() < 0.3 else []
    if job.rng.random() < 0.2:
        mirrors.insert(0, job.field.nobody())
    await job.once(server, job.stream_path(url, mirrors, **options), wish_for(resource))


async def aborts(job):
    """Goes away in the middle: politely, with RST, or before anything came."""
    server = job.field.any_server(job.rng)
    url, resource = library(job)
    limit = job.rng.choice([0, 1, 20_000, 500_000, 2 * MEBI])
    reset = job.rng.random() < 0.5
    path = job.stream_path(url)
    async with await Link.open(server) as link:
        if limit == 0:
            job.ledger.request(job.kind)
            await link.send(request(server, path, {"X-API-Token": server.token} if server.token else {}))
            await job.nap(0, 0.05)
        else:
            async def pace(so_far):
                if so_far >= limit:
                    if reset:
                        link.reset()
                    raise Abandon
            await job.fetch(link, server, path, wish_for(resource, random_range(job.rng, max(resource.size, 1))
                                                         if job.rng.random() < 0.5 else None), pace=pace)
        if reset:
            link.reset()
    job.ledger.survived("client gone in the middle", "abandoned")


async def slow_readers(job):
    """Reads little by little for some seconds, then the rest or nothing more."""
    server = job.field.plain
    url, resource = library(job)
    loop = asyncio.get_running_loop()
    until = loop.time() + job.rng.uniform(2, 7)
    leaves = job.rng.random() < 0.5

    async def pace(_):
        if loop.time() < until:
            await asyncio.sleep(0.05)
        elif leaves:
            raise Abandon
    await job.once(server, job.stream_path(url), wish_for(resource), receive_buffer=16 * KIBI, pace=pace, most=4096,
                   fault="slow reader")


async def pausing_readers(job):
    """A paused player: some pauses of seconds, and in the end everything is there."""
    server = job.field.plain
    url, resource = library(job)
    pauses = [(job.rng.randrange(3 * MEBI), job.rng.uniform(0.5, 3)) for _ in range(job.rng.randrange(1, 4))]

    async def pace(so_far):
        while pauses and so_far >= min(pauses)[0]:
            pause = min(pauses)
            pauses.remove(pause)
            await asyncio.sleep(pause[1])
    await job.once(server, job.stream_path(url), wish_for(resource), receive_buffer=32 * KIBI, pace=pace, fault="pausing reader")


async def stuck_readers(job):
    """Never reads: the server has to cut it (--send-timeout)."""
    server = job.field.cached
    resource = Resource(1, 21 * MEBI + 3)
    url = f"{job.field.origin.at(1)}/film.mkv?{resource.query()}"
    waited = []

    async def pace(so_far):
        if so_far > 200_000 and not waited:
            waited.append(True)
            await asyncio.sleep(job.field.send_timeout + 4)
    wish = Wish((resource,), may=ANYTHING)
    await job.once(server, job.stream_path(url), wish, receive_buffer=16 * KIBI, pace=pace, fault="stuck reader")


async def conditions(job):
    """HEAD, If-Range, If-None-Match, and ranges that are ignored."""
    server = job.field.any_server(job.rng)
    resource = Resource(2, 700_001)
    path = job.stream_path(f"{job.field.origin.at(1)}/song.mp3?{resource.query()}")
    tag = f'"g{resource.seed:x}-{resource.size:x}"'
    async with await Link.open(server) as link:
        for _ in range(4):
            kind = job.rng.randrange(5)
            if kind == 0:
                outcome = await job.fetch(link, server, path, wish_for(resource, (10, 99)), method="HEAD")
            elif kind == 1:
                outcome = await job.fetch(link, server, path, wish_for(resource, (1000, 99_999)), {"If-Range": tag})
            elif kind == 2:
                outcome = await job.fetch(link, server, path, Wish((resource,), (5, 9), whole=True), {"If-Range": '"other"'})
                if outcome.status == 206:
                    job.fail("206 although If-Range names another version", server, path)
            elif kind == 3:
                wish = Wish((resource,), may=frozenset({"error"}), statuses=(304,))
                outcome = await job.fetch(link, server, path, wish, {"If-None-Match": tag})
            else:
                odd = job.rng.choice(["bytes=5-2", "bytes=a-b", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes 0-5"])
                outcome = await job.fetch(link, server, path, wish_for(resource), {"Range": odd})
            if outcome.kind not in ("complete", "error") or outcome.head.closes():
                return


async def pipelines(job):
    """Several requests at once: the answers come in order (RFC 9112 §9.3.2)."""
    server = job.field.any_server(job.rng)
    url, resource = library(job, largest=MEBI)
    wishes = [wish_for(resource, random_range(job.rng, resource.size)) for _ in range(job.rng.randrange(2, 6))]
    path = job.stream_path(url)
    token = {"X-API-Token": server.token} if server.token else {}
    try:
        async with await Link.open(server) as link:
            await link.send(b"".join(request(server, path, {**wish.field(), **token}) for wish in wishes))
            for wish in wishes:
                job.ledger.request(job.kind)
                outcome = await job.answer(link, wish, "GET", None, 65536)
                job.judge(outcome, wish, server, path, wish.field(), "GET")
                if outcome.kind == "cut" or outcome.head.closes():
                    return
    except (Cut, Malformed, Hangs) as error:
        if not server.sheds_load:
            job.fail(f"{type(error).__name__}: {error}", server, path)
