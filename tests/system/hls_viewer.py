"""A player of a live playlist without a decoder: it reloads and fetches as RFC 8216 §6.3 asks, and watches the numbers."""
import collections
import http.client
import re
import threading
import time
import urllib.parse

from programs import PATIENCE

Segment = collections.namedtuple("Segment", "number uri discontinuities")


def live_segments(text):
    """(target duration, ended, segments) of a media playlist."""
    number = discontinuities = target = 0
    segments = []
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == "#EXT-X-TARGETDURATION":
            target = int(value)
        elif name == "#EXT-X-MEDIA-SEQUENCE":
            number = int(value)
        elif name == "#EXT-X-DISCONTINUITY-SEQUENCE":
            discontinuities = int(value)
        elif name == "#EXT-X-DISCONTINUITY":
            discontinuities += 1
        elif line and not line.startswith("#"):
            segments.append(Segment(number, line, discontinuities))
            number += 1
    return target, "#EXT-X-ENDLIST" in text, segments


class Viewer:
    """Plays in a thread of its own from the segment `first` on (None: the third last) until the playlist ends.

    `bodies`: the segments' bytes by number. `missed`: what it had to leave out. `faults`: what a player could not cope with.
    """

    def __init__(self, test, url, first=None):
        parts = urllib.parse.urlsplit(url)
        self.url, self.next = url, first
        self.link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
        self.known, self.bodies = {}, {}
        self.missed, self.faults = [], []
        self.newest = -1
        self.reloads = 0
        self.ended = False
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.play, daemon=True)
        self.thread.start()
        test.addCleanup(self.stop)

    def stop(self):
        self.stopping.set()
        self.thread.join(PATIENCE)

    def fetch(self, url, failures):
        """The body, or None and one more of the `failures`."""
        parts = urllib.parse.urlsplit(url)
        for attempt in (1, 2):
            try:
                self.link.request("GET", f"{parts.path}?{parts.query}")
                answer = self.link.getresponse()
                body = answer.read()
                if answer.status == 200:
                    return body
                failures.append(f"{parts.path}: {answer.status} {body[:300]}")
                return None
            except (OSError, http.client.HTTPException) as error:
                self.link.close()
                if attempt == 2:
                    failures.append(f"{parts.path}: {error!r}")
        return None

    def play(self):
        while not self.stopping.is_set() and not self.ended:
            begin = time.monotonic()
            text = self.fetch(self.url, self.faults)
            pause = 0.5
            if text is not None:
                self.reloads += 1
                target, ended, segments = live_segments(text.decode())
                changed = self.check(segments)
                self.collect(segments)
                self.ended = ended
                pause = target if changed else target / 2
            self.stopping.wait(0 if self.ended else max(begin + pause - time.monotonic(), 0))
        self.link.close()

    def check(self, segments):
        """Whether something came. What is in a playlist under a number stays as it is (RFC 8216 §6.2.2)."""
        before = self.newest
        for each in segments:
            name = each.uri.partition("?")[0], each.discontinuities
            if self.known.setdefault(each.number, name) != name:
                self.faults.append(f"number {each.number} was {self.known[each.number]}, is {name}")
        if segments:
            self.newest = max(self.newest, segments[-1].number)
            if segments[-1].number < before:
                self.faults.append(f"the newest number {before} is now {segments[-1].number}")
        return self.newest != before

    def collect(self, segments):
        if self.next is None and segments:
            self.next = segments[max(len(segments) - 3, 0)].number
        for each in segments:
            if each.number > self.next:
                self.missed.append(f"{self.next} to {each.number} slid out")
                self.next = each.number
            if each.number == self.next:
                body = self.fetch(urllib.parse.urljoin(self.url, each.uri), self.missed)
                if body is not None:
                    self.bodies[each.number] = body
                self.next += 1
