"""hls.js plays films of every kind through millrace, seeks, switches, and does not notice that the primary dies."""
from browser_case import SHORT_BUFFER, HlsJs
from hls_media import SECONDS, SUBTITLES, renamed
from programs import main, wait_until
from streaming import stream_info

HEIGHTS = [180, 360]


class Films(HlsJs):
    def test_plays_a_master_to_the_end(self):
        state = self.open_kind("ts")
        self.assertEqual(state["levels"], HEIGHTS)
        self.assertAlmostEqual(state["duration"], SECONDS, delta=0.5)
        self.check_network(self.wait_for_end())

    def test_plays_every_kind(self):
        for kind in ["fmp4", "aes", "ranges", "fmp4_ranges", "audio"]:
            with self.subTest(kind=kind):
                self.open_kind(kind)
                self.check_network(self.wait_for_end())

    def test_other_sound(self):
        state = self.open_kind("audio", **SHORT_BUFFER)
        self.assertEqual(state["audioTracks"], ["English, sound", "Deutsch, sound"])
        self.browser.run("hls.audioTrack = 1")
        wait_until(lambda: any(request.query.get("language") == "de" for request in self.origin_server.requests),
                   "the other rendition is fetched")
        self.wait_for_playing()

    def test_subtitles(self):
        self.open_kind("subtitles")
        texts = {text for _, _, text in SUBTITLES}
        self.wait_for(lambda now: texts <= set(now["cues"]), "all subtitles are there")

    def test_seeks(self):
        self.open_kind("ts", **SHORT_BUFFER)
        for target in [SECONDS - 4, 5]:
            self.browser.run("video.currentTime = arguments[0]", target)
            self.wait_for(lambda now: target + 0.5 < now["time"] < target + 3, f"it plays at {target} s")
        self.check_network(self.wait_for_end())

    def test_switches_the_quality(self):
        self.open_kind("fmp4", startLevel=0, **SHORT_BUFFER)
        for level in [0, 1, 0]:
            self.browser.run("hls.currentLevel = arguments[0]", level)
            self.wait_for(lambda now: now["height"] == HEIGHTS[level], f"pictures of {HEIGHTS[level]} lines")
            self.wait_for_playing(0.5)

    def test_the_primary_dies_under_a_film(self):
        backup = self.hls_origin()
        path = self.media.kind("ts")
        other = f"other/{path.replace('master', 'low/index')}"
        if not (self.media.root / other).exists():
            renamed(self.media.root / "ts/low/index.m3u8", (self.media.root / other).parent, "part-")
        cases = {"same names": (path, path), "other names": (path.replace("master", "low/index"), other)}
        for name, (first, second) in cases.items():
            with self.subTest(name=name):
                primary = self.hls_origin()
                url = self.play_url(self.server, f"{primary.url}/{first}", f"{backup.url}/{second}")
                self.open(url, **SHORT_BUFFER)
                self.wait_for_playing()
                primary.kill()
                self.assertEqual(primary.count("seg7"), 0)
                self.wait_for_end()
                self.assertGreater(backup.count("seg7"), 0)
                self.assertEqual(stream_info(self.server, url.split("/")[-2])["current_failover_index"], 1)


if __name__ == "__main__":
    main()
