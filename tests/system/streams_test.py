"""Posted streams of files, with real players: sources that die or are changed by hand, exact counters, many clients."""
import concurrent.futures
import contextlib
import http.client
import json
import pathlib
import random
import re
import socket
import tempfile

from programs import MEBI, PATIENCE, SANITIZED, Response, fetch, main, run, wait_for_value, wait_until
from streaming import FrameReader, StreamTest, call, stats, stream_info

FORMATS = ["film.mp4", "film.mkv"]  # the index of the MP4 file (moov) stands at the end
SECONDS = 12


class Media(StreamTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="millrace-media-")
        cls.addClassCleanup(folder.cleanup)
        cls.media = pathlib.Path(folder.name)
        for name in FORMATS:
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=duration={SECONDS}:size=480x270:rate=25",
                "-f", "lavfi", "-i", f"sine=duration={SECONDS}", "-b:v", "3M", "-c:v", "mpeg4", "-c:a", "aac",
                cls.media / name)

    def sources(self, name, rate):
        """Two origins with that file, and their URLs; `rate` as in its query, for each connection."""
        origins = [self.origin("--root", self.media) for _ in range(2)]
        return origins, [f"{each.url}/{name}?file={name}&rate={rate}" for each in origins]


class Players(Media):
    def play_in_the_middle(self, name, change):
        """Decodes through a stream; `change(server, stream_id, first)` is called while the first source sends."""
        direct = self.frames(self.media / name)
        self.assertEqual(len(direct), SECONDS * 25)
        (first, second), urls = self.sources(name, "400K")
        size = (self.media / name).stat().st_size
        server = self.millrace("-c", "2", "--chunk-size", "256K")
        stream = self.post(server, *urls)
        player = FrameReader(self, f"{server.url}/stream/{stream}")
        wait_until(lambda: first.stats()["bytes_sent"] > size // 3, "a third of the file")
        self.assertIsNone(player.process.poll(), "it is still being played")
        self.assertEqual(second.stats()["bytes_sent"], 0)
        change(server, stream, first)
        self.assertEqual(player.finish(), direct)
        self.assertGreater(second.stats()["bytes_sent"], size // 4)
        info = stream_info(server, stream)
        self.assertEqual((info["current_failover_index"], info["current_url"]), (1, urls[1]))
        return info

    def test_ffmpeg_decodes_the_same_frames_although_the_primary_is_killed(self):
        for name in FORMATS:
            with self.subTest(name=name):
                info = self.play_in_the_middle(name, lambda _server, _stream, first: self.kill(first))
                self.assertGreaterEqual(info["failover_attempts"], 1)

    def test_ffmpeg_decodes_the_same_frames_through_a_failover_by_hand(self):
        for name in FORMATS:
            with self.subTest(name=name):
                self.play_in_the_middle(name, lambda server, stream, _first: self.ctl(server, "failover", stream))

    def test_mpv_seeks(self):
        _, urls = self.sources("film.mkv", "4M")
        server = self.millrace("--chunk-size", "256K")
        url = f"{server.url}/stream/{self.post(server, urls[0])}"
        options = ["--no-config", "--vo=null", "--ao=null", "--ytdl=no"]
        for start in ["--start=9", "--start=-2"]:
            done = run("mpv", *options, "--untimed", "--ao-null-untimed", start, url)
            self.assertIn(b"End of file", done.stdout)

    def test_mpv_seeks_while_it_plays(self):
        _, urls = self.sources("film.mp4", "4M")
        server = self.millrace("--chunk-size", "256K")
        control = self.folder / "mpv"
        with concurrent.futures.ThreadPoolExecutor(1) as background:
            player = background.submit(run, "mpv", "--no-config", "--vo=null", "--ao=null", "--ytdl=no",
                                       f"--input-ipc-server={control}", f"{server.url}/stream/{self.post(server, urls[0])}")
            wait_until(control.exists, "mpv listens")
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(PATIENCE)
                link.connect(str(control))
                with link.makefile("rw") as lines:
                    def ask(*command):
                        lines.write(json.dumps({"command": command, "request_id": 7}) + "\n")
                        lines.flush()
                        while (answer := json.loads(lines.readline())).get("request_id") != 7:
                            pass
                        return answer.get("data")

                    wait_until(lambda: (ask("get_property", "time-pos") or 0) > 0.2, "it plays")
                    for target in [10, 3, 8]:
                        ask("seek", target, "absolute+exact")
                        wait_until(lambda t=target: t - 0.1 <= (ask("get_property", "time-pos") or 0) < t + 2, "seeked")
                    lines.write('{"command": ["quit"]}\n')
            self.assertIn(b"Quit", player.result().stdout)


class Counters(StreamTest):
    def abort(self, server, path, after):
        """Stops listening after so many bytes, but takes what the server's socket had accepted until it noticed.
        Answers the bytes of the body."""
        with contextlib.closing(socket.socket()) as link:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
            link.settimeout(PATIENCE)
            link.connect((server.host, server.port))
            link.sendall(f"GET {path} HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
            received = bytearray()
            while len(received) < after and (part := link.recv(16384)):
                received += part
            link.shutdown(socket.SHUT_WR)
            while part := link.recv(65536):
                received += part
        head, _, body = bytes(received).partition(b"\r\n\r\n")
        return len(body) if b"chunked" not in head else self.payload_of_chunks(body)

    @staticmethod
    def payload_of_chunks(body):
        at = payload = 0
        while line := re.match(rb"([0-9a-f]+)\r\n", body[at:at + 20]):
            size = int(line[1], 16)
            payload += min(size, len(body) - at - line.end())
            at += line.end() + size + 2
        return payload

    def test_a_thousand_aborted_transfers(self):
        origin = self.origin()
        server = self.millrace("--chunk-size", "256K")
        film = self.post(server, f"{origin.url}/film.mkv?size=64M&seed=1")
        live = self.post(server, f"{origin.url}/news.ts?live=20M")
        dice = random.Random(4)
        jobs = [(live if number % 5 == 0 else film, f"c{number % 100}", dice.randrange(1000, 400_000))
                for number in range(300 if SANITIZED else 1000)]
        with concurrent.futures.ThreadPoolExecutor(16) as clients:
            received = list(clients.map(
                lambda job: self.abort(server, f"/stream/{job[0]}?client_id={job[1]}", job[2]), jobs))
        wait_until(lambda: stats(server)["proxy_stats"]["active_clients"] == 0, "all have gone")
        seen = stats(server)
        self.assertEqual(seen["proxy_stats"]["total_bytes_served"], sum(received))
        for entry in seen["streams"]:
            expected = sum(size for size, job in zip(received, jobs) if job[0] == entry["stream_id"])
            self.assertEqual(entry["total_bytes_served"], expected)
        self.assertEqual(len(seen["clients"]), len({job[:2] for job in jobs}))
        for entry in seen["clients"]:
            key = (entry["stream_id"], entry["client_id"])
            expected = sum(size for size, job in zip(received, jobs) if job[:2] == key)
            self.assertEqual(entry["bytes_served"], expected, key)

    def test_completed_transfers(self):
        origin = self.origin()
        server = self.millrace()
        ranged = f"{origin.url}/film.mkv?size=3M&seed=1"
        sizes = []
        for source, header in [(ranged, {}), (ranged, {"Range": "bytes=1000000-"}), (ranged, {"Range": "bytes=-7"}),
                               (f"{origin.url}/a.mp4?size=2M&lie=ignore_range", {}),
                               (f"{origin.url}/b.ts?live=8M&recording=5000", {})]:
            stream = self.post(server, source)
            status, _, body = fetch(f"{server.url}/stream/{stream}", header)
            self.assertIn(status, (200, 206))
            self.assertGreater(len(body), 0)
            sizes.append(len(body))
        wait_for_value(lambda: stats(server)["proxy_stats"]["total_bytes_served"], sum(sizes), "all are counted")


class ManyClients(StreamTest):
    CLIENTS = 2_000 if SANITIZED else 10_000
    THREADS = 16
    PER_CONNECTION = 8

    def come_and_go(self, server, paths, numbers):
        """Short requests of as many clients, some on each connection."""
        for begin in range(0, len(numbers), self.PER_CONNECTION):
            with socket.create_connection((server.host, server.port), PATIENCE) as link, link.makefile("rb") as answer:
                for number in numbers[begin:begin + self.PER_CONNECTION]:
                    path = paths[number % len(paths)]
                    mark = "&" if "?" in path else "?"
                    # /stream?url= ends with the URL: the client's id stands before it.
                    target = path.replace("?url=", f"?client_id=c{number}&url=") if "?url=" in path \
                        else f"{path}{mark}client_id=c{number}"
                    link.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes={number}-{number + 999}"
                                 "\r\n\r\n".encode())
                    status = answer.readline()
                    length = 0
                    while (line := answer.readline()) not in (b"\r\n", b""):
                        name, _, value = line.partition(b":")
                        if name.lower() == b"content-length":
                            length = int(value)
                    body = answer.read(length)
                    if b" 206 " not in status or len(body) != 1000:
                        raise AssertionError(f"{target}: {status!r}, {body[:500]!r}")

    def status_of(self, server):
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
        descriptors = len(list(pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()))
        return descriptors, int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def test_leave_nothing_behind(self):
        origin = self.origin()
        server = self.millrace("--client-timeout", "0.5", "--stream-timeout", "0.5", "--cleanup-interval", "0.3")
        posted = self.post(server, f"{origin.url}/film.mkv?size=1M&seed=1")
        paths = [f"/stream/{posted}", f"/stream/{posted}",
                 *(f"/stream?url={origin.url}/{name}.mkv?size=1M&seed=1" for name in "abcdef")]

        def everybody(count):
            with concurrent.futures.ThreadPoolExecutor(self.THREADS) as threads:
                parts = [range(count)[each::self.THREADS] for each in range(self.THREADS)]
                list(threads.map(lambda numbers: self.come_and_go(server, paths, numbers), parts))

        def forgotten():
            proxy = stats(server)["proxy_stats"]
            return (proxy["total_clients"], proxy["total_streams"], proxy["active_clients"]) == (0, 1, 0)

        everybody(500)  # what any load leaves in pools and allocators
        wait_until(forgotten, "the first ones are forgotten")
        descriptors, memory = self.status_of(server)
        everybody(self.CLIENTS)
        wait_until(forgotten, "registries as before")
        wait_until(lambda: self.status_of(server)[0] <= descriptors, "descriptors as before")
        served = stats(server)["proxy_stats"]["total_bytes_served"]
        self.assertEqual(served, (500 + self.CLIENTS) * 1000)
        if not SANITIZED:
            self.assertLess(self.status_of(server)[1] - memory, 12 * MEBI)

    def test_clients_that_only_connect(self):
        server = self.millrace()

        def connect(rounds):
            for _ in range(rounds):
                with contextlib.ExitStack() as stack:
                    links = [stack.enter_context(socket.create_connection((server.host, server.port), PATIENCE))
                             for _ in range(200)]
                    links[-1].sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                    self.assertIn(b" 200 ", links[-1].recv(100))

        connect(1)  # what the event loops open once
        wait_until(lambda: self.status_of(server)[0] < 100, "the connections are closed")
        descriptors, _ = self.status_of(server)
        connect(10)
        wait_until(lambda: self.status_of(server)[0] <= descriptors, "descriptors as before")


class Deletion(StreamTest):
    def test_a_deleted_stream_and_a_disconnected_client(self):
        origin = self.origin()
        server = self.millrace("--client-timeout", "5" if SANITIZED else "3", "--cleanup-interval", "0.2")
        stream = self.post(server, f"{origin.url}/film.mkv?size=1G&rate=1M")
        url = f"{server.url}/stream/{stream}"
        with Response(f"{url}?client_id=tv") as response:
            response.read(1000)
            self.ctl(server, "disconnect", "tv")
            with self.assertRaises((OSError, http.client.IncompleteRead)):
                response.read()
        self.assertEqual(fetch(f"{url}?client_id=tv", {"Range": "bytes=0-9"})[0], 403)
        self.assertEqual(fetch(f"{url}?client_id=other", {"Range": "bytes=0-9"})[0], 206)
        wait_until(lambda: fetch(f"{url}?client_id=tv", {"Range": "bytes=0-9"})[0] == 206, "forgiven")
        self.ctl(server, "delete", stream)
        self.assertEqual(fetch(url)[0], 404)
        self.assertEqual(call(server, "GET", f"/streams/{stream}")[0], 404)
        wait_until(lambda: origin.stats()["active_requests"] == 0, "the upstream transfers stop")


if __name__ == "__main__":
    main()
