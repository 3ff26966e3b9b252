"""What the tests of HLS share: media made once per program, origins, posted streams, and playlists taken apart."""
import pathlib
import re
import tempfile

from hls_media import Media, segment_paths
from hls_origin import HlsOrigin
from programs import fetch, run
from streaming import StreamTest

# The tags with URIs (draft-pantos-hls-rfc8216bis §4.4) and their attributes.
TAGS = re.compile("#EXT-X-(KEY|SESSION-KEY|MAP|MEDIA|I-FRAME-STREAM-INF|PART|PRELOAD-HINT|RENDITION-REPORT|SESSION-DATA|"
                  "IMAGE-STREAM-INF|DATERANGE|CONTENT-STEERING):")
URI = re.compile(r'((?:URI|X-ASSET-LIST)=")([^"]*)(")')


def frames(source, *options, maps=("0:v", "0:a")):
    """What ffmpeg decodes: one line of framemd5 for each picture and each piece of sound."""
    words = [word for stream in maps for word in ("-map", stream)]
    return run("ffmpeg", "-nostdin", "-v", "error", *options, "-i", source, *words, "-fps_mode", "passthrough",
               "-f", "framemd5", "-").stdout


def pictures(lines):
    """The hashes of the first video stream's frames."""
    rows = [line.split(b",") for line in lines.splitlines() if not line.startswith(b"#")]
    return [row[-1].strip() for row in rows if row[0].strip() == b"0"]


def split_uris(text):
    """(everything else, the URIs) of a playlist: what is not a URI is compared byte for byte."""
    uris, rest = [], []

    def take(match):
        uris.append(match[2])
        return match[1] + match[3]
    for line in text.split("\n"):
        bare = line.rstrip("\r")
        if TAGS.match(bare):
            rest.append(URI.sub(take, line))
        elif bare.strip() and not bare.startswith("#"):
            uris.append(bare)
            rest.append("<URI>" + line[len(bare):])
        else:
            rest.append(line)
    return "\n".join(rest), uris


class HlsTest(StreamTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="millrace-media-")
        cls.addClassCleanup(folder.cleanup)
        cls.media = Media(pathlib.Path(folder.name))

    def hls_origin(self, root=None):
        origin = HlsOrigin(root or self.media.root)
        self.addCleanup(origin.end)
        return origin

    def segment_files(self, kind="live"):
        """The segments of a single playlist, in order."""
        return segment_paths(self.media.root / self.media.kind(kind))

    def play_url(self, server, primary, *failover, **more):
        """The address for a player, of a stream that is posted."""
        return f"{server.url}/hls/{self.post(server, primary, *failover, **more)}/playlist.m3u8"

    def playlist(self, url):
        """The text of a playlist; fails when it is none."""
        status, headers, body = fetch(url)
        self.assertEqual(status, 200, body[:500])
        self.assertEqual(headers["Content-Type"], "application/vnd.apple.mpegurl")
        return body.decode()

    def problem(self, url, status, code, **request):
        """The detail of an error response."""
        got, headers, body = fetch(url, **request)
        self.assertEqual(got, status, body[:500])
        self.assertEqual(headers["Content-Type"], "application/problem+json")
        self.assertIn(f'"code":"{code}"', body.decode().replace(" ", ""))
        return body.decode()
