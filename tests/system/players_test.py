"""Real players on real files: what they decode through millrace is what they decode without it."""
import pathlib
import tempfile

from programs import SystemTest, main, run

FORMATS = {
    "film.mp4": ["-c:v", "mpeg4", "-c:a", "aac"],  # the index (moov) stands at the end
    "film.mkv": ["-c:v", "mpeg4", "-c:a", "aac"],
    "film.ts": ["-c:v", "mpeg2video", "-c:a", "mp2"],
}


class Players(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="millrace-media-")
        cls.addClassCleanup(folder.cleanup)
        cls.media = pathlib.Path(folder.name)
        for name, codecs in FORMATS.items():
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=duration=12:size=480x270:rate=25",
                "-f", "lavfi", "-i", "sine=duration=12", "-b:v", "3M", *codecs, cls.media / name)

    def setUp(self):
        origin = self.origin("--root", self.media)
        # Small chunks: the files are split although they are small.
        server = self.millrace("--chunk-size", "256K")
        self.urls = {name: server.stream_url(f"{origin.url}/{name}?file={name}&delay=5ms") for name in FORMATS}

    def test_ffmpeg_decodes_the_same_frames(self):
        def frames(source):
            return run("ffmpeg", "-v", "error", "-i", source, "-f", "framemd5", "-").stdout

        for name, url in self.urls.items():
            with self.subTest(name=name):
                direct = frames(self.media / name)
                self.assertGreater(len(direct), 10_000)
                self.assertEqual(frames(url), direct)

    def test_ffmpeg_seeks(self):
        def frames(source):
            return run("ffmpeg", "-v", "error", "-ss", "9", "-i", source, "-f", "framemd5", "-").stdout

        for name, url in self.urls.items():
            with self.subTest(name=name):
                self.assertEqual(frames(url), frames(self.media / name))

    def test_mpv_plays_from_the_start_and_near_the_end(self):
        for name, url in self.urls.items():
            for start in ["0", "-2"]:
                with self.subTest(name=name, start=start):
                    done = run("mpv", "--no-config", "--vo=null", "--ao=null", "--ao-null-untimed", "--untimed", "--ytdl=no",
                               f"--start={start}", url)
                    self.assertIn(b"End of file", done.stdout)


if __name__ == "__main__":
    main()
