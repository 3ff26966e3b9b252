"""hls.js in headless Chromium, on a page of another origin, for the tests of this folder.

CTest sets MILLRACE_HLS_JS, the library's file, and MILLRACE_SCREENSHOTS, the folder for a picture of each test's end.
"""
import os
import pathlib
import tempfile

from hls_case import HlsTest
from hls_media import SECONDS
from hls_origin import HlsOrigin, Reply
from programs import wait_until
from webdriver import Browser

HERE = pathlib.Path(__file__).parent
# Little is buffered ahead: what a test does to the origin is felt.
SHORT_BUFFER = {"maxBufferLength": 3, "maxMaxBufferLength": 3}
PATIENT = 90


class HlsJs(HlsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="millrace-browser-", ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        cls.page = HlsOrigin()
        cls.addClassCleanup(cls.page.end)
        files = {"/": (HERE / "page.html", "text/html"), "/player.js": (HERE / "player.js", "text/javascript"),
                 "/hls.js": (pathlib.Path(os.environ["MILLRACE_HLS_JS"]), "text/javascript")}
        for path, (file, kind) in files.items():
            reply = Reply(200, file.read_bytes(), {"Content-Type": kind})
            cls.page.pages[path] = lambda _request, reply=reply: reply
        cls.browser = Browser(pathlib.Path(folder.name))
        cls.addClassCleanup(cls.browser.end)

    def setUp(self):
        super().setUp()
        self.origin_server = self.hls_origin()
        self.server = self.millrace()

    def tearDown(self):
        """What the page looked like in the end, and no fatal error whatever it did."""
        folder = pathlib.Path(os.environ["MILLRACE_SCREENSHOTS"])
        self.browser.screenshot(folder / f"{self.id().rsplit('.', 1)[-1]}.png")
        state = self.state()
        self.assertEqual(state["fatal"], [], f"{state}\n{self.browser.console()}")

    def state(self):
        return self.browser.run("return state()")

    def open(self, url, **config):
        self.browser.go(self.page.url)
        self.browser.run("open(...arguments)", url, config)

    def wait_for(self, condition, what):
        """Polls the player's state; a fatal error ends the wait."""
        last = {}

        def reached():
            last.update(self.state())
            self.assertEqual(last["fatal"], [], f"{last}\n{self.browser.console()}")
            return condition(last)
        try:
            wait_until(reached, what, PATIENT)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{last}\n{self.browser.console()}") from None
        return last

    def wait_for_playing(self, seconds=1):
        """The time passes and pictures are shown."""
        begin = self.wait_for(lambda now: now["time"] > 0 and now["frames"] > 0, "it begins")
        return self.wait_for(lambda now: now["time"] > begin["time"] + seconds and now["frames"] > begin["frames"],
                             "the time passes")

    def hurry(self, rate=8):
        self.browser.run("video.playbackRate = arguments[0]", rate)

    def wait_for_end(self):
        self.hurry()
        state = self.wait_for(lambda now: now["ended"], "the end")
        self.assertAlmostEqual(state["time"], SECONDS, delta=1)
        return state

    def check_network(self, state):
        """A loaded machine may make a picture late, but everything that was asked for came."""
        self.assertEqual([each for each in state["errors"] if each.startswith("networkError")], [])

    def open_kind(self, kind, **config):
        self.open(self.play_url(self.server, f"{self.origin_server.url}/{self.media.kind(kind)}"), **config)
        return self.wait_for_playing()
