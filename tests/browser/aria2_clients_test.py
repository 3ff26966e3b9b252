"""Clients of aria2 over HTTP work unchanged: the npm packages aria2 and maria2, and the calls of AriaNg."""
import os
import pathlib

from programs import SystemTest, main, run

SECRET = "a-long-secret"


class Aria2Clients(SystemTest):
    def check(self, client, secret=""):
        origin = self.origin()
        options = ["--api-token", secret] if secret else []
        server = self.millrace(*options)
        script = pathlib.Path(__file__).with_name("aria2_clients.mjs")
        run("node", script, os.environ["MILLRACE_NODE_MODULES"], client, f"{server.url}/jsonrpc", secret,
            f"{origin.url}/film.mp4?size=1M&seed=7", f"{origin.url}/film.mp4?status=404")
        self.assertNotIn(SECRET, server.log())

    def test_package_aria2(self):
        self.check("aria2")

    def test_package_aria2_with_a_secret(self):
        self.check("aria2", SECRET)

    def test_package_maria2(self):
        self.check("maria2")

    def test_package_maria2_with_a_secret(self):
        self.check("maria2", SECRET)

    def test_calls_of_ariang(self):
        self.check("calls")

    def test_calls_of_ariang_with_a_secret(self):
        self.check("calls", SECRET)


if __name__ == "__main__":
    main()
