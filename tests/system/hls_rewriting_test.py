"""Every URI of every playlist, followed through millrace, gives the bytes that the original gives; nothing else changed."""
import re
import urllib.parse

from hls_case import HlsTest, split_uris
from hls_origin import PLAYLIST_TYPE, Reply
from programs import fetch, main

KINDS = ["ts", "fmp4", "aes", "audio", "subtitles", "ranges", "fmp4_ranges"]

# References as providers write them; HOST is the origin. What they lead to answers with the target it was asked for.
REFERENCES = """
plain.ts
./dot.ts
../up/seg.ts
../../../above/the/root.ts
very/../dots/./and/../x.ts
/rooted/a.ts
//HOST/without/a/scheme.ts
http://HOST/absolute.ts?x=http://other.example/y.ts
HTTP://HOST/upper/scheme.ts
?query=only
seg.ts?a=1&b=%2F%20+x&empty=&flag
seg.ts?time=12:30&list=a,b;c
with%20space%2Fand%2fslash.ts
with space.ts
ünïcode/größe.ts?title=Ärger
a;parameter=1.ts
seg.ts#fragment
no-extension
folder/
segment.php?file=a/b.ts
.hidden
(1)!$'*,@.ts
UPPER.TS
""".strip().split("\n")

MASTER = '''#EXTM3U
#EXT-X-VERSION:12
#EXT-X-DEFINE:NAME="folder",VALUE="films"
#EXT-X-UNKNOWN:URI="stays.ts",OTHER="a,b"
# A comment with URI="stays.ts"
#EXT-X-SESSION-KEY:METHOD=AES-128,URI="skd://not-http"
#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,KEYFORMAT="a,b",URI="keys/session.key?x=1,2"
#EXT-X-SESSION-DATA:DATA-ID="com.example.data",LANGUAGE="en",URI="data.json"
#EXT-X-CONTENT-STEERING:SERVER-URI="/steering.json?video=1",PATHWAY-ID="A"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x, URI=\\"",URI="audio.m3u8"
#EXT-X-MEDIA:URI="/odd/words.m3u8",TYPE=SUBTITLES , GROUP-ID="s",NAME="first"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="none",INSTREAM-ID="CC1"
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="iframes.m3u8"
#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI="images.m3u8"

#EXT-X-STREAM-INF:BANDWIDTH=100000,AUDIO="a"
child.m3u8?session=abc
#EXT-X-STREAM-INF:BANDWIDTH=200000
{$folder}/no-extension-but-a-playlist?session=1
'''.replace('\\"', "'")

CHILD = '''#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-DEFINE:IMPORT="folder"
#EXT-X-DEFINE:QUERYPARAM="session"
#EXT-X-DEFINE:NAME="both",VALUE="{$folder}-{$session}"
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES
#EXT-X-MAP:URI="init.mp4",BYTERANGE="100@0"
#EXT-X-KEY:METHOD=AES-128,IV=0x01,URI="../keys/{$session}.key"
#EXT-X-DATERANGE:ID="ad1",CLASS="com.apple.hls.interstitial",X-ASSET-URI="ad.m3u8",X-OTHER="ad.m3u8"
#EXT-X-DATERANGE:ID="ad2",X-ASSET-LIST="list.json?x={$both}"
#EXTINF:4,Title with, comma and {$folder}
{$folder}/one.ts?s={$session}
#EXT-X-GAP
#EXTINF:4,
data:text/plain,inline
#EXT-X-PART:DURATION=1,URI="two.1.ts"
#EXTINF:4,
two.ts
#EXT-X-PART:URI="three.1.ts",DURATION=1,INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="three.2.ts"
#EXT-X-RENDITION-REPORT:URI="../odd/other.m3u8",LAST-MSN=3
'''
VARIABLES = {"folder": "films", "session": "abc", "both": "films-abc"}


def substituted(text):
    return re.sub(r"\{\$(\w+)\}", lambda match: VARIABLES[match[1]], text)


def as_sent(url):
    """What RFC 3986 forbids is percent-encoded, the rest stays; a fragment is not sent."""
    return urllib.parse.quote(urllib.parse.urldefrag(url)[0], safe="%/:?#[]@!$&'()*+,;=-._~")


def follow(url):
    """(the URL after redirects, body) of an origin's resource."""
    while True:
        status, headers, body = fetch(as_sent(url))
        if status != 302:
            return url, status, body
        url = urllib.parse.urljoin(url, headers["Location"])


class Rewriting(HlsTest):
    def setUp(self):
        super().setUp()
        self.origin_server = self.hls_origin()
        self.server = self.millrace()

    def add_page(self, path, text, kind=PLAYLIST_TYPE):
        self.origin_server.pages[path] = lambda _request: Reply(200, text.encode(), {"Content-Type": kind})

    def echo(self):
        """What is no page answers with the target that it was asked for."""
        self.origin_server.hooks.append(
            lambda request: None if request.path in self.origin_server.pages
            else Reply(200, request.target.encode(), {"Content-Type": "video/mp2t"}))

    def compare(self, original_url, url, seen=None):
        """Both playlists and everything behind them. Answers the number of resources."""
        seen = {} if seen is None else seen
        final_url, status, body = follow(original_url)
        self.assertEqual(status, 200, original_url)
        original, text = body.decode("utf-8-sig"), self.playlist(url).removeprefix("\ufeff")
        rest, uris = split_uris(original)
        new_rest, new_uris = split_uris(text)
        self.assertEqual(new_rest, rest)
        self.assertEqual(len(new_uris), len(uris))
        for before, after in zip(uris, new_uris):
            if re.match(r"(?!https?:)[a-z]+:", before, re.IGNORECASE):
                self.assertEqual(after, before)
                continue
            target = urllib.parse.urljoin(final_url, substituted(before))
            self.check_reference(target, after)
            # A player keeps the fragment for itself.
            new_url = urllib.parse.urldefrag(urllib.parse.urljoin(url, after))[0]
            if new_url in seen.setdefault(target, []):
                continue
            seen[target].append(new_url)
            # The same URL is the same token: players and caches compare. But segments count, and their init sections
            # may be ranges of the same file.
            self.assertLessEqual(len(seen[target]), 2)
            with self.subTest(reference=before):
                self.compare_targets(target, new_url, seen)
        return len(seen)

    def check_reference(self, target, after):
        """Relative, and the last thing in its path is the original's file name."""
        parts = urllib.parse.urlsplit(after)
        self.assertEqual((parts.scheme, parts.netloc), ("", ""))
        self.assertNotIn("/", parts.path)
        self.assertIn("client_id=", parts.query)
        name = urllib.parse.urlsplit(target).path.rsplit("/", 1)[-1]
        if re.fullmatch(r"[\w-]+\.\w+", name, re.ASCII):
            self.assertEqual(parts.path, name)
        self.assertNotIn(urllib.parse.urlsplit(target).netloc, after)

    def compare_targets(self, target, new_url, seen):
        _, status, body = follow(target)
        if body.removeprefix("\ufeff".encode()).startswith(b"#EXTM3U"):
            self.compare(target, new_url, seen)
            return
        new_status, _, new_body = fetch(new_url)
        self.assertEqual((new_status, new_body), (status, body))
        if len(body) > 1000:
            headers = {"Range": f"bytes=188-{len(body) // 2}"}
            new_status, _, new_body = fetch(new_url, headers)
            self.assertEqual((new_status, new_body), (206, body[188:len(body) // 2 + 1]))

    def test_media_of_every_kind(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                direct = f"{self.origin_server.url}/{self.media.kind(kind)}"
                resources = self.compare(direct, self.play_url(self.server, direct))
                self.assertGreaterEqual(resources, 4)

    def test_every_form_of_reference(self):
        self.echo()
        host = self.origin_server.url.removeprefix("http://")
        segments = "".join(f"#EXTINF:4,\n{line}\n" for line in REFERENCES).replace("HOST", host)
        text = f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n{segments}#EXT-X-ENDLIST\n"
        variants = {"list": text, "crlf": text.replace("\n", "\r\n"), "bom": "\ufeff" + text, "cut": text.rstrip("\n"),
                    "blank": text.replace("\n", "\n\n")}
        for name, playlist in variants.items():
            with self.subTest(name=name):
                path = f"/a/b/c/{name}.m3u8?token=1"
                self.add_page(path.partition("?")[0], playlist)
                direct = self.origin_server.url + path
                self.assertGreaterEqual(self.compare(direct, self.play_url(self.server, direct)), len(REFERENCES) - 1)

    def test_every_tag(self):
        self.echo()
        self.add_page("/odd/master.m3u8", MASTER)
        self.add_page("/odd/child.m3u8", CHILD)
        for path in ["audio.m3u8", "words.m3u8", "iframes.m3u8", "images.m3u8", "other.m3u8", "ad.m3u8",
                     "films/no-extension-but-a-playlist"]:
            self.add_page(f"/odd/{path}", "#EXTM3U\n#EXTINF:4,\nseg.ts\n#EXT-X-ENDLIST\n", "text/plain")
        direct = f"{self.origin_server.url}/odd/master.m3u8"
        self.assertGreaterEqual(self.compare(direct, self.play_url(self.server, direct)), 20)

    def test_references_count_from_where_a_redirect_led(self):
        self.echo()
        other = self.hls_origin()
        self.add_page("/far/away/list.m3u8", "#EXTM3U\n#EXTINF:4,\nseg.ts\n#EXTINF:4,\n../up.ts\n#EXTINF:4,\n?q\n")
        other.redirect("/old/", f"{self.origin_server.url}/far/")
        self.add_page("/odd/master.m3u8", f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{other.url}/old/away/list.m3u8?x=1\n")
        for direct in [f"{other.url}/old/away/list.m3u8?n=1", f"{self.origin_server.url}/odd/master.m3u8"]:
            with self.subTest(direct=direct):
                self.assertGreaterEqual(self.compare(direct, self.play_url(self.server, direct)), 3)

    def test_what_cannot_be_rewritten_is_not_sent(self):
        """An undefined variable: 502, and never the provider's own text."""
        for number, text in enumerate(["#EXTM3U\n#EXTINF:4,\n{$unknown}/secret-name.ts\n",
                                       '#EXTM3U\n#EXT-X-DEFINE:IMPORT="unknown"\n#EXTINF:4,\nsecret-name.ts\n']):
            with self.subTest(text=text):
                self.add_page(f"/bad{number}.m3u8", text)
                url = self.play_url(self.server, f"{self.origin_server.url}/bad{number}.m3u8")
                detail = self.problem(url, 502, "not-a-playlist")
                self.assertNotIn("secret-name", detail)


if __name__ == "__main__":
    main()
