"""Jobs of clients that mean no good or never finish: garbage, smuggling, trickling and idle connections, crowds."""

import asyncio
import re

from .content import Resource
from .files import library, wish_for
from .wire import Cut, Hangs, Link, Malformed, Refused, request

SMUGGLED = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
# Requests that two parsers could understand differently (RFC 9112 §6, §11.2): refused, and nothing behind them is heeded.
SMUGGLING = {
    "both framings": b"POST /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                     b"0\r\n\r\n",
    "two lengths": b"POST /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "list of lengths": b"POST /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0, 44\r\n\r\n",
    "signed length": b"POST /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: +0\r\n\r\n",
    "negative length": b"POST /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    "hex length": b"POST /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0x0\r\n\r\n",
    "huge length": b"POST /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "chunked not last": b"POST /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "space before the colon": b"POST /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "bad chunk size": b"POST /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
    "overflowing chunk size": b"POST /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                              b"10000000000000000\r\n\r\n",
    "two hosts": b"GET /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: example.com\r\n\r\n",
    "no host": b"GET /streams HTTP/1.1\r\n\r\n",
    "NUL in a header": b"GET /streams HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: a\0b\r\n\r\n",
}
HEAD_SECONDS = 30  # --head-timeout
# What a client may see instead of an answer when the server has closed: its own bytes came too late.
CLOSED = (Cut, Malformed)


def random_bytes(rng):
    return rng.randbytes(rng.choice([1, 16, 1000, 70_000]))


def odd_request(rng):
    kind = rng.randrange(6)
    if kind == 0:
        return b"GET " + rng.randbytes(40).replace(b" ", b"") + b" HTTP/1.1\r\n\r\n"
    if kind == 1:
        return b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(500)
    if kind == 2:
        return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    if kind == 3:
        return b"GET /" + b"a" * rng.choice([70_000, 300_000]) + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    if kind == 4:
        return b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(9000)) + b"\r\n"
    return rng.choice([b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n", b"\r\n\r\n\r\n", b"BREW /pot HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                       b"GET / HTTP/1.1\nHost: 127.0.0.1\n\n", b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"])


async def everything(link):
    """All that comes until the end of the connection."""
    said = b""
    try:
        while part := await link.some():
            said += part
    except CLOSED:
        pass
    return said


async def garbage(job):
    """Whatever it is: an error or a close, no crash, no hanging."""
    server = job.field.any_server(job.rng)
    data = random_bytes(job.rng) if job.rng.random() < 0.4 else odd_request(job.rng)
    job.ledger.request(job.kind)
    async with await Link.open(server) as link:
        try:
            await link.send(data)
            if link.writer.can_write_eof():
                link.writer.write_eof()
        except (OSError, *CLOSED):
            pass
        said = await everything(link)
    first = re.match(rb"HTTP/1\.1 (\d\d\d) ", said)
    if said and not first:
        job.fail(f"{data[:80]!r} was answered {said[:200]!r}", server)
    job.ledger.survived("garbage", "error" if said else "cut")


async def smuggling(job):
    server = job.field.any_server(job.rng)
    name = job.rng.choice(sorted(SMUGGLING))
    job.ledger.request(job.kind)
    async with await Link.open(server) as link:
        try:
            await link.send(SMUGGLING[name] + SMUGGLED)
        except CLOSED:
            pass
        said = await everything(link)
    statuses = re.findall(rb"HTTP/1\.1 (\d\d\d) ", said)
    if len(statuses) > 1 or statuses and statuses[0] < b"400":
        job.fail(f"{name}: {SMUGGLING[name] + SMUGGLED!r} was answered {said[:600]!r}", server)
    job.ledger.survived("request smuggling", "error" if said else "cut")


async def idle_connections(job):
    """Opens a connection and does nothing for a while, then perhaps asks after all."""
    server = job.field.any_server(job.rng)
    url, resource = library(job, largest=800_000)
    async with await Link.open(server) as link:
        await job.nap(1, 8)
        if job.rng.random() < 0.5:
            await job.fetch(link, server, job.stream_path(url), wish_for(resource))
            await job.nap(0, 3)
    job.ledger.survived("idle connection", "abandoned")


async def tricklers(job):
    """Sends its head byte by byte; whoever gets to the end is answered."""
    server = job.field.any_server(job.rng)
    resource = Resource(2, 50_000)
    path = job.stream_path(f"{job.field.origin.at(1)}/trickle.bin?{resource.query()}")
    head = request(server, path, {"X-API-Token": server.token} if server.token else {})
    leaves = job.rng.randrange(len(head)) if job.rng.random() < 0.4 else None
    job.ledger.request(job.kind)
    async with await Link.open(server) as link:
        began = asyncio.get_running_loop().time()
        for at, byte in enumerate(head):
            if at == leaves or asyncio.get_running_loop().time() > began + HEAD_SECONDS / 2:
                # On a busy machine it would take longer than a head may.
                job.ledger.survived("trickling client", "abandoned")
                return
            try:
                await link.send(bytes([byte]))
            except Cut:
                break  # perhaps it has an answer already
            await asyncio.sleep(0.015)
        try:
            wish = wish_for(resource)
            outcome = await job.answer(link, wish, "GET", None, 65536)
        except Cut as error:
            if not server.sheds_load:
                job.fail(f"no answer: {error}", server, path)
            return
        job.judge(outcome, wish, server, path, {}, "GET")
        job.ledger.survived("trickling client", outcome.kind)


async def crowds(job):
    """More connections than the server takes: each is served or told so."""
    server = job.field.guarded
    links = []

    async def visitor():
        job.ledger.request(job.kind)
        try:
            link = await Link.open(server)
            links.append(link)
            await link.send(request(server, "/health"))
            head = await link.head()
            if head.status not in (200, 503):
                job.fail(f"/health in a crowd: {head.status}", server, "/health")
            job.ledger.survived("crowd", "complete" if head.status == 200 else "error")
        except (Cut, Refused):
            job.ledger.survived("crowd", "cut")
        except (Malformed, Hangs) as error:
            job.fail(f"crowd: {error}", server, "/health")
    try:
        await asyncio.gather(*(visitor() for _ in range(100)))
    finally:
        for link in links:
            link.close()
