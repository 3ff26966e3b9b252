"""Viewers of the same thing share upstream fetches: the provider sees one viewer."""
import threading
import time

from hls_case import HlsTest
from hls_origin import LiveChannel
from hls_viewer import Viewer
from programs import SANITIZED, fetch, main, wait_until

VIEWERS = 20 if SANITIZED else 100
LENGTH = 18
JOIN = 5


class Sharing(HlsTest):
    def test_many_viewers_of_a_live_stream(self):
        """One viewer's requests and those of many, of the same channel at the same time."""
        files = self.segment_files()
        begin = time.monotonic() - JOIN - 2
        origins = [self.hls_origin(), self.hls_origin()]
        for origin in origins:
            origin.channels.append(LiveChannel("/live", files, begin=begin, length=LENGTH))
        server = self.millrace("--threads", "2")
        one_url, many_url = [self.play_url(server, f"{origin.url}/live/index.m3u8") for origin in origins]
        one = Viewer(self, f"{one_url}?client_id=one", first=JOIN)
        many = [Viewer(self, f"{many_url}?client_id=v{number}", first=JOIN) for number in range(VIEWERS)]
        wait_until(lambda: all(each.ended for each in [one, *many]), "the channel ends")

        for each in [one, *many]:
            self.assertEqual((each.faults, each.missed), ([], []))
            self.assertEqual(sorted(each.bodies), list(range(JOIN, LENGTH)))
            for number, body in each.bodies.items():
                self.assertEqual(body, files[number % len(files)].read_bytes())
        segments = [origin.count(r"\.ts$") for origin in origins]
        playlists = [origin.count(r"\.m3u8$") for origin in origins]
        print(f"{VIEWERS} viewers / one: segments {segments[1]} / {segments[0]}, playlists {playlists[1]} / {playlists[0]}")
        self.assertLessEqual(segments[1], 1.05 * segments[0])
        # On a busy machine the one viewer reloads later than it would like to: once per target duration.
        self.assertLessEqual(playlists[1], 1.3 * max(playlists[0], LENGTH - JOIN))

    def test_signed_urls_that_change_with_each_reload(self):
        """Each viewer may hold other tokens; what a token does not change is fetched for each token at most."""
        origin = self.hls_origin()
        origin.channels.append(LiveChannel("/live", self.segment_files(), tokens=True, length=12))
        origin.channels[0].begin -= JOIN + 2
        server = self.millrace()
        url = self.play_url(server, f"{origin.url}/live/index.m3u8")
        viewers = [Viewer(self, f"{url}?client_id=v{number}", first=JOIN) for number in range(10)]
        wait_until(lambda: all(each.ended for each in viewers), "the channel ends")
        for each in viewers:
            self.assertEqual((each.faults, each.missed), ([], []))
            self.assertEqual(sorted(each.bodies), list(range(JOIN, 12)))

    def test_concurrent_requests_for_one_segment(self):
        origin = self.hls_origin()
        server = self.millrace("--threads", "2")
        url = self.play_url(server, f"{origin.url}/{self.media.kind('ts').replace('master', 'low/index')}")
        uris = [line for line in self.playlist(url).splitlines() if line and not line.startswith("#")]
        origin.delay = 0.5
        segment = url.replace("playlist.m3u8", uris[2])
        bodies = []
        threads = [threading.Thread(target=lambda: bodies.append(fetch(segment)[2])) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(set(bodies), {(self.media.root / "ts/low/seg2.ts").read_bytes()})
        self.assertEqual(len(bodies), 20)
        self.assertEqual(origin.count(r"seg2\.ts$"), 1)


if __name__ == "__main__":
    main()
