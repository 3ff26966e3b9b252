"""The built command-line client: its requests, its texts and documents, its exit codes, and servers that fail it."""
import contextlib
import json
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

from control_plane import CTL, STREAM, ClientTest, client_info, problem, stats, stream_info
from programs import BIN, PATIENCE, clean_environment, main, run


class Usage(ClientTest):
    def test_bad_usage_exits_2_and_asks_nobody(self):
        server = self.server()
        for arguments in [["--json"], ["nonsense"], ["info"], ["list", "x"], ["list", "--interval", "1"],
                          ["create", "http://a/", "--header", "x"], ["list", "--timeout", "-1"]]:
            with self.subTest(arguments=arguments):
                self.ctl(server, *arguments, expect=2)
        self.ctl("ftp://127.0.0.1/", "list", expect=2)
        self.assertEqual(server.requests, [])

    def test_texts(self):
        version = run(BIN / "millracectl", "--version").stdout.decode()
        self.assertRegex(version, r"\Amillracectl \d+\.\d+\.\d+\n\Z")
        for arguments in [["--help"], ["create", "--help"], ["monitor", "--help"]]:
            text = run(CTL, *arguments).stdout.decode()
            self.assertRegex(text, r"\AUsage: millracectl ")
            self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_unwritable_stdout_exits_1(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([CTL, "--help"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)


class Commands(ClientTest):
    def test_create(self):
        server = self.server()
        made = {"stream_id": STREAM, "primary_url": "http://a/1.ts", "failover_urls": [], "user_agent": "",
                "stream_type": "direct", "stream_endpoint": f"/stream/{STREAM}", "message": "ok", "metadata": {}}
        server.replies["POST /streams"] = made
        text = self.ctl(server, "create", "http://a/1.ts")
        self.assertIn(STREAM, text)
        self.assertIn(f"{server.url}/stream/{STREAM}\n", text)
        self.assertEqual(json.loads(server.requests[0][3]), {"url": "http://a/1.ts"})
        self.assertEqual(server.requests[0][2]["Content-Type"], "application/json")

        text = self.ctl(server, "create", "http://a/1.ts", "--failover", "http://b/", "http://c/", "--failover",
                        "http://d/", "--user-agent", "Ä\"", "--header", "Referer: http://r/", "--header", "X-A:1",
                        "--metadata", "name=News = 1", "--metadata", "empty=", "--json")
        self.assertEqual(json.loads(text), made)
        self.assertEqual(json.loads(server.requests[1][3]), {
            "url": "http://a/1.ts", "failover_urls": ["http://b/", "http://c/", "http://d/"], "user_agent": "Ä\"",
            "headers": {"Referer": "http://r/", "X-A": "1"}, "metadata": {"name": "News = 1", "empty": ""}})

    def test_list(self):
        server = self.server()
        server.replies["GET /streams"] = {"streams": [], "total": 0}
        self.assertEqual(self.ctl(server, "list"), "No streams.\n")
        server.replies["GET /streams"] = {"streams": [stream_info()], "total": 1}
        lines = self.ctl(server, "list").splitlines()
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[1], rf"^{STREAM}  direct  active  failover 1 +1  1\.5 MiB +2  http://b\.example/1\.ts$")
        self.assertEqual(json.loads(self.ctl(server, "list", "--json")), {"streams": [stream_info()], "total": 1})

    def paged(self, member, entries, most=100):
        """A list endpoint whose pages hold at most `most`."""
        def reply(handler):
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(handler.path).query)
            offset, limit = int(query["offset"][0]), min(int(query["limit"][0]), most)
            return {member: entries[offset:offset + limit], "total": len(entries)}
        return reply

    def test_all_pages(self):
        server = self.server()
        streams = [stream_info(f"{i:032x}") for i in range(1234)]
        clients = [client_info(f"c{i}") for i in range(1234)]
        for most in [100, 10000]:
            server.replies["GET /streams"] = self.paged("streams", streams, most)
            server.replies["GET /clients"] = self.paged("clients", clients, most)
            self.assertEqual(len(self.ctl(server, "list").splitlines()), 1235)
            self.assertEqual(json.loads(self.ctl(server, "list", "--json")), {"streams": streams, "total": 1234})
            self.assertEqual(len(self.ctl(server, "clients").splitlines()), 1235)
            self.assertEqual(json.loads(self.ctl(server, "clients", "--json"))["clients"], clients)

    def test_odd_pages_come_to_an_end(self):
        server = self.server()
        one = [stream_info()]
        for reply, count in [({"streams": one, "total": 5}, 1), ({"streams": one}, 1),
                             ({"streams": [], "total": 9}, 0)]:
            server.replies["GET /streams"] = reply
            self.assertEqual(json.loads(self.ctl(server, "list", "--json")),
                             {"streams": one[:count], "total": count})

    def test_one_client_id_on_two_streams(self):
        server = self.server()
        both = [client_info("tv"), client_info("tv", stream_id="0" * 32)]
        server.replies["GET /clients"] = self.paged("clients", both, 1)
        self.assertEqual(len(self.ctl(server, "clients").splitlines()), 3)

    def test_info(self):
        server = self.server()
        document = {"stream": stream_info(), "clients": [client_info()], "client_count": 1}
        server.replies[f"GET /streams/{STREAM}"] = document
        text = self.ctl(server, "info", STREAM)
        for expected in ["http://tv.example/1.ts?key=secret\n", "1.5 MiB\n", "failover 1, ", "name = News\n",
                         "2026-01-02T03:04:05Z\n", "\nCLIENT ", "VLC/3.0\n"]:
            self.assertIn(expected, text)
        self.assertEqual(json.loads(self.ctl(server, "info", STREAM, "--json")), document)
        self.assertEqual(self.ctl(server, "info", "nope", expect=1), "millracectl: there is no such thing\n")

    def test_ids_are_one_segment_of_the_path(self):
        server = self.server()
        self.ctl(server, "info", "../a b/ü?x#y", expect=1)
        self.assertEqual(server.requests[0][1], "/streams/..%2Fa%20b%2F%C3%BC%3Fx%23y")

    def test_stats(self):
        server = self.server()
        document = stats([stream_info()], [client_info()], bytes_per_second=2048)
        server.replies["GET /stats"] = document
        text = self.ctl(server, "stats")
        for expected in [r"Total bytes served +1\.5 MiB\n", r"Uptime seconds +3 h 12 min\n", r"second +2 KiB/s\n"]:
            self.assertRegex(text, expected)
        self.assertEqual(json.loads(self.ctl(server, "stats", "--json")), document)

    def test_health(self):
        server = self.server()
        healthy = {"status": "healthy", "version": "1.2.3", "uptime_seconds": 61, "active_streams": 1,
                   "active_clients": 2, "total_bytes_served": 1536}
        server.replies["GET /health"] = healthy
        self.assertEqual(self.ctl(server, "health"), "healthy: millrace 1.2.3, up 1 min 1 s, 1 active stream, "
                                                     "2 active clients, 1.5 KiB served\n")
        self.assertEqual(json.loads(self.ctl(server, "health", "--json")), healthy)
        server.replies["GET /health"] = (503, {**healthy, "status": "draining"})
        self.assertTrue(self.ctl(server, "health", expect=1).startswith("draining: "))
        self.assertEqual(json.loads(self.ctl(server, "health", "--json", expect=1))["status"], "draining")
        server.replies["GET /health"] = problem(503, "too many clients", "busy")
        self.assertEqual(self.ctl(server, "health", expect=1), "millracectl: too many clients\n")

    def test_failover_and_delete(self):
        server = self.server()
        moved = {"message": "moved", "new_url": "http://b/", "failover_index": 1}
        server.replies[f"POST /streams/{STREAM}/failover"] = moved
        self.assertEqual(self.ctl(server, "failover", STREAM), "The stream plays from failover 1 now: http://b/\n")
        self.assertEqual(json.loads(self.ctl(server, "failover", STREAM, "--json")), moved)
        self.assertEqual(server.requests[0][2]["Content-Length"], "0")
        server.replies[f"DELETE /streams/{STREAM}"] = {"message": f"Stream {STREAM} deleted"}
        self.assertEqual(self.ctl(server, "delete", STREAM), f"Stream {STREAM} deleted\n")
        server.replies[f"POST /streams/{STREAM}/failover"] = problem(409, "the stream has no failover URLs", "conflict")
        self.assertEqual(self.ctl(server, "failover", STREAM, expect=1),
                         "millracectl: the stream has no failover URLs\n")

    def test_clients(self):
        server = self.server()
        server.replies["GET /clients"] = {"clients": [], "total": 0}
        self.assertEqual(self.ctl(server, "clients"), "No clients.\n")
        server.replies["GET /clients/tv"] = client_info()
        self.assertRegex(self.ctl(server, "clients", "tv"), r"\AClient +tv\n")
        self.assertEqual(json.loads(self.ctl(server, "clients", "tv", "--json")), client_info())
        server.replies[f"GET /streams/{STREAM}"] = {"stream": stream_info(), "clients": [client_info()],
                                                    "client_count": 1}
        self.assertEqual(json.loads(self.ctl(server, "clients", STREAM, "--json")),
                         {"clients": [client_info()], "total": 1})
        self.assertEqual(self.ctl(server, "clients", "nobody", expect=1), "millracectl: there is no such thing\n")

    def test_disconnect(self):
        server = self.server()
        gone = {"message": "Client tv disconnected"}
        server.replies["DELETE /clients/tv"] = server.replies[f"DELETE /hls/{STREAM}/clients/tv"] = gone
        self.assertEqual(self.ctl(server, "disconnect", "tv"), "Client tv disconnected\n")
        self.assertEqual(json.loads(self.ctl(server, "disconnect", "tv", "--stream", STREAM, "--json")), gone)
        self.assertEqual([each[:2] for each in server.requests],
                         [("DELETE", "/clients/tv"), ("DELETE", f"/hls/{STREAM}/clients/tv")])

    def test_nothing_sent_manipulates_the_terminal(self):
        server = self.server()
        nasty = "\x1b]0;x\x07\x9b2J\x7f\u202e\r\n日本"
        server.replies["GET /clients"] = {"clients": [client_info(user_agent=nasty)], "total": 1}
        server.replies["DELETE /clients/x"] = problem(404, nasty)
        for text in [self.ctl(server, "clients"), self.ctl(server, "disconnect", "x", expect=1)]:
            self.assertNotRegex(text.replace("\n", ""), "[\x00-\x1f\x7f-\x9f\u202e]")
            self.assertIn("日本", text)
        raw = json.dumps({"clients": [client_info(user_agent=nasty)], "total": 1}, ensure_ascii=False).encode()
        server.replies["GET /clients"] = (200, raw)
        text = self.ctl(server, "clients", "--json")
        self.assertNotRegex(text[:-1], "[\x00-\x1f\x7f-\x9f\u202e]")
        self.assertEqual(json.loads(text)["clients"][0]["user_agent"], nasty)


class Connections(ClientTest):
    def test_token(self):
        server = self.server()
        server.replies["GET /streams"] = {"streams": [], "total": 0}
        cases = [([], {}, None), (["--token", "a b"], {"MILLRACE_TOKEN": "x"}, "a b"),
                 ([], {"MILLRACE_TOKEN": "x", "API_TOKEN": "y"}, "x"), ([], {"API_TOKEN": "y"}, "y")]
        for options, environment, expected in cases:
            with self.subTest(options=options, environment=environment):
                subprocess.run([CTL, "list", *options], check=True, capture_output=True, timeout=PATIENCE,
                               env=clean_environment({"MILLRACE_SERVER": server.url, **environment}))
                self.assertEqual(server.requests[-1][2].get("X-API-Token"), expected)

    def test_401_and_403(self):
        server = self.server()
        server.replies["GET /streams"] = problem(401, "send the token as X-API-Token", "unauthorized")
        self.assertEqual(self.ctl(server, "list", expect=1), "millracectl: send the token as X-API-Token\n")
        server.replies["GET /streams"] = (403, b"<html>no</html>")
        self.assertRegex(self.ctl(server, "list", expect=1), "answered 403 Forbidden; is the token .* right")

    def test_path_prefix_userinfo_and_ipv6(self):
        server = self.server("::1")
        server.replies["GET /tv/proxy/streams"] = {"streams": [], "total": 0}
        url = server.url.replace("//", "//me:pass%20word@") + "/tv/proxy/"
        self.assertEqual(self.ctl(url, "list"), "No streams.\n")
        headers = server.requests[0][2]
        self.assertEqual(headers["Host"], f"[::1]:{server.server_port}")
        self.assertEqual(headers["Authorization"], "Basic bWU6cGFzcyB3b3Jk")
        line = self.ctl(server.url.replace("//", "//me:secret@") + "/other", "stats", expect=1)
        self.assertNotIn("secret", line)

    def test_redirects_are_told_not_followed(self):
        server = self.server()

        def redirect(handler):
            handler.send_response(301)
            handler.send_header("Location", "https://elsewhere.example/")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return "handled"
        server.replies["GET /stats"] = redirect
        self.assertIn("https://elsewhere.example/", self.ctl(server, "stats", "--token", "t", expect=1))
        self.assertEqual(len(server.requests), 1)

    def test_answers_that_are_not_millrace(self):
        server = self.server()
        for reply in [b"", b"hello", b"[1]", b'{"streams"', b"{}", b'{"streams": 1}', b"\xff" * 50, b"[" * 100000]:
            with self.subTest(reply=reply[:20]):
                server.replies["GET /streams"] = (200, reply)
                self.assertIn("no answer of millrace", self.ctl(server, "list", expect=1))
        server.replies["GET /streams"] = (200, b'{"streams": [1, null, {}, {"stream_id": 5}], "total": 4}')
        self.assertEqual(len(self.ctl(server, "list").splitlines()), 3)

    def raw_server(self, sends):
        """A socket that reads a head, sends those bytes and closes."""
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    link, _ = listener.accept()
                    with link:
                        link.recv(65536)
                        link.sendall(sends)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()

        def end():
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(PATIENCE)
        self.addCleanup(end)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def test_broken_connections(self):
        for sends, expected in [
            (b"", "closed the connection"),
            (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "does not speak HTTP"),
            (b"HTTP/1.1 200 OK\r\nContent-Le", "closed the connection in the middle"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}", "closed the connection in the middle"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}", "larger answer"),
            (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100000, "does not speak HTTP"),
        ]:
            with self.subTest(sends=sends[:40]):
                self.assertIn(expected, self.ctl(self.raw_server(sends), "stats", expect=1))

    def test_bodies_until_close_and_chunked(self):
        for framed in [b"\r\n{\"proxy_stats\":{\"total_streams\":7}}",
                       b"Transfer-Encoding: chunked\r\n\r\n10\r\n{\"proxy_stats\":{\r\n"
                       b"13\r\n\"total_streams\":7}}\r\n0\r\n\r\n"]:
            self.assertEqual(self.ctl(self.raw_server(b"HTTP/1.1 200 OK\r\n" + framed), "stats"), "Total streams  7\n")

    def test_nobody_there(self):
        with socket.socket() as deaf:  # bound, so that nobody else gets the port, and not listening
            deaf.bind(("127.0.0.1", 0))
            port = deaf.getsockname()[1]
            line = self.ctl(f"http://127.0.0.1:{port}", "list", expect=1)
        self.assertEqual(line, f"millracectl: cannot connect to http://127.0.0.1:{port}: Connection refused\n")

    def test_time_out(self):
        server = self.server()
        release = threading.Event()
        self.addCleanup(release.set)
        server.replies["GET /stats"] = lambda _: release.wait(PATIENCE) and None
        started = time.monotonic()
        self.assertIn("did not answer within 0.5 s", self.ctl(server, "stats", "--timeout", "0.5", expect=1))
        self.assertLess(time.monotonic() - started, 9)

    def test_https(self):
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server = self.server("127.0.0.1", context)
        server.replies["GET /p/streams"] = {"streams": [], "total": 0}
        url = server.url + "/p"
        self.assertIn("certificate was refused", self.ctl(url, "list", expect=1))
        self.assertEqual(self.ctl(url, "list", "--insecure"), "No streams.\n")
        self.assertEqual(self.ctl(url, "list", "--ca-file", certificate), "No streams.\n")
        self.assertIn("certificate was refused",
                      self.ctl(url.replace("127.0.0.1", "localhost"), "list", "--ca-file", certificate, expect=1))
        self.assertIn("/nonexistent", self.ctl(url, "list", "--ca-file", "/nonexistent", expect=1))
        plain = self.raw_server(b"HTTP/1.1 400 No\r\n\r\n").replace("http", "https")
        self.assertIn("no TLS connection", self.ctl(plain, "list", expect=1))


if __name__ == "__main__":
    main()
