"""Where a soak happens: origins of every kind and three servers with different options."""

import asyncio
import contextlib
import dataclasses
import json
import random
import socket
import subprocess

from . import broadcasts, content
from .job import Job
from .ledger import Ledger
from .playlist_origin import LiveChannel, PlaylistOrigin
from .processes import Millrace, MortalOrigin, Origin, is_sanitized
from .wire import Cut, Hangs, Link, Malformed, Refused, request

MEBI = 1 << 20
ADDRESSES = [word for number in range(1, 5) for word in ("--host", f"127.0.0.{number}")]
TOKEN = "soak-0123456789"
CACHE = 32 * MEBI
SPARE_BLOCKS = 16 * MEBI  # that an event loop keeps (source/async/block_pool.hpp)
SEND_TIMEOUT = 8
CLIENT_TIMEOUT = 5


@dataclasses.dataclass(frozen=True)
class PlaylistChannel:
    """A live channel of two providers. `seamless`: both have the same names and numbers."""
    folder: str
    providers: tuple
    seamless: bool = True
    other_first: int = 0
    fault: str = None


def playlist_channels():
    # Far apart: on a busy machine a retry may come some seconds late.
    primary, backup = tuple(range(5, 9)), tuple(range(25, 29))
    return [PlaylistChannel("steady", (LiveChannel("steady"), LiveChannel("steady"))),
            PlaylistChannel("failing", (LiveChannel("failing", outages=primary), LiveChannel("failing", outages=backup)),
                            fault="live HLS, providers fail in turn"),
            PlaylistChannel("renamed", (LiveChannel("renamed", outages=primary),
                                        LiveChannel("renamed", "other", 5000, outages=backup)),
                            seamless=False, other_first=5000, fault="live HLS, backup with other names")]


class Field:
    def __init__(self, options, folder, say):
        self.seed, self.options, self.folder = options.seed, options, folder
        self.repeat_options = ["--seed", str(options.seed), *(word for kind in options.only or () for word in ("--only", kind))]
        self.ledger = Ledger(say)
        self.sanitized = is_sanitized(options.server)
        self.send_timeout, self.client_timeout = SEND_TIMEOUT, CLIENT_TIMEOUT
        self.channels = broadcasts.channels()
        self.playlist_channels = playlist_channels()
        self.programs = []
        self.closed_port = socket.socket()
        self.closed_port.bind(("127.0.0.1", 0))  # bound and never listening: it refuses

    async def start(self):
        for seed in (1, 2):
            content.table_of(seed)
        binary = self.options.origin
        self.origin = self.begin(Origin("origin", [binary, *ADDRESSES], self.folder))
        self.mortal = self.begin(MortalOrigin("mortal origin", [binary], self.folder))
        self.tls = self.begin(Origin("TLS origin", [binary, "--tls", "--ca-out", self.folder / "ca.pem"], self.folder))
        self.stranger = self.begin(Origin("strange TLS origin", [binary, "--tls", "self-signed"], self.folder))
        self.playlist_origins = [PlaylistOrigin([channel.providers[number] for channel in self.playlist_channels])
                                 for number in (0, 1)]
        for each in self.playlist_origins:
            await each.start()
        self.plain = self.millrace("plain server", 2, "--retry", "4")
        self.cached = self.millrace("server with cache", 4, "--retry", "3", "--cache", "--cache-size", str(CACHE),
                                    "--no-range", "passthrough", "--send-timeout", str(SEND_TIMEOUT), cache=CACHE)
        token = TOKEN if self.knows_tokens() else ""
        self.guarded = self.millrace("server with token", 1, "--retry", "3", "--max-clients", "64",
                                     *(["--api-token", token] if token else []), token=token)
        self.plain.sheds_load = self.cached.sheds_load = False
        self.guarded.sheds_load = True
        self.plain.passes_through = self.guarded.passes_through = False
        self.cached.passes_through = True
        self.servers = [self.plain, self.cached, self.guarded]
        self.has_rpc = await self.knows_rpc()

    def begin(self, program):
        self.programs.append(program)
        return program

    def millrace(self, name, threads, *options, cache=0, token=""):
        command = [self.options.server, "--host", "127.0.0.1", "--port", "0", "--allow-upstream", "loopback",
                   "--log-level", "WARNING", "--threads", str(threads), "--ca-file", self.folder / "ca.pem",
                   "--client-timeout", str(CLIENT_TIMEOUT), "--cleanup-interval", "1", "--stream-timeout", "5",
                   "--read-timeout", "8", "--connect-timeout", "8", "--live-stall", "3", "--live-grace", "30"]
        return self.begin(Millrace(name, [*command, *options], self.folder, token, cache + threads * SPARE_BLOCKS))

    def knows_tokens(self):
        said = subprocess.run([self.options.server, "--help"], capture_output=True, text=True, timeout=60, check=False)
        return "--api-token" in said.stdout

    async def knows_rpc(self):
        async with await Link.open(self.plain) as link:
            body = b'{"jsonrpc":"2.0","id":1,"method":"system.listMethods","params":[]}'
            await link.send(request(self.plain, "/jsonrpc", {"Content-Type": "application/json"}, "POST", body))
            return (await link.head()).status != 404

    def any_server(self, rng):
        return rng.choices(self.servers, [45, 35, 20])[0]

    def nobody(self):
        """An address that refuses connections."""
        return f"http://127.0.0.1:{self.closed_port.getsockname()[1]}"

    def job(self, number, mix):
        """The n-th job: what it is and does follows from the seed and its number."""
        rng = random.Random(f"{self.seed}/{number}")
        kind = rng.choices(list(mix), [weight for _, weight in mix.values()])[0]
        return Job(self, number, rng, kind), mix[kind][0]

    async def kill_and_revive(self, stopped):
        """The mortal origin's life, until it is told otherwise; it is alive in the end."""
        rng = random.Random(f"{self.seed}/mortal")
        while not stopped.is_set():
            await wait_for(stopped, rng.uniform(3, 9))
            self.mortal.kill()
            self.ledger.request("(origin killed)")
            await wait_for(stopped, rng.uniform(0.2, 2))
            while not self.mortal.revive():
                await asyncio.sleep(0.2)

    async def ask(self, server, path):
        """A document of the control plane; None when it does not come."""
        try:
            async with await Link.open(server) as link:
                await link.send(request(server, path, {"X-API-Token": getattr(server, "token", "")}))
                head = await link.head()
                text = b"".join([part async for part in link.body(head)])
            return json.loads(text) if head.status == 200 else None
        except (Refused, Cut, Malformed, Hangs):
            return None

    def stop_origins(self):
        for program in self.programs:
            if program not in self.servers:
                program.stop()

    async def end(self):
        for each in getattr(self, "playlist_origins", []):
            with contextlib.suppress(OSError, RuntimeError, AttributeError):
                await each.stop()
        for program in reversed(self.programs):
            program.stop()
        self.closed_port.close()


async def wait_for(event, seconds):
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
