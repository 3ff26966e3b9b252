"""Headless Chromium, driven through chromedriver (W3C WebDriver) with nothing but HTTP and JSON."""
import base64
import http.client
import json
import re
import subprocess

from programs import PATIENCE, clean_environment, die_with_parent

# Nothing but the page's own requests. As root, in a container, Chromium has no sandbox and little shared memory.
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
         "--disable-extensions", "--no-proxy-server", "--autoplay-policy=no-user-gesture-required",
         # Ends with chromedriver, whatever ends that.
         "--remote-debugging-pipe"]
STARTED = re.compile(rb"started successfully on port (\d+)")


class Browser:
    """One browser with one page. `folder` keeps its profile and logs; `flags` are added to Chromium's."""

    def __init__(self, folder, flags=()):
        self.log = open(folder / "chromedriver.log", "wb")
        self.process = subprocess.Popen(["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.log, env=clean_environment({"HOME": str(folder)}),
                                        preexec_fn=die_with_parent)
        self.session = None
        try:
            for line in self.process.stdout:
                if match := STARTED.search(line):
                    break
            else:
                raise AssertionError("chromedriver did not start")
            self.port = int(match[1])
            options = {"binary": "/usr/bin/chromium", "args": [*FLAGS, *flags, f"--user-data-dir={folder / 'profile'}"]}
            answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
            self.session = f"/session/{answer['sessionId']}"
        except BaseException:
            self.end()
            raise

    def call(self, method, path, document=None):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE * 2)
        try:
            link.request(method, path, None if document is None else json.dumps(document),
                         {"Content-Type": "application/json"})
            value = json.loads(link.getresponse().read())["value"]
        finally:
            link.close()
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{value['error']}: {value['message'][:2000]}")
        return value

    def go(self, url):
        self.call("POST", f"{self.session}/url", {"url": url})

    def run(self, script, *arguments):
        """The value of a script's `return`; of what it promises, if that is a promise."""
        return self.call("POST", f"{self.session}/execute/sync", {"script": script, "args": arguments})

    def console(self):
        entries = self.call("POST", f"{self.session}/se/log", {"type": "browser"})
        return "\n".join(f"{entry['level']} {entry['message']}" for entry in entries)

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.call("GET", f"{self.session}/screenshot")))

    def end(self):
        if self.session:
            self.call("DELETE", self.session)
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()
