"""The control plane of the built server, asked by the built client; its metrics, and the options that belong to it."""
import errno
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
import unittest

from programs import BIN, PATIENCE, Response, clean_environment, die_with_parent, fetch, main, run, wait_until
from streaming import Download, StreamTest, call, stats, stream_info

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


class Commands(StreamTest):
    def json(self, server, *arguments):
        return json.loads(self.ctl(server, *arguments, "--json"))

    def test_create_and_what_the_source_is_asked(self):
        origin = self.origin()
        server = self.millrace()
        good = f"{origin.url}/film.mkv?size=1M&seed=1&authorization=Basic%20eA=="
        made = self.json(server, "create", f"{origin.url}/none.mkv?status=404", "--failover", good,
                         f"{origin.url}/third.mkv", "--user-agent", "Television/1", "--header", "X-Hello: world",
                         "--header", "Authorization: Basic eA==", "--metadata", "name=News = 1", "--metadata", "k=ü")
        self.assertEqual(set(made), {"stream_id", "primary_url", "failover_urls", "user_agent", "stream_type",
                                     "stream_endpoint", "message", "metadata"})
        self.assertRegex(made["stream_id"], r"\A[0-9a-f]{32}\Z")
        self.assertEqual((made["stream_type"], made["stream_endpoint"]), ("direct", f"/stream/{made['stream_id']}"))
        self.assertEqual(made["failover_urls"], [good, f"{origin.url}/third.mkv"])
        self.assertEqual((made["user_agent"], made["metadata"]), ("Television/1", {"name": "News = 1", "k": "ü"}))
        # The authorization goes to the origin it was given for, which is this one.
        status, _, body = fetch(f"{server.url}{made['stream_endpoint']}")
        self.assertEqual((status, len(body)), (200, 1 << 20))
        info = stream_info(server, made["stream_id"])
        self.assertEqual((info["current_failover_index"], info["current_url"]), (1, good))

        again = self.json(server, "create", made["primary_url"])
        self.assertEqual((again["stream_id"], again["failover_urls"], again["user_agent"], again["metadata"]),
                         (made["stream_id"], [], "", {}))
        text = self.ctl(server, "create", "http://tv.invalid/live.m3u8")
        self.assertRegex(text, rf"{re.escape(server.url)}/hls/[0-9a-f]{{32}}/playlist\.m3u8")

    def test_create_is_refused(self):
        server = self.millrace()
        for url, why in [("ftp://tv.example/", "url"), ("http://169.254.1.1/1.ts", "may not connect")]:
            done = run(BIN / "millracectl", "--server", server.url, "create", url, expect=1)
            self.assertEqual(done.stdout, b"")
            self.assertRegex(done.stderr.decode(), rf"\Amillracectl: [^\n]*{why}[^\n]*\n\Z")
        self.assertEqual(self.ctl(server, "list"), "No streams.\n")

    def test_list_of_many_streams(self):
        server = self.millrace()
        ids = {self.post(server, f"http://tv.invalid/{number}.ts") for number in range(230)}
        self.assertEqual(len(ids), 230)
        lines = self.ctl(server, "list").splitlines()
        self.assertEqual({line.split()[0] for line in lines[1:]}, ids)
        self.assertEqual(len({len(line.split("http")[0]) for line in lines[1:]}), 1, "aligned")
        document = self.json(server, "list")
        self.assertEqual((document["total"], {each["stream_id"] for each in document["streams"]}), (230, ids))
        status, page = call(server, "GET", "/streams?limit=7&offset=225")
        self.assertEqual((status, len(page["streams"]), page["total"]), (200, 5, 230))

    def test_info_clients_stats_and_health(self):
        origin = self.origin()
        server = self.millrace()
        stream = self.post(server, f"{origin.url}/news.ts?live=8M", metadata={"name": "News"})
        Download(self, f"{server.url}/stream/{stream}?client_id=tv", headers={"User-Agent": "Set/1 \u00fc"})
        wait_until(lambda: stream_info(server, stream)["total_bytes_served"] > 100_000, "it plays")
        text = self.ctl(server, "info", stream)
        for expected in [stream, "name = News", "tv", "Set/1", "127.0.0.1"]:
            self.assertIn(expected, text)
        document = self.json(server, "info", stream)
        self.assertEqual((document["client_count"], len(document["clients"])), (1, 1))
        info, who = document["stream"], document["clients"][0]
        self.assertEqual((info["is_active"], info["client_count"], info["stream_type"]), (True, 1, "direct"))
        self.assertEqual((who["client_id"], who["stream_id"], who["ip_address"]), ("tv", stream, "127.0.0.1"))
        for when in [info["created_at"], info["last_access"], who["first_seen"], who["last_seen"]]:
            self.assertRegex(when, rf"\A{TIME}\Z")
        self.assertGreater(who["bytes_served"], 100_000)
        self.assertEqual(self.json(server, "clients")["clients"][0]["client_id"], "tv")
        self.assertEqual(self.json(server, "clients", "tv")["stream_id"], stream)
        self.assertEqual(self.json(server, "clients", stream)["total"], 1)
        self.assertRegex(self.ctl(server, "clients"), r"(?m)^tv +")
        self.assertRegex(self.ctl(server, "health"), r"\Ahealthy: millrace \S+, up .*, 1 active stream, 1 active client")
        wait_until(lambda: stats(server)["proxy_stats"]["bytes_per_second"] > 500_000, "a speed")
        proxy = self.json(server, "stats")["proxy_stats"]
        self.assertEqual((proxy["total_streams"], proxy["active_streams"], proxy["total_clients"],
                          proxy["active_clients"]), (1, 1, 1, 1))
        self.assertRegex(self.ctl(server, "stats"), r"(?m)^Total bytes served +[\d.]+ [KM]iB$")
        self.ctl(server, "info", "0" * 32, expect=1)

    def test_failover_disconnect_and_delete(self):
        first, second = self.origin(), self.origin()
        server = self.millrace("--client-timeout", "300")
        query = "news.ts?live=8M&timeline=x&repeat=2s"
        stream = self.post(server, f"{first.url}/{query}", f"{second.url}/{query}")
        client = Download(self, f"{server.url}/stream/{stream}?client_id=tv")
        other = Download(self, f"{server.url}/stream/{stream}?client_id=radio")
        wait_until(lambda: client.size > 100_000 and other.size > 100_000, "both play")
        moved = self.json(server, "failover", stream)
        self.assertEqual((moved["failover_index"], moved["new_url"]), (1, f"{second.url}/{query}"))
        wait_until(lambda: first.stats()["active_requests"] == 0, "the first source is left")
        size = client.size
        wait_until(lambda: client.size > size + 500_000, "it plays on")
        self.assertIn("primary", self.ctl(server, "failover", stream))
        wait_until(lambda: second.stats()["active_requests"] == 0, "the second source is left")

        self.assertEqual(self.ctl(server, "disconnect", "tv"), "Client tv disconnected\n")
        wait_until(lambda: not client.running(), "it is cut")
        self.assertTrue(other.running())
        self.assertEqual(fetch(f"{server.url}/stream/{stream}?client_id=tv")[0], 403)
        self.assertEqual(self.ctl(server, "delete", stream), f"Stream {stream} deleted\n")
        wait_until(lambda: not other.running(), "it is cut, too")
        wait_until(lambda: first.stats()["active_requests"] == 0, "nothing is asked any more")
        self.assertEqual(self.ctl(server, "list"), "No streams.\n")
        for command in [["delete", stream], ["failover", stream], ["disconnect", "nobody"]]:
            self.ctl(server, *command, expect=1)

    def test_failover_that_cannot_be(self):
        origin = self.origin()
        server = self.millrace("--retry", "0")
        alone = self.post(server, f"{origin.url}/a.mkv")
        self.assertEqual(call(server, "POST", f"/streams/{alone}/failover")[0], 409)
        dead = self.post(server, f"{origin.url}/b.mkv", f"{origin.url}/c.mkv?status=404")
        self.assertEqual(call(server, "POST", f"/streams/{dead}/failover")[0], 502)
        self.assertEqual(stream_info(server, dead)["current_failover_index"], 0)


class Monitor(StreamTest):
    def test_two_rounds_on_a_terminal(self):
        origin = self.origin()
        server = self.millrace()
        stream = self.post(server, f"{origin.url}/news.ts?live=8M")
        client = Download(self, f"{server.url}/stream/{stream}?client_id=tv")
        wait_until(lambda: client.size > 100_000, "it plays")
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))

        def own_terminal():
            die_with_parent()
            os.setsid()
            fcntl.ioctl(1, termios.TIOCSCTTY, 0)
        process = subprocess.Popen([BIN / "millracectl", "--server", server.url, "monitor", "--interval", "1"],
                                   stdin=slave, stdout=slave, stderr=subprocess.PIPE, preexec_fn=own_terminal,
                                   env=clean_environment({"TERM": "xterm"}))
        self.addCleanup(process.stderr.close)
        os.close(slave)
        seen = b""
        deadline = time.monotonic() + PATIENCE
        while seen.count(b"\x1b[J") < 2:
            self.assertLess(time.monotonic(), deadline, seen)
            if select.select([master], [], [], 0.2)[0]:
                seen += os.read(master, 65536)
        os.write(master, b"\x03")
        self.assertEqual(process.wait(PATIENCE), 0)
        try:
            while part := os.read(master, 65536):
                seen += part
        except OSError as error:
            self.assertEqual(error.errno, errno.EIO)
        self.assertEqual(process.stderr.read(), b"")
        second = re.sub(rb"\x1b\[[?0-9]*[A-Za-z]", b"", seen.split(b"\x1b[H")[2]).decode()
        # 8 Mbit/s are 977 KiB/s; a loaded machine may deliver them unevenly.
        for line in [rf"(?m)^{stream} +[\d.]+ [KM]iB/s", r"(?m)^tv +[\d.]+ [KM]iB/s", "1 stream .* 1 client "]:
            self.assertRegex(second, line)
        self.assertTrue(seen.endswith(b"\x1b[?25h\x1b[?1049l"))

    def test_it_survives_the_server(self):
        server = self.millrace()
        process = subprocess.Popen([BIN / "millracectl", "--server", server.url, "monitor", "--interval", "0.1"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=die_with_parent, env=clean_environment())
        for stream in [process.stdout, process.stderr]:
            self.addCleanup(stream.close)
        self.assertIn(b"total", process.stdout.readline())
        server.end()
        self.assertIn(b"millracectl: ", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 0)


class Metrics(StreamTest):
    def metrics(self, server):
        status, headers, body = fetch(f"{server.url}/metrics")
        self.assertEqual(status, 200)
        self.assertRegex(headers["Content-Type"], r"\Atext/plain; version=0\.0\.4")
        return body.decode()

    def busy_server(self):
        first, second = self.origin(), self.origin()
        server = self.millrace()
        film = self.post(server, f"{first.url}/none.mkv?status=404", f"{second.url}/film.mkv?size=3M")
        for wanted in ["bytes=0-", "bytes=1000000-", "bytes=99999999-"]:
            fetch(f"{server.url}/stream/{film}", {"Range": wanted})
        live = self.post(server, f"{first.url}/secret.ts?live=8M&header=X-Password:secret&reset_at=200K&times=2")
        client = Download(self, f"{server.url}/stream/{live}?client_id=secret")
        wait_until(lambda: client.size > 1_000_000, "it plays")
        fetch(f"{server.url}/stream/{'0' * 32}")
        fetch(f"{server.url}/nothing/secret")
        wait_until(lambda: self.counted(server, 'status="206"') and self.counted(server, 'status="416"'),
                   "requests are counted at their end")
        return server

    def counted(self, server, label):
        return re.search(rf"(?m)^millrace_requests_total\{{.*{label}", self.metrics(server))

    def test_values_and_labels(self):
        text = self.metrics(self.busy_server())
        self.assertNotIn("secret", text)
        self.assertNotIn("127.0.0.1", text)
        values = dict(re.findall(r"(?m)^(\w+(?:\{.*\})?) ([\d.e+-]+)$", text))
        for name in ["millrace_client_bytes_total", "millrace_upstream_bytes_total", "millrace_streams_active",
                     "millrace_clients_active", "millrace_first_byte_seconds_count",
                     "millrace_seek_first_byte_seconds_count", "millrace_upstream_latency_seconds_count",
                     "millrace_upstream_connections_open",
                     "millrace_resident_memory_bytes"]:
            with self.subTest(name=name):
                self.assertGreater(float(values[name]), 0)
        self.assertGreater(sum(float(value) for name, value in values.items() if "failovers_total" in name), 0)
        self.assertGreater(sum(float(value) for name, value in values.items() if "retries_total" in name), 0)
        self.assertTrue(any(name.startswith("millrace_requests_total{") and 'status="206"' in name for name in values))

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed (Debian: apt-get install prometheus)")
    def test_promtool_has_no_objection(self):
        fresh, busy = self.metrics(self.millrace()), self.metrics(self.busy_server())
        for text in [fresh, busy]:
            done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True,
                                  timeout=PATIENCE, check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))


class Options(StreamTest):
    def forgets(self, *options, environment=None, limit=PATIENCE):
        origin = self.origin()
        server = self.millrace(*options, environment=environment)
        stream = self.post(server, f"{origin.url}/film.mkv?size=10K")
        # The query of the upstream belongs to it: the whole URL stands behind url=.
        fetch(f"{server.url}/stream/{stream}?client_id=a")
        with Response(f"{server.url}/stream?client_id=b&url={origin.url}/other.mkv?size=1G&rate=1M"):
            self.assertGreaterEqual(stats(server)["proxy_stats"]["total_clients"], 1)
        wait_until(lambda: stats(server)["proxy_stats"]["total_clients"] == 0, "the clients are forgotten", limit)
        return server, stream

    def test_client_timeout_and_cleanup_interval(self):
        self.forgets("--client-timeout", "0.5", "--cleanup-interval", "0.2")
        self.forgets(environment={"CLIENT_TIMEOUT": "1", "CLEANUP_INTERVAL": "1"})
        self.forgets(environment={"MILLRACE_CLIENT_TIMEOUT": "1", "MILLRACE_CLEANUP_INTERVAL": "1"})
        with self.assertRaises(AssertionError):
            self.forgets("--client-timeout", "300", environment={"CLIENT_TIMEOUT": "1", "CLEANUP_INTERVAL": "1"}, limit=4)

    def test_stream_timeout_spares_posted_streams(self):
        server, stream = self.forgets("--client-timeout", "0.5", "--cleanup-interval", "0.2", "--stream-timeout", "0.5")
        wait_until(lambda: stats(server)["proxy_stats"]["total_streams"] == 1, "the other stream is forgotten")
        self.assertEqual(stream_info(server, stream)["stream_id"], stream)

    def test_bad_values(self):
        cases = [["--client-timeout", "x"], ["--client-timeout", "-1"], ["--cleanup-interval", "0"],
                 ["--stream-timeout", ""], ["--live-stall", "never"], ["--live-grace", "-5"], ["--live-stall", "1e99"],
                 ["--client-timeout"]]
        for arguments in cases:
            with self.subTest(arguments=arguments):
                done = run(BIN / "millrace", *arguments, expect=2)
                self.assertRegex(done.stderr.decode(), rf"\A[^\n]*{arguments[0][2:]}[^\n]*\n\Z")
                self.assertEqual(done.stdout, b"")
        for name in ["CLIENT_TIMEOUT", "CLEANUP_INTERVAL", "MILLRACE_LIVE_GRACE"]:
            with self.subTest(name=name):
                done = subprocess.run([BIN / "millrace"], env=clean_environment({name: "soon"}), capture_output=True,
                                      timeout=PATIENCE, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn(name.encode(), done.stderr)


if __name__ == "__main__":
    main()
