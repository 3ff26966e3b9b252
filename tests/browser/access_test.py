"""What pages of other sites can do to millrace from within a browser: nothing, but for reading media and what the operator allows."""
import contextlib
import ipaddress
import os
import pathlib
import socket
import tempfile

from hls_origin import HlsOrigin, Reply
from programs import SystemTest, main
from streaming import call, stats
from webdriver import Browser

# The status and the body's length as the page sees them; "blocked" when the browser hands out nothing.
FETCH = """
return fetch(arguments[0], {cache: "no-store", ...arguments[1]}).then(
    async (answer) => [answer.status, (await answer.arrayBuffer()).byteLength],
    () => "blocked")
"""
BLOCKED = "blocked"
# Requests that a page may send without asking first (Fetch Standard, "CORS-safelisted").
SIMPLE = {"method": "POST", "headers": {"Content-Type": "text/plain"}}
STRANGER = "stranger.example"


def private_address():
    """An own address that is neither public nor loopback, None without one. Sends nothing."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("10.255.255.255", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    known = ipaddress.ip_address(address)
    return address if known.is_private and not known.is_loopback else None


class Pages(SystemTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="millrace-browser-", ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        cls.page = HlsOrigin()
        cls.addClassCleanup(cls.page.end)
        cls.page.pages["/"] = lambda _request: Reply(200, b"<!doctype html><title>a page</title>", {"Content-Type": "text/html"})
        # Its owner has pointed the name at the machine that millrace runs on.
        cls.browser = Browser(pathlib.Path(folder.name), [f"--host-resolver-rules=MAP {STRANGER} 127.0.0.1"])
        cls.addClassCleanup(cls.browser.end)

    def setUp(self):
        self.media = self.origin()
        self.film = f"{self.media.url}/film.mp4?size=1M"

    def tearDown(self):
        self.browser.screenshot(pathlib.Path(os.environ["MILLRACE_SCREENSHOTS"]) / f"{self.id().rsplit('.', 1)[-1]}.png")

    def open(self):
        self.browser.go(self.page.url)

    def fetch(self, url, **options):
        answer = self.browser.run(FETCH, url, options)
        return answer if answer == BLOCKED else tuple(answer)

    def requests_of_media(self):
        """How many the origin has seen, but for the one that asks."""
        return self.media.stats()["requests"] - 1

    def post(self, server):
        status, made = call(server, "POST", "/streams", {"url": self.film})
        self.assertEqual(status, 200, made)
        return made["stream_id"]

    def test_reads_nothing_of_the_control_plane(self):
        server = self.millrace()
        stream = self.post(server)
        self.open()
        for path in ["/", "/stats", "/stats/streams", "/stats/clients", "/streams", f"/streams/{stream}", "/clients",
                     "/clients/x", "/metrics", "/health", "/nothing"]:
            with self.subTest(path=path):
                self.assertEqual(self.fetch(server.url + path), BLOCKED)

    def test_changes_nothing(self):
        server = self.millrace()
        stream = self.post(server)
        self.open()
        add = '{"jsonrpc":"2.0","id":1,"method":"aria2.addUri","params":[["%s"]]}' % self.film
        requests = {"/streams": ("POST", '{"url":"%s"}' % f"{self.media.url}/other.mp4"), "/jsonrpc": ("POST", add),
                    f"/streams/{stream}/failover": ("POST", ""), f"/streams/{stream}": ("DELETE", None),
                    "/clients/x": ("DELETE", None), f"/hls/{stream}/clients/x": ("DELETE", None)}
        for path, (method, body) in requests.items():
            for headers in [{"Content-Type": "text/plain"}, {"Content-Type": "application/json"}]:
                with self.subTest(path=path, headers=headers):
                    self.assertEqual(self.fetch(server.url + path, method=method, body=body, headers=headers), BLOCKED)
            # Without CORS the browser sends it blindly; a method that is not simple it does not send at all.
            if method == "POST":
                self.browser.run(FETCH, server.url + path, {**SIMPLE, "body": body, "mode": "no-cors"})
        self.assertEqual([each["stream_id"] for each in stats(server)["streams"]], [stream])
        self.assertEqual(self.requests_of_media(), 0)

    def test_reads_media(self):
        server = self.millrace()
        stream = self.post(server)
        self.open()
        for path in [f"/stream/{stream}", f"/stream?url={self.film}"]:
            with self.subTest(path=path):
                self.assertEqual(self.fetch(server.url + path), (200, 1 << 20))
                self.assertEqual(self.fetch(server.url + path, headers={"Range": "bytes=10-19"}), (206, 10))
                self.assertEqual(self.fetch(server.url + path, method="HEAD"), (200, 0))
        # Errors say what happened, too.
        self.assertEqual(self.fetch(f"{server.url}/stream/{'0' * 32}")[0], 404)
        self.assertEqual(self.fetch(f"{server.url}/hls/{'0' * 32}/playlist.m3u8")[0], 404)
        self.assertEqual(self.fetch(f"{server.url}/stream?url={self.media.url}/a.mp4?status=404")[0], 404)

    def test_reads_no_private_network(self):
        address = private_address()
        if not address:
            self.skipTest("this machine has no private address")
        home = self.origin("--host", address)
        film = f"{home.url}/film.mp4?size=1M"
        self.open()
        for options, expected in [([], BLOCKED), (["--allow-upstream", "private"], (200, 1 << 20)),
                                  (["--allow-upstream", address], (200, 1 << 20))]:
            server = self.millrace(*options)
            with self.subTest(options=options):
                self.assertEqual(self.fetch(f"{server.url}/stream?url={film}"), expected)
                in_part = self.fetch(f"{server.url}/stream?url={film}", headers={"Range": "bytes=10-19"})
                self.assertEqual(in_part, expected if expected == BLOCKED else (206, 10))

    def test_named_origins_may_use_the_control_plane(self):
        server = self.millrace("--allow-origin", self.page.url)
        self.open()
        self.assertEqual(self.fetch(f"{server.url}/stats")[0], 200)
        as_json = {"Content-Type": "application/json"}
        made = self.fetch(f"{server.url}/streams", method="POST", headers=as_json, body='{"url":"%s"}' % self.film)
        self.assertEqual(made[0], 200)
        version = '{"jsonrpc":"2.0","id":1,"method":"aria2.getVersion"}'
        for headers in [as_json, {"Content-Type": "text/plain"}]:
            self.assertEqual(self.fetch(f"{server.url}/jsonrpc", method="POST", headers=headers, body=version)[0], 200)
        self.assertEqual(self.fetch(f"{server.url}/jsonrpc", method="POST", headers=as_json, body="{")[0], 400)
        stream = stats(server)["streams"][0]["stream_id"]
        self.assertEqual(self.fetch(f"{server.url}/streams/{stream}", method="DELETE")[0], 200)
        self.assertEqual(self.fetch(f"{server.url}/streams/{stream}", method="DELETE")[0], 404)

    def test_a_token_is_asked_of_pages_too(self):
        server = self.millrace("--api-token", "s3cret", "--allow-origin", self.page.url)
        self.open()
        self.assertEqual(self.fetch(f"{server.url}/stats")[0], 401)
        self.assertEqual(self.fetch(f"{server.url}/stats?api_token=wrong")[0], 403)
        for headers in [{"X-API-Token": "s3cret"}, {"Authorization": "Bearer s3cret"}]:
            self.assertEqual(self.fetch(f"{server.url}/stats", headers=headers)[0], 200)
            self.assertEqual(self.fetch(f"{server.url}/stream?url={self.film}", headers=headers)[0], 200)
        self.assertEqual(self.fetch(f"{server.url}/stream?api_token=s3cret&url={self.film}")[0], 200)
        self.assertEqual(self.fetch(f"{server.url}/stream?url={self.film}")[0], 401)

    def test_a_borrowed_name_opens_nothing(self):
        server = self.millrace()
        stream = self.post(server)
        self.browser.go(f"http://{STRANGER}:{server.port}/stats")
        # Same origin now, as far as the browser is concerned.
        for path in ["/stats", "/streams", f"/stream?url={self.film}", f"/stream/{stream}", "/health"]:
            with self.subTest(path=path):
                self.assertEqual(self.fetch(path)[0], 403)
        self.assertEqual(self.fetch(f"/streams/{stream}", method="DELETE")[0], 403)
        self.assertEqual(self.requests_of_media(), 0)
        named = self.millrace("--allow-host", STRANGER)
        self.browser.go(f"http://{STRANGER}:{named.port}/stats")
        self.assertEqual(self.fetch("/stats")[0], 200)


if __name__ == "__main__":
    main()
