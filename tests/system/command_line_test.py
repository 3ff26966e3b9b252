"""The command line, the environment and the config file of the built server: exit codes, ready line, logs."""
import contextlib
import json
import random
import re
import socket
import unittest

from programs import BIN, Millrace, SystemTest, fetch, main, run


class Refusals(SystemTest):
    def refused(self, code, *options):
        """One line on stderr, nothing on stdout. Answers the line."""
        done = run(BIN / "millrace", *options, expect=code)
        self.assertEqual(done.stdout, b"")
        lines = done.stderr.decode().splitlines()
        self.assertEqual(len(lines), 1, lines)
        return lines[0]

    def test_bad_options_exit_2(self):
        for options, expected in [
            (["--prot", "80"], "--prot"),
            (["--por=80"], "--por"),
            (["--port", "http"], "--port"),
            (["--port"], "--port"),
            (["-c", "65"], "-c"),
            (["--chunk-size=1"], "--chunk-size"),
            (["--host", "example.com"], "--host"),
            (["--allow-upstream", "10.0.0.0/99"], "--allow-upstream"),
            (["--bind", "eth0"], "--bind"),
            (["--trusted-proxy", "proxy"], "--trusted-proxy"),
            (["--read-timeout", "0"], "--read-timeout"),
            (["--config", "/nonexistent/file"], "--config"),
            (["film.mkv"], "film.mkv"),
        ]:
            with self.subTest(options=options):
                self.assertIn(expected, self.refused(2, *options))

    def test_bad_config_line_exits_2(self):
        config = self.folder / "config"
        config.write_text("# first\nport = many\n")
        self.assertIn(f"{config}:2: port", self.refused(2, "--config", config))

    def test_port_in_use_exits_1(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            line = self.refused(1, "--host", "127.0.0.1", "--port", port)
            self.assertIn(str(port), line)

    def test_foreign_address_exits_1(self):
        self.assertIn("192.0.2.1", self.refused(1, "--host", "192.0.2.1", "--port", 0))

    def test_bad_ca_file_exits_1(self):
        no_certificate = self.folder / "ca.pem"
        no_certificate.write_text("no certificate\n")
        for file in ["/nonexistent/ca.pem", no_certificate]:
            with self.subTest(file=file):
                self.assertIn(str(file), self.refused(1, "--host", "127.0.0.1", "--port", 0, "--ca-file", file))


class Texts(SystemTest):
    def test_version(self):
        done = run(BIN / "millrace", "--version")
        self.assertRegex(done.stdout.decode(), r"\Amillrace \d+\.\d+\.\d+\n\Z")
        self.assertEqual(done.stderr, b"")

    def test_help(self):
        done = run(BIN / "millrace", "--help")
        text = done.stdout.decode()
        self.assertEqual(done.stderr, b"")
        for part in ["--connections", "--allow-upstream", "MILLRACE_", "Examples:"]:
            self.assertIn(part, text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)
        self.assertFalse(text.endswith("\n\n"))


class Listening(SystemTest):
    def assert_healthy(self, server):
        status, _, body = fetch(f"{server.url}/health")
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body)["status"], "healthy")

    def test_ready_line(self):
        server = self.millrace()
        version = run(BIN / "millrace", "--version").stdout.decode().strip()
        self.assertRegex(server.ready_line, rf"\A{re.escape(version)} listening on http://127\.0\.0\.1:[1-9]\d*\n\Z")
        self.assert_healthy(server)

    def test_ipv6(self):
        for host in ["::1", "[::1]"]:
            with self.subTest(host=host):
                server = self.millrace("--host", host)
                self.assertRegex(server.ready_line, r" listening on http://\[::1\]:\d+\n\Z")
                self.assert_healthy(server)

    def test_all_addresses(self):
        server = self.millrace("--host", "0.0.0.0")
        self.assertRegex(server.url, r"\Ahttp://0\.0\.0\.0:\d+\Z")
        status, _, _ = fetch(f"http://127.0.0.1:{server.port}/health")
        self.assertEqual(status, 200)

    def test_every_source_and_its_rank(self):
        ports = self.free_ports(3)
        config = self.folder / "config"
        config.write_text(f"port = {ports[0]}  # a comment\nhost = 127.0.0.1\n")
        from_environment = {"MILLRACE_PORT": str(ports[1]), "M3U_PROXY_PORT": "1", "MILLRACE_CONFIG": str(config)}
        for options, environment, expected in [
            (["--config", config], {}, ports[0]),
            ([], from_environment, ports[1]),
            (["--host", "127.0.0.1"], {"M3U_PROXY_PORT": str(ports[1])}, ports[1]),
            (["-p", ports[2]], from_environment, ports[2]),
        ]:
            with self.subTest(expected=expected, options=options):
                server = self.start(Millrace, "millrace", options, environment)
                self.assertEqual((server.host, server.port), ("127.0.0.1", expected))
                server.end()

    @staticmethod
    def free_ports(count):
        """Below those that the system gives to others meanwhile (net.ipv4.ip_local_port_range)."""
        ports = []
        while len(ports) < count:
            port = random.randrange(10_000, 30_000)
            if port in ports:
                continue
            with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
                ports.append(port)
        return ports


class Logs(SystemTest):
    def logged(self, *options):
        """What a failing stream leaves in the log."""
        server = self.millrace("--retry", "0", *options)
        self.assertEqual(fetch(server.stream_url("http://name:secret@127.0.0.1:1/film.mkv?key=secret"))[0], 502)
        server.end()
        self.assertNotIn("secret", server.log())
        return server.log().splitlines()

    def test_text(self):
        lines = self.logged()
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO |WARNING|ERROR) \S")

    def test_json(self):
        lines = self.logged("--log-format", "json")
        self.assertTrue(lines)
        for line in lines:
            entry = json.loads(line)
            self.assertEqual(set(entry), {"time", "level", "message"})
            self.assertRegex(entry["time"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")

    def test_level(self):
        self.assertEqual(self.logged("--log-level", "critical"), [])


if __name__ == "__main__":
    main()
