"""What stands before an HLS origin: nothing, nginx that rewrites URLs with sub_filter, or millrace; and such origins."""

import contextlib
import dataclasses
import functools
import http.client
import itertools
import os
import re
import urllib.parse
import urllib.request

from . import peers
from .hls_origin import CHANGING, PLAYLIST_TYPE, OriginProcess, sign
from .live_clients import post
from .processes import BenchmarkError, free_port

SECONDS = 30
SEGMENTS = "/media/channel-17/1080p/segment_"


def media_playlist(origin, segments, live=False, query=""):
    """With absolute URLs, as those CDNs write them for which a proxy has to rewrite."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:6", "#EXT-X-MEDIA-SEQUENCE:100000"]
    for number in range(100_000, 100_000 + segments):
        lines += ["#EXTINF:6.006000,", f"{origin}{SEGMENTS}{number}.ts{query}"]
    return "\n".join([*lines, *([] if live else ["#EXT-X-ENDLIST"]), ""])


@dataclasses.dataclass(frozen=True)
class PlaylistOrigin:
    url: str
    asked: object  # () -> requests so far


@contextlib.contextmanager
def static_origin(setting, segments):
    """nginx with /live.m3u8 and /vod.m3u8. A segment's body is its path."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    files = setting.scratch / f"origin-{port}"
    files.mkdir()
    (files / "live.m3u8").write_text(media_playlist(url, segments, live=True))
    (files / "vod.m3u8").write_text(media_playlist(url, segments))
    questions = itertools.count(1)

    def asked():
        # Each question counts itself, too.
        said = re.search(rb"\n\s*\d+ \d+ (\d+)", fetch(f"{url}/requests"))
        return int(said.group(1)) - next(questions)

    with peers.nginx(setting, "nginx as origin", f"""server {{ listen 127.0.0.1:{port}; root {files};
    types {{ {PLAYLIST_TYPE} m3u8; }}
    location /media/ {{ return 200 $uri; }}
    location = /requests {{ stub_status; }}
  }}""", port):
        yield PlaylistOrigin(url, asked)


@contextlib.contextmanager
def signing_origin(_, segments):
    """All its playlists have ended, and each answer signs all URLs anew. A segment's body is its path."""
    text = functools.partial(media_playlist, segments=segments, query=f"?token={CHANGING}")
    with OriginProcess(sign, SEGMENTS.encode(), text) as process:
        yield PlaylistOrigin(process.url, lambda: process.counts().get("playlists", 0))


def nginx_rewriter(cached):
    def serve(setting, origin):
        port = free_port()
        folder = setting.scratch / f"cache-{port}"
        # Those who wait for a cache lock look every 500 ms only: while one request fetches, the others get the old one.
        keep = f"""proxy_cache_path {folder} keys_zone=kept:10m; proxy_cache kept; proxy_cache_lock on;
  proxy_cache_use_stale updating;""" if cached else ""
        # Providers forbid to cache live playlists; a second is what a viewer does not notice.
        briefly = "proxy_ignore_headers Cache-Control Expires; proxy_cache_valid 200 1s;" if cached else ""
        target = urllib.parse.urlsplit(origin).netloc
        # With sendfile, what is in the cache comes ten times slower through sub_filter.
        return peers.nginx(setting, "nginx", f"""upstream origin {{ server {target}; keepalive 64; }}
  {keep} {peers.KIBI_64_BUFFERS}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Accept-Encoding "";
  server {{ listen 127.0.0.1:{port}; sendfile off;
    location / {{ proxy_pass http://origin; }}
    location ~ \\.m3u8$ {{ proxy_pass http://origin; {briefly}
      sub_filter {origin}/ /; sub_filter_once off; sub_filter_types {PLAYLIST_TYPE}; }}
  }}""", port, workers=os.cpu_count())
    return serve


@dataclasses.dataclass(frozen=True)
class HlsPeer:
    name: str
    serve: object = None  # (setting, origin) -> Server, None without a proxy
    streams: bool = False  # a URL is made a stream first

    def running(self, setting, origin):
        return self.serve(setting, origin) if self.serve else contextlib.nullcontext()

    def path(self, server, url):
        """Where the playlist of that URL is found."""
        return post(server, url) if self.streams else "/" + url.split("/", 3)[3]


DIRECT = HlsPeer("direct, nothing rewritten")
NGINX = HlsPeer("nginx, sub_filter", nginx_rewriter(cached=False))
NGINX_CACHE = HlsPeer("nginx, sub_filter, cache of 1 s", nginx_rewriter(cached=True))
MILLRACE = HlsPeer("millrace", peers.millrace, streams=True)


def fetch(url):
    """The body, never through a proxy of the environment."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=SECONDS) as answer:
            return answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise BenchmarkError(f"{url}: {error}") from error


def check_rewriting(origin, base, path, segments):
    """A peer that answers fast but wrongly is not measured: nothing leads past it, and its URLs lead to the segments."""
    text = fetch(base + path).decode()
    uris = [line for line in text.splitlines() if line and not line.startswith("#")]
    if len(uris) != segments or (base != origin and origin in text):
        raise BenchmarkError(f"{base}{path}: {len(uris)} of {segments} segments, or not all of them rewritten")
    for number, uri in [(100_000, uris[0]), (99_999 + segments, uris[-1])]:
        body = fetch(urllib.parse.urljoin(base + path, uri))
        if body != f"{SEGMENTS}{number}.ts".encode():
            raise BenchmarkError(f"{base}{path}: {uri} leads to {body[:200]!r}")
