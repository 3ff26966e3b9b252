"""GET /metrics as Prometheus would read it: promtool finds nothing to complain of, and the counters are true."""
import json
import re
import shutil
import subprocess
import unittest

from programs import MEBI, SystemTest, fetch, main, wait_for_value


def samples(text):
    """Sample → value."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


class Metrics(SystemTest):
    def scrape(self, server):
        status, headers, body = fetch(f"{server.url}/metrics")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        return body.decode()

    def play_something(self):
        origin = self.origin()
        server = self.millrace()
        body = fetch(server.stream_url(f"{origin.url}/hidden-film.mkv?size=4M"))[2]
        self.assertEqual(len(body), 4 * MEBI)
        self.assertEqual(fetch(f"{server.url}/nothing-here")[0], 404)
        ended = 'millrace_requests_total{route="/stream",status="200"}'
        wait_for_value(lambda: samples(self.scrape(server)).get(ended), 1, "the request is counted at its end")
        return server

    def test_promtool_is_content(self):
        promtool = shutil.which("promtool")
        if not promtool:
            raise unittest.SkipTest("promtool is not installed (Debian package prometheus)")
        text = self.scrape(self.play_something())
        done = subprocess.run([promtool, "check", "metrics"], input=text.encode(), capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_the_counters(self):
        server = self.play_something()
        text = self.scrape(server)
        found = samples(text)
        self.assertEqual(found["millrace_client_bytes_total"], 4 * MEBI)
        self.assertGreaterEqual(found["millrace_upstream_bytes_total"], 4 * MEBI)
        self.assertEqual(found["millrace_first_byte_seconds_count"], 1)
        self.assertEqual(found["millrace_seek_first_byte_seconds_count"], 0)
        self.assertGreaterEqual(found["millrace_upstream_latency_seconds_count"], 1)
        self.assertGreaterEqual(found["millrace_upstream_connections_opened_total"], 1)
        self.assertGreater(found["millrace_resident_memory_bytes"], MEBI)
        self.assertEqual(found["millrace_streams_registered"], 1)
        self.assertEqual(found["millrace_clients_registered"], 1)
        stats = json.loads(fetch(f"{server.url}/stats")[2])
        self.assertEqual(stats["proxy_stats"]["total_bytes_served"], 4 * MEBI)
        for secret in ("hidden", "film", stats["streams"][0]["stream_id"], stats["clients"][0]["client_id"]):
            self.assertNotIn(secret, text)
        self.assertFalse(re.search(r'"[^"]*127\.0\.0\.1', text), "an address in a label")


if __name__ == "__main__":
    main()
