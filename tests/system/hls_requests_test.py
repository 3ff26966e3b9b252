"""HLS requests as curl makes them: types, CORS, ranges, what is refused, and what a viewer must not see."""
import re
import urllib.parse

from hls_case import HlsTest, frames, split_uris
from hls_origin import HlsOrigin, LiveChannel, Reply
from programs import fetch, main, run, wait_until
from streaming import call

PAGE = {"Origin": "http://page.example:8080"}


def curl(*options):
    """(status, headers in lower case, body) of curl's request."""
    done = run("curl", "--silent", "--include", "--max-time", "60", *options)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}, body


class Requests(HlsTest):
    def setUp(self):
        super().setUp()
        self.origin_server = self.hls_origin()
        self.server = self.millrace()
        self.base = self.origin_server.url

    def open_master(self, kind, **more):
        """(the master's URL, the URLs in the first variant, by name)"""
        return self.urls_behind(self.play_url(self.server, f"{self.base}/{self.media.kind(kind)}", **more))

    def urls_behind(self, url):
        variant = urllib.parse.urljoin(url, split_uris(self.playlist(url))[1][-2])
        names = {}
        for uri in split_uris(self.playlist(variant))[1]:
            names.setdefault(uri.partition("?")[0], urllib.parse.urljoin(variant, uri))
        return url, {"index.m3u8": variant, **names}

    def test_types(self):
        expected = {"ts": {"seg0.ts": "video/mp2t"}, "fmp4": {"init.mp4": "video/mp4", "seg0.m4s": "video/iso.segment"},
                    "aes": {"key.bin": "application/octet-stream", "seg1.ts": "video/mp2t"}}
        for kind, names in expected.items():
            master, urls = self.open_master(kind)
            for name, wanted in {"index.m3u8": "application/vnd.apple.mpegurl", **names}.items():
                with self.subTest(kind=kind, name=name):
                    self.assertEqual(curl(urls[name])[1]["content-type"], wanted)
            self.assertEqual(curl(master)[1]["cache-control"], "no-cache")

    def test_head_says_what_get_says(self):
        master, urls = self.open_master("ts")
        for url in [master, urls["index.m3u8"], urls["seg2.ts"]]:
            with self.subTest(url=url):
                status, headers, body = curl(url)
                self.assertEqual((status, int(headers["content-length"])), (200, len(body)))
                head_status, head_headers, head_body = curl("--head", url)
                self.assertEqual((head_status, head_body), (200, b""))
                for name in ["content-type", "content-length"]:
                    self.assertEqual(head_headers[name], headers[name])

    def test_ranges_of_a_segment(self):
        _, urls = self.open_master("ts")
        segment = (self.media.root / "ts/low/seg3.ts").read_bytes()
        status, headers, body = curl(urls["seg3.ts"])
        self.assertEqual((status, headers["accept-ranges"], body), (200, "bytes", segment))
        for asked, wanted in [("188-375", segment[188:376]), ("-188", segment[-188:]), ("1000-", segment[1000:])]:
            with self.subTest(range=asked):
                status, headers, body = curl("--range", asked, urls["seg3.ts"])
                begin = len(segment) - len(wanted) if asked.startswith("-") else int(asked.partition("-")[0])
                self.assertEqual((status, body), (206, wanted))
                self.assertEqual(headers["content-range"], f"bytes {begin}-{begin + len(wanted) - 1}/{len(segment)}")
        status, headers, _ = curl("--range", f"{len(segment)}-", urls["seg3.ts"])
        self.assertEqual((status, headers["content-range"]), (416, f"bytes */{len(segment)}"))

    def test_pages_of_other_origins_may_read_everything(self):
        master, urls = self.open_master("ts")
        refused = urls["seg0.ts"].replace("seg0.ts", "seg1.ts")
        for url, wanted in [(master, 200), (urls["index.m3u8"], 200), (urls["seg0.ts"], 200), (refused, 403)]:
            with self.subTest(url=url):
                status, headers, _ = fetch(url, PAGE)
                self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (wanted, "*"))
                self.assertTrue(headers["Access-Control-Expose-Headers"])
                asked = {**PAGE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
                status, headers, _ = fetch(url, asked, "OPTIONS")
                self.assertIn(status, [200, 204])
                self.assertEqual(headers["Access-Control-Allow-Origin"], "*")
                self.assertIn("range", headers["Access-Control-Allow-Headers"].lower())

    def test_what_millrace_did_not_write_is_refused(self):
        _, urls = self.open_master("ts")
        _, others = self.open_master("aes")
        url = urls["seg0.ts"]
        token = re.search(r"[?&]t=([^&]+)", url)[1]
        changed = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
        forged = [url.replace(token, changed), url.replace(token, token[4:]), url.replace(token, ""), url.partition("?")[0],
                  url.replace("seg0.ts", "seg1.ts"), url + "&x=1", url + "&url=http://127.0.0.1/", f"{url}&t={token}",
                  url.replace(token, re.search(r"[?&]t=([^&]+)", others["seg1.ts"])[1]),
                  f"{urls['index.m3u8'].rpartition('/')[0]}/{self.base}/ts/low/seg0.ts"]
        for each in forged:
            with self.subTest(url=each):
                status, headers, body = fetch(each)
                self.assertIn(status, [403, 404])
                self.assertEqual(headers["Content-Type"], "application/problem+json")
                self.assertNotIn(self.base.encode(), body)
        self.problem(forged[0], 403, "forbidden")
        self.assertEqual(fetch(url + "&_HLS_msn=1")[0], 200)
        self.problem(f"{self.server.url}/hls/{'0' * 32}/playlist.m3u8", 404, "not-found")

    def test_what_is_no_playlist(self):
        for number, body in enumerate([b"<html>sorry</html>", b"", b"\x47" + bytes(187), b"EXTM3U\n"]):
            with self.subTest(body=body[:20]):
                self.origin_server.pages[f"/{number}.m3u8"] = lambda _request, body=body: Reply(200, body)
                self.problem(self.play_url(self.server, f"{self.base}/{number}.m3u8"), 502, "not-a-playlist")

    def test_an_upstream_that_refuses(self):
        self.origin_server.pages["/no.m3u8"] = lambda _request: Reply(403, b"pay first")
        self.problem(self.play_url(self.server, f"{self.base}/no.m3u8"), 403, "upstream")
        self.problem(self.play_url(self.server, f"{self.base}/missing.m3u8"), 404, "upstream")

    def test_the_provider_stays_unseen(self):
        """Neither its address nor passwords, in playlists, headers and errors."""
        master = self.media.kind("ts")
        host = self.base.removeprefix("http://")
        url, urls = self.urls_behind(self.play_url(self.server, f"http://user:pass-word@{host}/{master}?secret=key-word"))
        self.origin_server.hooks.append(lambda request: Reply(404) if request.path.endswith("seg5.ts") else None)
        for each in [url, *urls.values()]:
            _, headers, body = fetch(each, {"Range": "bytes=0-3000"})
            if not body.startswith(b"\x47"):
                self.assertNotRegex(body.decode(), "pass-word|key-word|/ts/")
            if body.startswith(b"#EXTM3U"):
                self.assertNotIn(host, body.decode())
            self.assertNotRegex(str(headers), f"{host}|pass-word|key-word")
        self.assertNotRegex(self.server.log(), "pass-word|key-word")
        self.assertTrue(all(request.headers["Authorization"] for request in self.origin_server.requests))

    def test_headers_that_a_provider_wants(self):
        self.origin_server.require("X-Subscriber", "42")
        self.origin_server.hooks.append(
            lambda request: None if request.headers["User-Agent"] == "set-top box" else Reply(403))
        _, urls = self.open_master("aes", headers={"X-Subscriber": "42"}, user_agent="set-top box")
        for name, url in urls.items():
            with self.subTest(name=name):
                self.assertEqual(fetch(url)[0], 200)

    def test_a_compressed_playlist(self):
        self.origin_server.gzip_playlists = True
        _, urls = self.open_master("ts")
        status, headers, body = curl(urls["index.m3u8"])
        self.assertEqual((status, body[:7]), (200, b"#EXTM3U"))
        self.assertNotIn("content-encoding", headers)

    def test_behind_a_reverse_proxy_with_a_path_prefix(self):
        front = HlsOrigin()
        self.addCleanup(front.end)

        def forward(request):
            status, headers, body = fetch(self.server.url + request.target.removeprefix("/tv/box"),
                                          {"Range": request.headers["Range"]} if request.headers["Range"] else {})
            kept = ["Content-Type", "Content-Range", "Accept-Ranges"]
            return Reply(status, body, {name: headers[name] for name in kept if headers[name]})
        front.hooks.append(forward)
        for kind in ["audio", "fmp4_ranges"]:
            with self.subTest(kind=kind):
                direct = f"{self.base}/{self.media.kind(kind)}"
                url = self.play_url(self.server, direct).replace(self.server.url, f"{front.url}/tv/box")
                self.assertEqual(frames(url), frames(direct))

    def test_blocking_reloads_wait(self):
        """Longer than the time-outs of other requests (RFC 8216bis §6.2.5.2), and with the player's directives."""
        server = self.millrace("--read-timeout", "1", "--live-stall", "1")
        files = self.segment_files()
        channel = LiveChannel("/ll", files, seconds=4, blocking=True, first=100)
        channel.begin -= 4 * 5
        self.origin_server.channels.append(channel)
        url = self.play_url(server, f"{self.base}/ll/index.m3u8")
        self.assertIn("seg-104.ts", self.playlist(url))
        text = self.playlist(f"{url}?_HLS_msn=105")
        self.assertIn("seg-105.ts", text)
        self.assertEqual(self.origin_server.requests[-1].query, {"_HLS_msn": "105"})
        self.assertIn("seg-106.ts", self.playlist(f"{url}?_HLS_msn=106&_HLS_part=0&_HLS_skip=YES"))
        self.assertEqual(self.origin_server.requests[-1].query, {"_HLS_msn": "106", "_HLS_part": "0", "_HLS_skip": "YES"})

    def test_counters(self):
        """Segments and their bytes count for the master's stream and for its client."""
        url = self.play_url(self.server, f"{self.base}/{self.media.kind('fmp4')}")
        stream = url.split("/")[-2]
        _, urls = self.urls_behind(f"{url}?client_id=counted")
        segments = [fetch(each)[2] for name, each in urls.items() if name.startswith("seg")]
        wait_until(lambda: call(self.server, "GET", "/clients/counted")[1]["segments_served"] == len(segments), "8 segments")
        client = call(self.server, "GET", "/clients/counted")[1]
        info = call(self.server, "GET", f"/streams/{stream}")[1]["stream"]
        self.assertEqual(client["stream_id"], stream)
        self.assertEqual(info["total_segments_served"], len(segments))
        self.assertEqual(info["stream_type"], "hls")
        self.assertGreater(client["bytes_served"], sum(map(len, segments)))
        self.assertEqual(info["total_bytes_served"], client["bytes_served"])
        self.assertEqual(call(self.server, "GET", "/streams")[1]["total"], 1)

    def test_urls_outlive_a_restart(self):
        server = self.millrace("--secret", "the same")
        _, urls = self.urls_behind(self.play_url(server, f"{self.base}/{self.media.kind('ts')}"))
        server.end()
        path = urllib.parse.urlsplit(urls["seg4.ts"])
        again = self.millrace("--secret", "the same")
        status, _, body = fetch(f"{again.url}{path.path}?{path.query}")
        self.assertEqual((status, body), (200, (self.media.root / "ts/low/seg4.ts").read_bytes()))
        other = self.millrace("--secret", "another")
        self.assertIn(fetch(f"{other.url}{path.path}?{path.query}")[0], [403, 404])

    def test_a_deleted_stream_stays_away(self):
        url, urls = self.open_master("ts")
        self.assertEqual(call(self.server, "DELETE", f"/streams/{url.split('/')[-2]}")[0], 200)
        for each in [url, urls["index.m3u8"], urls["seg0.ts"]]:
            self.problem(each, 404, "not-found")


if __name__ == "__main__":
    main()
