"""One job of a soak: requests whose answers are checked byte for byte against what was wished."""

import asyncio
import dataclasses
import json
import re
import shlex
import traceback
import urllib.parse

from .wire import Cut, Hangs, Link, Malformed, Refused, request

COMPLETE = frozenset({"complete"})
ANYTHING = frozenset({"complete", "cut", "error"})


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a request may bring.

    `resources`: one of them must have all bytes that come. `range`: (first, last or None), (None, suffix length) or None.
    `may`: complete, cut, error. `statuses`: of an error, empty: any. `whole`: 200 to a Range is right, too.
    `lied_to`: the upstream lies about the size, so what is said of it cannot be relied on.
    """
    resources: tuple
    range: tuple = None
    may: frozenset = COMPLETE
    statuses: tuple = ()
    whole: bool = False
    lied_to: bool = False

    def field(self):
        if self.range is None:
            return {}
        first, last = ("" if end is None else end for end in self.range)
        return {"Range": f"bytes={first}-{last}"}

    def part_of(self, resource):
        """(first, end) that the response has to bring, None where the range cannot be satisfied."""
        if self.range is None:
            return 0, resource.size
        first, last = self.range
        if first is None:
            return max(resource.size - last, 0), resource.size
        if first >= resource.size:
            return None
        return first, resource.size if last is None else min(last + 1, resource.size)


@dataclasses.dataclass
class Outcome:
    """`kind`: complete, cut, error or abandoned. `status` 0: no response at all."""
    kind: str
    status: int = 0
    head: object = None
    bytes: int = 0
    why: str = ""
    document: object = None


class Abandon(Exception):
    """The client goes away on purpose."""


class Wrong(Exception):
    """What came must not come."""


class Check:
    """Compares a body with the resources that it may be."""

    def __init__(self, job, wish, head):
        self.job = job
        self.choices = wish.resources
        self.length = head.length()
        self.at = self.end = None
        if head.status == 206:
            self.read_range(wish, head.get("content-range"))
        elif wish.range and not wish.whole:
            raise Wrong("200 to a Range")
        else:
            self.at = 0
            self.choices = [each for each in self.choices if self.length in (None, -1, each.size) or wish.lied_to]
            if not self.choices:
                raise Wrong(f"Content-Length {self.length} instead of {[each.size for each in wish.resources]}")
        self.begin = self.at

    def read_range(self, wish, text):
        said = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", text)
        if not said or not wish.range:
            raise Wrong(f"206 with Content-Range {text!r} to {wish.field()}")
        first, last, total = map(int, said.groups())
        fitting = [each for each in self.choices
                   if (first, last + 1) == wish.part_of(each) and (total == each.size or wish.lied_to)]
        if wish.lied_to and not fitting:
            fitting = [each for each in self.choices if first == (wish.part_of(each) or [None])[0]]
        if not fitting or self.length != last - first + 1:
            raise Wrong(f"Content-Range {text!r}, Content-Length {self.length} to {wish.field()}")
        self.choices, self.at = fitting, first

    def look(self, part):
        left = [each for each in self.choices if each.has(self.at, part)]
        if not left:
            wrong = min(each.wrong_bytes(self.at, part) for each in self.choices)
            self.job.ledger.wrong += max(wrong, 1)
            raise Wrong(f"{wrong} wrong bytes of {len(part)} at offset {self.at}")
        self.choices = left
        self.at += len(part)
        self.job.ledger.verified += len(part)

    def ended(self):
        """At the end of the body: whether it is whole. A chunked one says so itself, one until the close says nothing."""
        if self.length not in (None, -1) or self.at in [each.size for each in self.choices]:
            return True
        if self.length is None:
            raise Wrong(f"a body of {self.at} bytes that looks complete")
        return False


class Job:
    """`number` and the run's seed decide what it does."""

    def __init__(self, field, number, rng, kind):
        self.field, self.number, self.rng, self.kind = field, number, rng, kind
        self.ledger = field.ledger

    def command(self):
        """The options of tools/soak that do this job alone."""
        return shlex.join([*self.field.repeat_options, "--job", str(self.number)])

    def reproduction(self, server, path, headers, method):
        curl = ["curl", "-v", "-o", "/dev/null"]
        if method != "GET":
            curl += ["-X", method]
        for name, value in dict(headers).items():
            curl += ["-H", f"{name}: {value}"]
        return (f"{self.command()} ({self.kind}, {server.name}): "
                f"{shlex.join([*curl, server.url + path])[:4000]}")

    def fail(self, what, server, path="", headers=(), method="GET"):
        self.ledger.fail(self.kind, what, self.reproduction(server, path, headers, method))

    def stream_path(self, url, mirrors=(), **parameters):
        """/stream for that upstream URL, as people type it or encoded."""
        pairs = [f"mirror={urllib.parse.quote(each, safe='')}" for each in mirrors]
        pairs += [f"{name}={urllib.parse.quote(str(value), safe='')}" for name, value in parameters.items()]
        if self.rng.random() < 0.5:
            return "/stream?" + "&".join([*pairs, f"url={url}"])
        pairs.insert(self.rng.randrange(len(pairs) + 1), f"url={urllib.parse.quote(url, safe='')}")
        return "/stream?" + "&".join(pairs)

    async def fetch(self, link, server, path, wish, headers=(), method="GET", pace=None, most=65536, fault=None):
        """One request on an open connection, judged. `pace` is awaited after each part with the bytes so far."""
        fields = {**wish.field(), **dict(headers)}
        if server.token and path.startswith("/stream?url") or server.token and "&url=" in path:
            fields["X-API-Token"] = server.token
        self.ledger.request(self.kind)
        try:
            await link.send(request(server, path, fields, method))
            outcome = await self.answer(link, wish, method, pace, most)
        except (Wrong, Malformed, Hangs) as error:
            self.fail(f"{type(error).__name__}: {error}", server, path, fields, method)
            link.close()
            return Outcome("wrong")
        except Cut as error:
            outcome = Outcome("cut", why=str(error))
        self.judge(outcome, wish, server, path, fields, method)
        if fault:
            self.ledger.survived(fault, outcome.kind)
        if outcome.kind != "complete" and outcome.kind != "error" or outcome.head and outcome.head.closes():
            link.close()
        return outcome

    async def answer(self, link, wish, method, pace, most):
        head = await link.head()
        if head.status in (200, 206):
            return await self.good(link, wish, head, method, pace, most)
        text = b""
        async for part in link.body(head, method):
            text += part
        document = None
        if head.status >= 400 and method != "HEAD":
            if head.get("content-type") != "application/problem+json":
                raise Wrong(f"{head.status} with type {head.get('content-type')!r}")
            try:
                document = json.loads(text)
            except ValueError as error:
                raise Wrong(f"{head.status} with {text[:200]!r}") from error
            if document.get("status") != head.status or not document.get("code"):
                raise Wrong(f"{head.status} with {document}")
        why = f"{document['code']}: {document.get('detail')}" if document else ""
        return Outcome("error", head.status, head, len(text), why, document)

    async def good(self, link, wish, head, method, pace, most):
        check = Check(self, wish, head)
        outcome = Outcome("complete", head.status, head)
        try:
            async for part in link.body(head, method, most):
                check.look(part)
                if pace:
                    await pace(check.at - check.begin)
            if method != "HEAD" and not check.ended():
                outcome.kind, outcome.why = "cut", f"ended at {check.at}"
        except Cut as error:
            outcome.kind, outcome.why = "cut", f"at {check.at}: {error}"
        except Abandon:
            outcome.kind = "abandoned"
        outcome.bytes = check.at - check.begin
        return outcome

    def judge(self, outcome, wish, server, path, fields, method):
        if outcome.kind == "abandoned":
            return
        allowed = outcome.kind in wish.may
        if outcome.kind == "error" and wish.statuses:
            allowed = outcome.status in wish.statuses
        if server.sheds_load and (outcome.status == 503 or outcome.status == 0):
            allowed = True
        if not allowed:
            self.fail(f"{outcome.kind} {outcome.status or ''} {outcome.why}, allowed: {', '.join(sorted(wish.may))} "
                      f"{wish.statuses or ''}", server, path, fields, method)

    async def once(self, server, path, wish, receive_buffer=None, **more):
        """The same on a connection of its own."""
        async with await Link.open(server, receive_buffer) as link:
            return await self.fetch(link, server, path, wish, **more)

    async def control(self, server, method, path, document=None, expect=(200,), token=True, headers=()):
        """A request of the control plane; answers (status, document)."""
        body = b"" if document is None else document if isinstance(document, bytes) else json.dumps(document).encode()
        fields = dict(headers)
        if body:
            fields.setdefault("Content-Type", "application/json")
        if token and server.token:
            fields["X-API-Token"] = server.token
        self.ledger.request(self.kind)
        text = b""
        try:
            async with await Link.open(server) as link:
                await link.send(request(server, path, fields, method, body))
                head = await link.head()
                async for part in link.body(head, method):
                    text += part
            answer = json.loads(text) if "json" in head.get("content-type") else text.decode()
        except (Cut, Malformed, Hangs, ValueError) as error:
            if not (server.sheds_load and isinstance(error, Cut)):
                self.fail(f"{type(error).__name__}: {error}", server, path, fields, method)
            return 0, {}
        if head.status not in expect and not (server.sheds_load and head.status == 503):
            self.fail(f"status {head.status} instead of {expect}: {text[:300]!r}, sent: {body[:500]!r}",
                      server, path, fields, method)
        return head.status, answer

    async def nap(self, least, most):
        await asyncio.sleep(self.rng.uniform(least, most))


async def run_job(job, work):
    """Whatever goes wrong in it belongs to the ledger: an answer of another form may end in any exception."""
    try:
        await work(job)
    except (Refused, Cut, Malformed, Hangs, Wrong) as error:
        job.ledger.fail(job.kind, f"{type(error).__name__}: {error}", job.command())
    except Exception as error:  # pylint: disable=broad-exception-caught
        where = "".join(traceback.format_exception(error)[-2:])
        job.ledger.fail(job.kind, f"an answer that was not understood: {where}", job.command())
