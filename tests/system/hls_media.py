"""HLS media of every kind (RFC 8216), made by ffmpeg: short, small, H.264 baseline and AAC, which every player decodes.

Everything is packaged from the same two encodes, without encoding again: the kinds differ in their packages alone.
"""
import collections
import pathlib
import re

from programs import run

SECONDS = 16
FRAME_RATE = 25
SEGMENT_SECONDS = 2
SEGMENTS = SECONDS // SEGMENT_SECONDS
LIVE_PARTS = 4
CODECS = "avc1.42c01e,mp4a.40.2"

Quality = collections.namedtuple("Quality", "name size bandwidth")
QUALITIES = [Quality("low", "320x180", 300_000), Quality("high", "640x360", 800_000)]

KEY = bytes(range(16))
SUBTITLES = [(1, 3, "The first words"), (5, 7, "Straße und Café"), (9, 11, "Third"), (13, 15, "The last words")]


def segment_paths(playlist):
    """The files of a playlist's segments, in their order."""
    lines = playlist.read_text(encoding="utf-8").splitlines()
    return [playlist.parent / line for line in lines if line and not line.startswith("#")]


class Media:
    """Folders below `root`, one per kind; `kind("ts")` makes it if need be and answers its first playlist's path."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.made = {}

    def kind(self, name):
        if not self.made:
            self.made["encodes"] = self.encode()
        if name not in self.made:
            (self.root / name).mkdir()
            getattr(self, f"make_{name}")(self.root / name)
            playlist = self.root / name / "master.m3u8"
            self.made[name] = playlist if playlist.exists() else playlist.with_name("index.m3u8")
        return self.made[name].relative_to(self.root).as_posix()

    def encode(self):
        """Both qualities of the same programme. A key frame each second: live segments are that long."""
        outputs = []
        for quality in QUALITIES:
            outputs += ["-s", quality.size, "-map", "0", "-map", "1", "-c:v", "libx264", "-preset", "ultrafast",
                        "-profile:v", "baseline", "-level", "3.0", "-pix_fmt", "yuv420p", "-g", FRAME_RATE,
                        "-keyint_min", FRAME_RATE, "-sc_threshold", "0", "-b:v", quality.bandwidth * 3 // 4,
                        "-c:a", "aac", "-b:a", "64k", "-ac", "1", self.root / f"{quality.name}.mp4"]
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=duration={SECONDS}:size=640x360:rate={FRAME_RATE}",
            "-f", "lavfi", "-i", f"sine=duration={SECONDS}:beep_factor=2", *outputs)
        return self.root

    def package(self, folder, *options, quality="low", streams=("0",), segments="seg%d.ts",
                seconds=SEGMENT_SECONDS):
        """Segments and their playlist `index.m3u8` in a folder."""
        folder.mkdir(exist_ok=True)
        maps = [word for stream in streams for word in ("-map", stream)]
        run("ffmpeg", "-v", "error", "-i", self.root / f"{quality}.mp4", *maps, "-c", "copy", "-f", "hls",
            "-hls_time", seconds, "-hls_playlist_type", "vod", "-hls_segment_filename", folder / segments,
            *options, folder / "index.m3u8", cwd=folder)
        return folder / "index.m3u8"

    @staticmethod
    def master(folder, *media_tags, attributes=""):
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", *media_tags]
        for quality in QUALITIES:
            lines += [f'#EXT-X-STREAM-INF:BANDWIDTH={quality.bandwidth},RESOLUTION={quality.size},CODECS="{CODECS}"'
                      f"{attributes}", f"{quality.name}/index.m3u8?quality={quality.name}"]
        (folder / "master.m3u8").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def make_ts(self, folder):
        for quality in QUALITIES:
            self.package(folder / quality.name, quality=quality.name)
        self.master(folder)

    def make_fmp4(self, folder):
        for quality in QUALITIES:
            self.package(folder / quality.name, "-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4",
                         quality=quality.name, segments="seg%d.m4s")
        self.master(folder)

    def make_aes(self, folder):
        """AES-128 with a key that a query names, as key servers have it."""
        (folder / "key.bin").write_bytes(KEY)
        (folder / "key.info").write_text(f"../key.bin?token=a%2Fb&n=1\n{folder / 'key.bin'}\n{'0f' * 16}\n", encoding="ascii")
        for quality in QUALITIES:
            self.package(folder / quality.name, "-hls_key_info_file", folder / "key.info", quality=quality.name)
        self.master(folder)

    def make_audio(self, folder):
        """Sound apart from the pictures, in two renditions."""
        for quality in QUALITIES:
            self.package(folder / quality.name, quality=quality.name, streams=["0:v"])
        self.package(folder / "sound", streams=["0:a"])
        tags = [f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="{name}, sound",LANGUAGE="{language}",AUTOSELECT=YES,'
                f'DEFAULT={default},URI="sound/index.m3u8?language={language}"'
                for name, language, default in [("English", "en", "YES"), ("Deutsch", "de", "NO")]]
        self.master(folder, *tags, attributes=',AUDIO="aud"')

    def make_subtitles(self, folder):
        """WebVTT, one file per cue's quarter of the programme (RFC 8216 §3.5)."""
        for quality in QUALITIES:
            self.package(folder / quality.name, quality=quality.name)
        words = folder / "words"
        words.mkdir()
        quarter = SECONDS // len(SUBTITLES)
        lines = ["#EXTM3U", f"#EXT-X-TARGETDURATION:{quarter}", "#EXT-X-PLAYLIST-TYPE:VOD"]
        for number, (begin, end, text) in enumerate(SUBTITLES):
            (words / f"part{number}.vtt").write_text(
                "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:133200,LOCAL:00:00:00.000\n\n"
                f"00:00:{begin:02}.000 --> 00:00:{end:02}.000\n{text}\n", encoding="utf-8")
            lines += [f"#EXTINF:{quarter}.0,", f"part{number}.vtt"]
        (words / "index.m3u8").write_text("\n".join([*lines, "#EXT-X-ENDLIST", ""]), encoding="utf-8")
        tag = ('#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="sub",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,'
               'URI="words/index.m3u8"')
        self.master(folder, tag, attributes=',SUBTITLES="sub"')

    def make_ranges(self, folder):
        """All segments of a quality are byte ranges of one file."""
        for quality in QUALITIES:
            self.package(folder / quality.name, "-hls_flags", "single_file", quality=quality.name, segments="all.ts")
        self.master(folder)

    def make_fmp4_ranges(self, folder):
        """The init section is a byte range of the one file, too."""
        for quality in QUALITIES:
            self.package(folder / quality.name, "-hls_segment_type", "fmp4", "-hls_flags", "single_file",
                         quality=quality.name, segments="all.mp4")
        self.master(folder)

    def make_live(self, folder):
        """Segments of one second for a live channel."""
        self.package(folder, seconds=1)

    def make_parts(self, folder):
        """Quarters of these segments, for low latency; the first of four begins with a key frame."""
        self.package(folder, "-hls_flags", "split_by_time", seconds=1 / LIVE_PARTS)


def renamed(playlist, folder, prefix):
    """A copy of a media playlist and its segments as another provider names them."""
    folder.mkdir(parents=True)
    text = playlist.read_text(encoding="utf-8")
    for path in set(segment_paths(playlist)):
        name = prefix + path.name
        (folder / name).write_bytes(path.read_bytes())
        text = re.sub(rf"^{re.escape(path.name)}$", name, text, flags=re.MULTILINE)
    (folder / "index.m3u8").write_text(text, encoding="utf-8")
