"""Real players on HLS of every kind through millrace: they decode what they decode without it, to the end, and seek."""
import json
import socket
import subprocess

from hls_case import HlsTest, frames
from hls_media import FRAME_RATE, SECONDS, SUBTITLES
from programs import PATIENCE, clean_environment, die_with_parent, main, run, wait_until

KINDS = ["ts", "fmp4", "aes", "audio", "subtitles", "ranges", "fmp4_ranges"]
QUIET_MPV = ["mpv", "--no-config", "--vo=null", "--ao=null", "--ytdl=no"]


class Mpv:
    """mpv that is told what to do through its socket."""

    def __init__(self, test, url):
        path = test.folder / "mpv.socket"
        path.unlink(missing_ok=True)
        self.process = subprocess.Popen([*QUIET_MPV, f"--input-ipc-server={path}", "--keep-open=yes", url],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=clean_environment(), preexec_fn=die_with_parent)
        test.addCleanup(self.end)
        self.link = socket.socket(socket.AF_UNIX)
        test.addCleanup(self.link.close)
        self.link.settimeout(PATIENCE)
        wait_until(lambda: self.link.connect_ex(str(path)) == 0, "mpv listens")
        self.answers = self.link.makefile("r")
        test.addCleanup(self.answers.close)

    def tell(self, *words):
        self.link.sendall(json.dumps({"command": words, "request_id": 7}).encode() + b"\n")
        for line in self.answers:
            answer = json.loads(line)
            if answer.get("request_id") == 7:
                return answer
        raise AssertionError("mpv ended")

    def position(self):
        return self.tell("get_property", "time-pos").get("data") or 0

    def end(self):
        self.process.kill()
        self.process.wait()


class Players(HlsTest):
    def setUp(self):
        super().setUp()
        self.origin_server = self.hls_origin()
        self.server = self.millrace()

    def both(self, kind):
        direct = f"{self.origin_server.url}/{self.media.kind(kind)}"
        return direct, self.play_url(self.server, direct)

    def test_ffmpeg_decodes_the_same_frames(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                direct, url = self.both(kind)
                expected = frames(direct)
                self.assertGreater(expected.count(b"\n"), 2 * SECONDS * FRAME_RATE, "both qualities")
                self.assertEqual(frames(url), expected)

    def test_ffmpeg_seeks(self):
        for kind in ["ts", "fmp4_ranges"]:
            with self.subTest(kind=kind):
                direct, url = self.both(kind)
                self.assertEqual(frames(url, "-ss", "9.5"), frames(direct, "-ss", "9.5"))

    def test_ffmpeg_reads_the_subtitles(self):
        direct, url = self.both("subtitles")
        shown = [run("ffmpeg", "-v", "error", "-strict", "experimental", "-i", source, "-map", "0:s:0", "-f", "srt", "-")
                 .stdout.decode() for source in [direct, url]]
        self.assertEqual(shown[0], shown[1])
        for _, _, text in SUBTITLES:
            self.assertIn(text, shown[1])

    def test_ffmpeg_behind_a_provider_that_compresses_and_redirects(self):
        other = self.hls_origin()
        other.gzip_playlists = True
        self.origin_server.redirect("/old/", f"{other.url}/", 301)
        master = self.media.kind("aes")
        url = self.play_url(self.server, f"{self.origin_server.url}/old/{master}")
        # ffmpeg itself does not ask for gzip, hence the first origin for the comparison.
        self.assertEqual(frames(url), frames(f"{self.origin_server.url}/{master}"))

    def test_mpv_plays_to_the_end(self):
        # mpv 0.35 cannot start within fMP4, here or at the origin itself.
        for kind in KINDS:
            for start in ["0"] if "fmp4" in kind else ["0", "-3"]:
                with self.subTest(kind=kind, start=start):
                    _, url = self.both(kind)
                    done = run(*QUIET_MPV, "--ao-null-untimed", "--untimed", f"--start={start}", url)
                    self.assertIn(b"End of file", done.stdout)
                    self.assertNotIn(b"rror", done.stdout + done.stderr)

    def test_mpv_seeks_forth_and_back(self):
        for kind in ["ts", "fmp4"]:
            with self.subTest(kind=kind):
                player = Mpv(self, self.both(kind)[1])
                wait_until(lambda: player.position() > 0.5, "it plays")
                for target in [11, 4]:
                    self.assertEqual(player.tell("seek", target, "absolute+exact")["error"], "success")
                    wait_until(lambda: target <= player.position() < target + 2, f"it is at {target} s")
                    wait_until(lambda: player.position() > target + 0.5, "it plays on")
                player.end()


if __name__ == "__main__":
    main()
