"""Jobs with live MPEG-TS: several viewers of channels whose providers close, stall and die (ISO/IEC 13818-1 §2.4.3)."""

import asyncio
import re
import zlib

from .files import KIBI
from .wire import Cut, Hangs, Link, Malformed, request

PACKET = 188
NULL_PID = 0x1FFF
BUFFER = (8 << 20) // PACKET
TABLES = (0, 0x1000)
# What the scripted origin writes at the end of each packet of video and audio: seed, number, ordinal, checksum.
MARK = re.compile(rb"MRTS([0-9a-f]{16})([0-9a-f]{16})([0-9a-f]{16})([0-9a-f]{8})\Z")
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc(data):
    """CRC of ISO/IEC 13818-1 annex A: that of zlib with the bits the other way round."""
    value = zlib.crc32(data.translate(REVERSED)) ^ 0xFFFFFFFF
    return int(f"{value:032b}"[::-1], 2)


class Judge:
    """Looks at each packet: is it whole, unchanged, and the next one of its kind?

    `known`: packets that were found good already, for all viewers of a channel.
    """

    def __init__(self, seed, known):
        self.seed, self.known = seed, known
        self.rest = b""
        self.counters = {}
        self.last = None
        self.packets = self.announced = self.lost = self.repeated = 0
        self.faults = []

    def look(self, data):
        data = self.rest + data
        whole = len(data) - len(data) % PACKET
        self.rest = data[whole:]
        for at in range(0, whole, PACKET):
            self.look_at(data[at:at + PACKET])

    def look_at(self, packet):
        self.packets += 1
        if packet[0] != 0x47:
            self.faults.append(f"packet {self.packets} begins with {packet[:8].hex()}")
            return
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if pid == NULL_PID:
            return
        control = packet[3] >> 4 & 3
        discontinuity = control & 2 and packet[4] > 0 and packet[5] & 0x80
        counter, before = packet[3] & 0x0F, self.counters.get(pid)
        self.counters[pid] = counter
        if discontinuity:
            self.announced += 1
        elif before is not None and control & 1 and counter != (before + 1) % 16:
            self.faults.append(f"packet {self.packets}, PID {pid}: counter {counter} after {before}")
        if control & 1:
            self.look_into(packet, pid, 5 + packet[4] if control & 2 else 4)

    def look_into(self, packet, pid, begin):
        mark = MARK.search(packet, PACKET - 60)
        payload = packet[begin:]
        if pid in TABLES:
            section = payload[1:4 + ((payload[2] & 0x0F) << 8 | payload[3])]
            if payload not in self.known and crc(section) != 0:
                self.faults.append(f"packet {self.packets}: a damaged table")
            self.known.add(payload)
            return
        if payload not in self.known:
            if not mark or int(mark[1], 16) != self.seed or crc(payload[:-8]) != int(mark[4], 16):
                self.faults.append(f"packet {self.packets}, PID {pid}: damaged")
                return
            self.known.add(payload)
            if len(self.known) > 50_000:
                self.known.clear()
        ordinal = int(mark[3], 16)
        if self.last is not None:
            self.lost += max(ordinal - self.last - 1, 0)
            self.repeated += ordinal <= self.last
        self.last = ordinal


class Channel:
    """`same`: its sources send one broadcast, so nothing comes twice; `whole`: and nothing is missing."""

    def __init__(self, name, seed, query, addresses, same=True, whole=True):
        self.name, self.seed, self.addresses = name, seed, addresses
        self.query = f"seed={seed}&{query}"
        self.same, self.whole = same, whole
        self.known = set()
        self.stream = {}

    def urls(self, field, server):
        # One path for each server: where a provider goes on depends on what it sent there before.
        path = f"/{self.name}-{server.name.replace(' ', '-')}"
        bases = [field.mortal.at(1) if each == "mortal" else field.origin.at(each) for each in self.addresses]
        return [f"{base}{path}-{number}.ts?{self.query.format(number=number)}" for number, base in enumerate(bases)]


def channels():
    closing = "live=2M&speed=2&begin=last_end&repeat=2s&close_after=4s"
    return [Channel("calm", 11, "live=2M&repeat=1s", [1]),
            Channel("closing", 12, f"{closing}&end=close", [1]),
            # A reset takes along what has not been read yet.
            Channel("resetting", 13, f"{closing}&end=reset", [1], whole=False),
            Channel("torn", 14, f"{closing}&end=cut&torn=100&framing=chunked", [1]),
            Channel("jumping", 15, "live=2M&speed=2&begin=last_end&gap=500ms&close_after=3s", [1], whole=False),
            Channel("stalling", 16, "live=2M&timeline=stalling&repeat=6s&stall_at=700K&server=127.0.0.3", [3, 2], whole=False),
            Channel("noisy", 17, "live=2M&repeat=1s&garbage_at=300800&garbage=500&server=127.0.0.3", [3], whole=False),
            Channel("restamped", 18, f"{closing}&restamp", [1], same=False, whole=False),
            Channel("dying", 19, "live=2M&repeat=2s", ["mortal", 2], same=False, whole=False),
            Channel("quick", 20, "live=20M&repeat=1s", [1], whole=False)]


async def viewers(job):
    """Some viewers of one channel, for some seconds each."""
    server = job.field.any_server(job.rng)
    channel = job.rng.choice(job.field.channels)
    primary, *backups = channel.urls(job.field, server)
    status, made = await job.control(server, "POST", "/streams", {"url": primary, "failover_urls": backups})
    if status != 200:
        return
    count = 1 if channel.name == "quick" else job.rng.randrange(1, 5)
    await asyncio.gather(*(viewer(job, server, channel, f"/stream/{made['stream_id']}", number, job.rng.uniform(1, 10))
                           for number in range(count)))


async def viewer(job, server, channel, path, number, seconds):
    path = f"{path}?client_id=tv.{job.number}.{number}"
    judge = Judge(channel.seed, channel.known)
    job.ledger.request(job.kind)
    loop = asyncio.get_running_loop()
    pauses = channel.name == "quick" and seconds > 4
    try:
        async with await Link.open(server, 64 * KIBI if pauses else None) as link:
            await link.send(request(server, path))
            head = await link.head()
            if head.status == 503 and server.sheds_load:
                return
            if head.status != 200 or head.get("accept-ranges") != "none":
                return job.fail(f"status {head.status}, Accept-Ranges {head.get('accept-ranges')!r}", server, path)
            until = loop.time() + seconds
            async for part in link.body(head):
                judge.look(part)
                job.ledger.verified += len(part)
                if loop.time() > until:
                    return conclude(job, server, channel, path, judge)
                if pauses and judge.packets > 2000:
                    # A viewer that falls behind so far that it has to skip.
                    pauses = False
                    await asyncio.sleep(5)
                    until += 5
            judge.faults.append("the stream ended")
    except (Cut, Malformed, Hangs) as error:
        if not (server.sheds_load and isinstance(error, Cut) and judge.packets == 0):
            judge.faults.append(f"{type(error).__name__} {error}")
    conclude(job, server, channel, path, judge)


def conclude(job, server, channel, path, judge):
    faults = judge.faults[:5]
    if channel.same and judge.repeated:
        faults.append(f"{judge.repeated} packets came again")
    # Whoever gets more than the server keeps for a viewer has had a burst, after which he may have to skip.
    if judge.lost and (channel.whole and judge.packets < BUFFER or not judge.announced):
        faults.append(f"{judge.lost} packets are missing, {judge.announced} announcements")
    if faults:
        job.ledger.wrong += sum("damaged" in each or "begins with" in each for each in judge.faults) * PACKET
        job.fail(f"channel {channel.name} ({channel.query}), {judge.packets} packets: {'; '.join(faults)}", server, path)
    job.ledger.survived(f"live channel, {channel.name}", "cut" if faults else "complete")
