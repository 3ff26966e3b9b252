"""Posted live streams, with real players: sources that die, close and repeat, and clients that share one connection."""
import pathlib
import tempfile
import time

from programs import MEBI, PROMPT, SANITIZED, Response, fetch, main, run, wait_until
from streaming import PACKET, Download, FrameReader, StreamTest, check_ts, stats, stream_info

CHANNEL_SECONDS = 60
# The longest silence that a viewer may see; an idle machine keeps it under a second.
GAP = 8 if SANITIZED else 3


def whole_packets(body):
    """A client may stop reading within a packet."""
    return body[:len(body) // PACKET * PACKET]


class Channels(StreamTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="millrace-media-")
        cls.addClassCleanup(folder.cleanup)
        cls.file = pathlib.Path(folder.name) / "channel.ts"
        # A key frame each half second: a player that joins soon has a picture.
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=duration={CHANNEL_SECONDS}:size=320x180:rate=25",
            "-f", "lavfi", "-i", f"sine=duration={CHANNEL_SECONDS}", "-c:v", "mpeg2video", "-g", "12", "-bf", "0",
            "-b:v", "1M", "-maxrate", "1M", "-bufsize", "500K", "-c:a", "mp2", "-muxrate", "1500K", cls.file)

    def channel(self, count=2):
        """Processes that broadcast the same since three seconds, each from two seconds ago on."""
        begin = time.time() - 3
        sources = [self.broadcaster(self.file, begin, CHANNEL_SECONDS, 2) for _ in range(count)]
        return sources, [f"{each.url}/news.ts" for each in sources]

    def check_pictures(self, player):
        """A stretch of the channel without a hole and without anything twice."""
        everything = [line.rsplit(b",", 1)[1].strip() for line in self.frames(self.file)]
        self.assertEqual(len(set(everything)), CHANNEL_SECONDS * 25)
        seen = player.pictures()
        begin = everything.index(seen[0])
        self.assertEqual(seen, everything[begin:begin + len(seen)])

    def play_in_the_middle(self, change):
        (first, second), urls = self.channel()
        server = self.millrace()
        stream = self.post(server, *urls)
        player = FrameReader(self, f"{server.url}/stream/{stream}")
        wait_until(lambda: len(player.times) > 50, "two seconds of pictures")
        changed = time.monotonic()
        change(server, stream, first)
        count = len(player.times)
        wait_until(lambda: len(player.times) > count + 100, "four more seconds of pictures")
        self.assertIsNone(player.process.poll(), "it plays on")
        self.assertLess(player.longest_gap(changed), GAP)
        info = stream_info(server, stream)
        self.assertEqual((info["current_failover_index"], info["is_active"]), (1, True))
        self.assertGreaterEqual(info["failover_attempts"], 1)
        player.end()
        self.check_pictures(player)
        return server, stream, second

    def test_the_primary_is_killed(self):
        self.play_in_the_middle(lambda _server, _stream, first: self.kill(first))

    def test_a_failover_by_hand(self):
        self.play_in_the_middle(lambda server, stream, _first: self.ctl(server, "failover", stream))

    def test_mpv_plays_for_some_seconds(self):
        _, urls = self.channel(1)
        server = self.millrace()
        stream = self.post(server, *urls)
        done = run("mpv", "--no-config", "--vo=null", "--ao=null", "--ytdl=no", "--length=4",
                   f"{server.url}/stream/{stream}")
        self.assertIn(b"End of file", done.stdout)
        self.assertNotIn(b"rror", done.stdout)

    def test_all_sources_are_killed(self):
        sources, urls = self.channel()
        server = self.millrace("--live-grace", "2")
        stream = self.post(server, *urls)
        client = Download(self, f"{server.url}/stream/{stream}")
        wait_until(lambda: client.size > 100 * PACKET, "it plays")
        for source in sources:
            self.kill(source)
        killed = time.monotonic()
        wait_until(lambda: not client.running(), "the client is cut")
        took = time.monotonic() - killed
        self.assertGreater(took, 1.5)
        self.assertLess(took, 2 + 2 * GAP + 3)
        self.assertIsNotNone(client.broken, "a cut, no proper end")
        info = stream_info(server, stream)
        self.assertRegex(info["last_error"], "(?i)refused")
        self.assertGreater(info["error_count"], 0)
        self.assertEqual(len(client.body()) % PACKET, 0)
        wait_until(lambda: "given up" in server.log(), "it is logged")


class Packets(StreamTest):
    """The scripted origin's broadcast, whose packets bear numbers."""

    def download(self, server, stream, size, **options):
        client = Download(self, f"{server.url}/stream/{stream}", **options)
        wait_until(lambda: client.size >= size, f"{size} bytes")
        return check_ts(whole_packets(client.stop()))

    def check_whole(self, report):
        self.assertEqual((report.torn, report.unsynchronised, report.jumps), (0, 0, []))
        self.assertEqual((report.lost, report.repeated), (0, 0))

    def test_a_provider_that_closes_each_three_seconds_and_repeats_two(self):
        origin = self.origin()
        server = self.millrace()
        # Stream time passes four times as fast: six connections in five seconds.
        for name, end in [("close", "close"), ("reset", "reset"), ("torn", "cut&torn=100&framing=chunked")]:
            with self.subTest(end=end):
                stream = self.post(server, f"{origin.url}/{name}.ts?live=4M&speed=4&begin=last_end&repeat=2s"
                                           f"&close_after=3s&end={end}")
                requests = origin.stats()["requests"]
                file = self.folder / f"{name}.ts"
                done = run("curl", "--silent", "--max-time", "5", "-o", file, f"{server.url}/stream/{stream}", expect=28)
                self.assertEqual(done.stdout, b"")
                report = check_ts(whole_packets(file.read_bytes()))
                self.assertGreater(report.packets, 4_000_000 * 4 * 3 // 8 // PACKET)
                self.check_whole(report)
                self.assertEqual(report.announced, 0)
                self.assertGreater(origin.stats()["requests"] - requests, 3)

    def test_ffprobe_sees_no_jump_behind_such_a_provider(self):
        origin = self.origin()
        server = self.millrace()
        stream = self.post(server, f"{origin.url}/news.ts?live=4M&speed=4&begin=last_end&repeat=2s&close_after=3s")
        file = self.folder / "news.ts"
        run("curl", "--silent", "--max-time", "4", "-o", file, f"{server.url}/stream/{stream}", expect=28)
        times = [int(line) for line in run("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                                           "packet=dts", "-of", "csv=p=0", file).stdout.decode().replace(",", "").split()]
        self.assertGreater(len(times), 200)
        # Pictures last a whole number of packets: their times are rounded.
        steps = [after - before for before, after in zip(times, times[1:])]
        self.assertLessEqual(max(steps) - min(steps), 1)
        self.assertGreater(min(steps), 3000)

    def test_a_source_that_jumps_is_announced(self):
        origin = self.origin()
        server = self.millrace()
        stream = self.post(server, f"{origin.url}/news.ts?live=4M&speed=4&begin=last_end&gap=1s&close_after=3s")
        report = self.download(server, stream, 8 * MEBI)
        self.assertEqual((report.torn, report.unsynchronised, report.jumps, report.repeated), (0, 0, [], 0))
        self.assertGreater(report.lost, 0)
        self.assertGreater(report.announced, 0)

    def test_clients_share_one_connection(self):
        origin = self.origin()
        server = self.millrace("--threads", "4")
        stream = self.post(server, f"{origin.url}/news.ts?live=8M")
        clients = [Download(self, f"{server.url}/stream/{stream}?client_id=c{number}") for number in range(20)]
        wait_until(lambda: min(client.size for client in clients) > 2 * MEBI, "each has 2 MiB")
        self.assertEqual(origin.stats()["active_requests"], 1)
        self.assertEqual(stats(server)["proxy_stats"]["upstream_connections_open"], 1)
        bodies = [client.stop() for client in clients]
        for client in clients:
            client.response.close()
        gone = time.monotonic()
        wait_until(lambda: origin.stats()["active_requests"] == 0, "the upstream is closed")
        self.assertLess(time.monotonic() - gone, PROMPT)
        for body in bodies:
            self.check_whole(check_ts(whole_packets(body)))

    def test_a_slow_client_skips_and_slows_nobody(self):
        origin = self.origin()
        server = self.millrace()
        stream = self.post(server, f"{origin.url}/news.ts?live=60M")
        url = f"{server.url}/stream/{stream}"
        quick = Download(self, f"{url}?client_id=quick")
        with Response(f"{url}?client_id=slow", receive_buffer=32 * 1024) as slow:
            began = time.monotonic()
            slow_body = slow.read(100 * PACKET)
            size = quick.size
            wait_until(lambda: quick.size > size + 24 * MEBI, "the other one is far ahead")
            self.assertLess(quick.longest_gap(began), GAP)
            slow_body += slow.read(12 * MEBI // PACKET * PACKET)
        self.check_whole(check_ts(whole_packets(quick.stop())))
        report = check_ts(slow_body)
        self.assertEqual((report.torn, report.unsynchronised, report.jumps, report.repeated), (0, 0, [], 0))
        self.assertGreater(report.lost, 0)
        self.assertGreater(report.announced, 0)

    def test_a_recording_comes_once(self):
        origin = self.origin()
        server = self.millrace()
        stream = self.post(server, f"{origin.url}/news.ts?live=8M&recording=3000")
        status, headers, body = fetch(f"{server.url}/stream/{stream}", {"Range": "bytes=1000-"})
        self.assertEqual((status, headers["Accept-Ranges"]), (200, "none"))
        report = check_ts(body)
        self.check_whole(report)
        self.assertEqual(report.packets, 3000)

    def test_a_stalled_primary(self):
        origin = self.origin()
        query = "live=8M&timeline=one&repeat=6s"
        server = self.millrace("--live-stall", "1")
        stream = self.post(server, f"{origin.url}/a.ts?{query}&stall_at=100K", f"{origin.url}/b.ts?{query}")
        client = Download(self, f"{server.url}/stream/{stream}")
        # A stall, one retry that stalls, too, and the backup: each is noticed within two ticks of a second.
        wait_until(lambda: stream_info(server, stream)["current_failover_index"] == 1, "it fails over",
                   60 if SANITIZED else 30)
        size = client.size
        wait_until(lambda: client.size > size + 2 * MEBI, "it plays on")
        report = check_ts(whole_packets(client.stop()))
        self.assertEqual((report.unsynchronised, report.jumps, report.repeated), (0, [], 0))


if __name__ == "__main__":
    main()
