"""Jobs with HLS: recorded and live playlists, their segments compared byte for byte, and providers that fail over."""

import asyncio
import re
import urllib.parse

from .content import Bytes, Resource
from .files import random_range, wish_for
from .job import ANYTHING, COMPLETE, Wish
from .playlist_origin import PLAYLIST_TYPE, segment_of
from .wire import Cut, Hangs, Link, Malformed, request

# How the primary of a recorded film fails while the backup (at another address) is well.
TROUBLE = {"none": "", "segments 404": "&status=404&server=127.0.0.3", "segments reset": "&reset_at=@30K&server=127.0.0.3",
           "segments truncated once": "&truncate_at=20K&times=1", "segments 503 once": "&status=503&times=1",
           "segments refuse for ever": "&head=close&server=127.0.0.3"}


async def playlist(job, link, server, path):
    """Its text, None where it did not come (which is told)."""
    job.ledger.request(job.kind)
    try:
        await link.send(request(server, path))
        head = await link.head()
        text = b""
        async for part in link.body(head):
            text += part
    except (Cut, Malformed, Hangs) as error:
        if not server.sheds_load or not isinstance(error, Cut):
            job.fail(f"playlist: {type(error).__name__}: {error}", server, path)
        return None
    if head.status == 503 and server.sheds_load:
        return None
    if head.status != 200 or head.get("content-type") != PLAYLIST_TYPE or not text.startswith(b"#EXTM3U"):
        job.fail(f"playlist: {head.status} {text[:400]!r}", server, path)
        return None
    return text.decode()


def uris(text):
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def tags(text):
    return [line if line.startswith("#") or not line else "URI" for line in text.split("\n")]


def recorded_film(job, trouble):
    """(text of the media playlist, resources of its segments); the segments lie beside it."""
    lines, resources = ["#EXTM3U", "#EXT-X-TARGETDURATION:4", "#EXT-X-PLAYLIST-TYPE:VOD", "## a comment"], []
    for number in range(job.rng.randrange(3, 9)):
        resources.append(Resource(1, job.rng.choice([4_000, 60_001, 250_000, 1_400_000])))
        lines += ["#EXTINF:4.0,", f"seg{number}.ts?{resources[-1].query()}{trouble}"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""]), resources


async def recorded(job):
    """A film with a master playlist: all of it is rewritten, and every segment is what the origin has."""
    server = job.field.any_server(job.rng)
    name = job.rng.choice(sorted(TROUBLE))
    text, resources = recorded_film(job, TROUBLE[name])
    master = ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\n"
              f"low/index.m3u8?text={urllib.parse.quote(text, safe='')}\n")
    path = f"/film-{job.number}/master.m3u8?text={urllib.parse.quote(master, safe='')}"
    status, made = await job.control(server, "POST", "/streams", {"url": job.field.origin.at(3) + path,
                                                                 "failover_urls": [job.field.origin.at(2) + path]})
    if status != 200:
        return
    async with await Link.open(server) as link:
        start = f"{made['stream_endpoint']}?client_id=film.{job.number}"
        first = await playlist(job, link, server, start)
        if first is None:
            return
        variant = urllib.parse.urljoin(start, uris(first)[0])
        second = await playlist(job, link, server, variant)
        if second is None:
            return
        if tags(first) != tags(master) or tags(second) != tags(text):
            job.fail(f"rewritten: {second[:300]!r} from {text[:300]!r}", server, variant)
        await segments_of(job, server, link, variant, uris(second), resources, name)
    await job.control(server, "DELETE", f"/streams/{made['stream_id']}")


async def segments_of(job, server, link, base, found, resources, trouble):
    order = list(enumerate(found))
    if job.rng.random() < 0.3:
        job.rng.shuffle(order)
    for number, uri in order:
        path = urllib.parse.urljoin(base, uri)
        if not path.partition("?")[0].endswith(f"/seg{number}.ts"):
            job.fail(f"segment {number} is {uri}", server, path)
        asked = random_range(job.rng, resources[number].size - 1) if job.rng.random() < 0.2 else None
        outcome = await job.fetch(link, server, path, wish_for(resources[number], asked),
                                  fault=f"recorded HLS, {trouble}" if trouble != "none" else None)
        if outcome.kind not in ("complete", "error") or outcome.head.closes():
            return


class Follower:
    """A player of a live playlist: reloads, and fetches each new segment once."""

    def __init__(self, job, server, path, channel):
        self.job, self.server, self.path, self.channel = job, server, path, channel
        self.known, self.newest, self.next = {}, -1, None

    async def play(self, seconds):
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        async with await Link.open(self.server) as link:
            while loop.time() < until:
                text = await playlist(self.job, link, self.server, self.path)
                if text is None:
                    return
                for number, uri in self.segments(text):
                    if self.next is None or number >= self.next:
                        self.next = number + 1
                        if not await self.segment(link, uri):
                            return
                await asyncio.sleep(0.5)

    def segments(self, text):
        """The last three, after a look at the numbers: what is in a playlist under a number stays (RFC 8216 §6.2.2)."""
        first = int(re.search(r"(?m)^#EXT-X-MEDIA-SEQUENCE:(\d+)$", text)[1])
        found = list(enumerate(uris(text), first))
        for number, uri in found:
            name = uri.partition("?")[0]
            if self.known.setdefault(number, name) != name:
                self.job.fail(f"{self.channel.folder}: number {number} was {self.known[number]}, is {name}", self.server, self.path)
        if found and found[-1][0] < self.newest:
            self.job.fail(f"{self.channel.folder}: the newest number {self.newest} is now {found[-1][0]}", self.server, self.path)
        self.newest = found[-1][0] if found else self.newest
        return found[-3:]

    async def segment(self, link, uri):
        """Whether the connection can be used on."""
        path = urllib.parse.urljoin(self.path, uri)
        name = re.search(r"/(seg|other)-(\d+)\.ts\?", path)
        if not name:
            self.job.fail(f"{self.channel.folder}: segment {uri}", self.server, path)
            return False
        number = int(name[2]) - (self.channel.other_first if name[1] == "other" else 0)
        body = Bytes(segment_of(self.channel.folder, number))
        wish = Wish((body,), may=COMPLETE if self.channel.seamless else ANYTHING)
        outcome = await self.job.fetch(link, self.server, path, wish, fault=self.channel.fault)
        return outcome.kind in ("complete", "error") and not outcome.head.closes()


async def live_playlists(job):
    """Some players of one live channel."""
    server = job.field.any_server(job.rng)
    channel = job.rng.choice(job.field.playlist_channels)
    page = f"/{channel.folder}/index.m3u8?for={server.name.replace(' ', '-')}"
    urls = [origin.url + page for origin in job.field.playlist_origins]
    status, made = await job.control(server, "POST", "/streams", {"url": urls[0], "failover_urls": urls[1:]})
    if status != 200:
        return
    players = [Follower(job, server, f"{made['stream_endpoint']}?client_id=hls.{job.number}.{number}", channel)
               for number in range(job.rng.randrange(1, 4))]
    await asyncio.gather(*(player.play(job.rng.uniform(2, 12)) for player in players))
