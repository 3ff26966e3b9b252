"""The primary provider dies while players watch: they reach the end on the backup, recorded and live."""
import time

from hls_case import HlsTest, frames, pictures
from hls_media import FRAME_RATE, QUALITIES, SECONDS, renamed
from hls_origin import LiveChannel, Reply
from hls_viewer import Viewer
from programs import main, wait_until
from streaming import FrameReader, stream_info

LENGTH = SECONDS  # each second's pictures once
JOIN = 6


class Recorded(HlsTest):
    def setUp(self):
        super().setUp()
        self.primary, self.backup = self.hls_origin(), self.hls_origin()
        self.server = self.millrace()

    def other_provider(self):
        """The same film, but the variants and the segments have other names."""
        folder = self.media.root / "other"
        if not folder.exists():
            text = (self.media.root / self.media.kind("ts")).read_text(encoding="utf-8")
            for quality in QUALITIES:
                renamed(self.media.root / f"ts/{quality.name}/index.m3u8", folder / f"streams/{quality.bandwidth}", "part-")
                text = text.replace(f"{quality.name}/index.m3u8?quality={quality.name}",
                                    f"streams/{quality.bandwidth}/index.m3u8")
            (folder / "start.m3u8").write_text(text, encoding="utf-8")
        return "other/start.m3u8"

    def check_failover(self, url, index=1):
        info = stream_info(self.server, url.split("/")[-2])
        self.assertEqual(info["current_failover_index"], index)

    def test_dies_within_a_segment(self):
        """The rest of the segment comes from the backup: not a picture is missing, none comes twice."""
        for kind, victim in [("ts", r"low/seg3\.ts"), ("fmp4", r"high/seg2\.m4s"), ("aes", r"low/seg5\.ts"),
                             ("ranges", r"low/all\.ts")]:
            with self.subTest(kind=kind):
                primary, path = self.hls_origin(), self.media.kind(kind)
                url = self.play_url(self.server, f"{primary.url}/{path}", f"{self.backup.url}/{path}")
                primary.die_at(victim, 20_000)
                self.assertEqual(frames(url), frames(f"{self.backup.url}/{path}"))
                self.assertTrue(primary.dead.is_set())
                self.check_failover(url)

    def test_the_backup_has_other_names(self):
        master = self.media.kind("ts")
        url = self.play_url(self.server, f"{self.primary.url}/{master}", f"{self.backup.url}/{self.other_provider()}")
        self.primary.die_at(r"low/seg3\.ts", 20_000)
        self.assertEqual(frames(url), frames(f"{self.backup.url}/{master}"))
        self.check_failover(url)
        self.assertGreater(self.backup.count(r"/other/streams/300000/part-seg\d\.ts"), 3)

    def test_dies_between_the_playlists(self):
        master = self.media.kind("ts")
        url = self.play_url(self.server, f"{self.primary.url}/{master}", f"{self.backup.url}/{self.other_provider()}")
        self.playlist(url)
        self.primary.kill()
        self.assertEqual(frames(url), frames(f"{self.backup.url}/{master}"))

    def test_dead_from_the_start(self):
        master = self.media.kind("audio")
        self.primary.kill()
        url = self.play_url(self.server, f"{self.primary.url}/{master}", f"{self.backup.url}/{master}")
        self.assertEqual(frames(url), frames(f"{self.backup.url}/{master}"))

    def test_a_primary_that_hangs(self):
        server = self.millrace("--read-timeout", "1")
        master = self.media.kind("aes")
        url = self.play_url(server, f"{self.primary.url}/{master}", f"{self.backup.url}/{master}")
        self.playlist(url)
        self.primary.delay = 3600
        self.assertEqual(frames(url), frames(f"{self.backup.url}/{master}"))

    def test_segments_that_the_primary_has_lost(self):
        master = self.media.kind("ts")
        self.primary.hooks.append(lambda request: Reply(404) if request.path.endswith("seg4.ts") else None)
        url = self.play_url(self.server, f"{self.primary.url}/{master}", f"{self.backup.url}/{self.other_provider()}")
        self.assertEqual(frames(url), frames(f"{self.backup.url}/{master}"))

    def test_dies_while_a_player_takes_its_time(self):
        path = self.media.kind("ts").replace("master", "high/index")
        url = self.play_url(self.server, f"{self.primary.url}/{path}", f"{self.backup.url}/{path}")
        player = FrameReader(self, url, ["-readrate", "3"])
        wait_until(lambda: len(player.lines) > 3 * FRAME_RATE, "three seconds of pictures")
        self.primary.kill()
        lines = player.finish()
        self.assertEqual([line.rsplit(b",", 1)[1].strip() for line in lines], pictures(frames(f"{self.backup.url}/{path}")))


class Channel:
    """A live channel that two providers broadcast, with its second half still to come; ffmpeg and a strict viewer play it."""

    def __init__(self, test, files, **backup):
        self.test = test
        self.primary, self.backup = test.hls_origin(), test.hls_origin()
        begin = time.monotonic() - JOIN
        for origin, more in [(self.primary, {}), (self.backup, backup)]:
            late = more.pop("late", 0)
            origin.channels.append(LiveChannel("/live", files, begin=begin + late, length=LENGTH, **more))
        url = test.play_url(test.server, *(f"{origin.url}/live/index.m3u8" for origin in (self.primary, self.backup)))
        self.stream = url.split("/")[-2]
        self.viewer = Viewer(test, f"{url}?client_id=viewer")
        self.player = FrameReader(test, url)

    def plays(self):
        return len(self.viewer.bodies) > 3 and len(self.player.lines) > 4 * FRAME_RATE

    def check_end(self, missed):
        """Both have reached it, and the viewer found nothing to object to."""
        self.player.finish()
        wait_until(lambda: self.viewer.ended, "the viewer reaches the end", 2 * LENGTH)
        self.test.assertEqual(self.viewer.faults, [])
        self.test.assertLessEqual(len(self.viewer.missed), missed, self.viewer.missed)
        self.test.assertEqual(stream_info(self.test.server, self.stream)["current_failover_index"], 1)

    def discontinuities(self):
        return {count for _, count in self.viewer.known.values()}


class Live(HlsTest):
    def setUp(self):
        super().setUp()
        self.files = self.segment_files()
        self.everything = pictures(frames(self.media.root / "live/index.m3u8"))
        self.assertEqual(len(set(self.everything)), SECONDS * FRAME_RATE)
        self.server = self.millrace()

    def test_the_backup_broadcasts_the_same(self):
        """Nothing changes, nothing is missing."""
        channel = Channel(self, self.files)
        wait_until(channel.plays, "it plays")
        channel.primary.kill()
        channel.check_end(missed=0)
        seen = channel.player.pictures()
        self.assertEqual(seen, self.everything[self.everything.index(seen[0]):])
        for number, body in channel.viewer.bodies.items():
            self.assertEqual(body, self.files[number].read_bytes())
        self.assertEqual(channel.discontinuities(), {0})

    def test_the_backup_is_another_stream(self):
        """Players go on to the last picture, behind one discontinuity. The channels run side by side: each takes its time."""
        backups = {"other names and higher numbers": {"name": "chunk", "first": 5000},
                   "higher numbers and signed URLs": {"first": 77, "tokens": True},
                   "other names, two seconds behind": {"name": "chunk", "late": 2},
                   "by hand": {"name": "chunk", "first": 300}}
        channels = {name: Channel(self, self.files, **backup) for name, backup in backups.items()}
        for name, channel in channels.items():
            with self.subTest(name=name):
                wait_until(channel.plays, "it plays")
                if name == "by hand":
                    self.ctl(self.server, "failover", channel.stream)
                else:
                    channel.primary.kill()
        for name, channel in channels.items():
            with self.subTest(name=name):
                # What it had read of, but the primary took with it.
                channel.check_end(missed=2)
                seen = channel.player.pictures()
                self.assertEqual(seen[-1], self.everything[-1])
                self.assertGreater(len(set(seen)), (LENGTH - JOIN) * FRAME_RATE * 0.7)
                self.assertEqual(channel.discontinuities(), {0, 1})
                self.assertEqual(channel.viewer.bodies[max(channel.viewer.bodies)], self.files[LENGTH - 1].read_bytes())


if __name__ == "__main__":
    main()
