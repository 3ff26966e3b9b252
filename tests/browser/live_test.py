"""hls.js plays live streams through millrace, with low latency, too, and plays on when the primary dies."""
import time

from browser_case import HlsJs
from hls_media import LIVE_PARTS, SECONDS
from hls_origin import LiveChannel
from programs import main, wait_until
from streaming import stream_info


class Live(HlsJs):
    def live_url(self, *origins, kind="live", **more):
        """A channel that started six seconds ago, on each of the origins; `more` is for the last one."""
        files = self.segment_files(kind)
        begin = time.monotonic() - 6
        for origin in origins:
            origin.channels.append(LiveChannel("/live", files, begin=begin, **(more if origin is origins[-1] else {})))
        return self.play_url(self.server, *(f"{origin.url}/live/index.m3u8" for origin in origins))

    def test_plays_live_and_across_the_loop(self):
        self.open(self.live_url(self.origin_server, tokens=True, window=8))
        self.wait_for_playing(SECONDS - 8)
        wait_until(lambda: self.origin_server.count(f"-{SECONDS + 1}.ts$"), "the second round is fetched")
        self.wait_for_playing()

    def test_low_latency(self):
        self.open(self.live_url(self.origin_server, kind="parts", parts=LIVE_PARTS, blocking=True), lowLatencyMode=True)
        state = self.wait_for_playing(4)
        self.assertLess(state["latency"], 3)
        self.assertGreater(self.origin_server.count(r"\.\d\.ts$"), 8)
        self.assertTrue(any("_HLS_part" in request.query for request in self.origin_server.requests))

    def play_live_through_an_outage(self, **backup):
        origins = self.hls_origin(), self.hls_origin()
        url = self.live_url(*origins, **backup)
        for origin in origins:
            origin.channels[0].length = 20
        self.open(url)
        self.wait_for_playing(2)
        origins[0].kill()
        self.assertFalse(origins[0].channels[0].ended())
        self.wait_for(lambda now: now["ended"], "the end")
        self.assertGreater(origins[1].count("-19" if not backup.get("first") else f"-{backup['first'] + 19}"), 0)
        self.assertEqual(stream_info(self.server, url.split("/")[-2])["current_failover_index"], 1)

    def test_the_primary_dies_under_a_live_stream(self):
        self.play_live_through_an_outage()

    def test_the_primary_dies_and_the_backup_has_other_names(self):
        self.play_live_through_an_outage(name="chunk", first=300)


if __name__ == "__main__":
    main()
