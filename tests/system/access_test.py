"""--api-token, cross-site rules and limits of the built server, asked with curl and millracectl as people do."""
import json
import re
import shutil
import subprocess
import urllib.parse

from programs import BIN, SystemTest, fetch, main, run, wait_until

SECRET = "s3cret/+%&token"
ENCODED = urllib.parse.quote(SECRET, safe="")
APP = "https://app.example"
# What a shell's history and a log collector would keep.
TRACES = (SECRET, ENCODED, "s3cret")


def curl(*arguments, expect=0):
    """(status, header lines in lower case, body)"""
    done = run("curl", "--silent", "--show-error", "--include", "--max-time", "60", *arguments, expect=expect)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split()[1]), fields, body


class Access(SystemTest):
    def guarded(self, *options):
        return self.millrace("--log-level", "debug", *options, environment={"MILLRACE_API_TOKEN": SECRET})

    def refused(self, answer, status, code):
        self.assertEqual(answer[0], status)
        self.assertEqual(answer[1]["content-type"], "application/problem+json")
        self.assertEqual(json.loads(answer[2])["code"], code)
        for trace in TRACES:
            self.assertNotIn(trace.encode(), answer[2])
        return answer

    def test_the_ways_to_send_a_token(self):
        server = self.guarded()
        stats = f"{server.url}/stats"
        unauthorized = self.refused(curl(stats), 401, "unauthorized")
        self.assertEqual(unauthorized[1]["www-authenticate"], "Bearer")
        self.refused(curl("-H", "X-API-Token: wrong", stats), 403, "forbidden")
        self.assertEqual(curl("-H", f"X-API-Token: {SECRET}", stats)[0], 200)
        self.assertEqual(curl("--oauth2-bearer", SECRET, stats)[0], 200)
        self.assertEqual(curl("-G", "--data-urlencode", f"api_token={SECRET}", stats)[0], 200)
        self.assertEqual(curl("-u", f"user:{SECRET}", stats)[0], 401)
        self.assertEqual(curl("-b", f"api_token={SECRET}", stats)[0], 401)
        self.assertEqual(curl(f"{server.url}/health")[0], 200)

    def test_other_sources_of_the_option(self):
        config = self.folder / "millrace.conf"
        config.write_text("api-token = from-the-file\n", encoding="ascii")
        for options, environment, token in (((), {"API_TOKEN": "second"}, "second"),
                                            (("--config", config), {}, "from-the-file"),
                                            (("--config", config, "--api-token", "typed"), {"API_TOKEN": "x"}, "typed")):
            server = self.millrace(*options, environment=environment)
            self.assertEqual(curl(f"{server.url}/stats")[0], 401)
            self.assertEqual(curl("-H", f"X-API-Token: {token}", f"{server.url}/stats")[0], 200)

    def test_a_bad_token_is_not_shown(self):
        for value in ("", "with blanks s3cret", "s3cret\tx", "s3crét"):
            done = run(BIN / "millrace", "--api-token", value, expect=2)
            line = done.stderr.decode()
            self.assertRegex(line, r"\A[^\n]*--api-token[^\n]*\n\Z")
            self.assertNotIn("s3c", line)
        self.assertIn("--api-token TOKEN", run(BIN / "millrace", "--help").stdout.decode())

    def test_the_token_leaves_no_traces(self):
        origin = self.origin()
        server = self.guarded("--retry", "0")
        film = f"{origin.url}/film.mkv?size=3M"
        token = ("-H", f"X-API-Token: {SECRET}")
        bearer = ("--oauth2-bearer", SECRET)
        self.assertEqual(len(curl(*bearer, server.stream_url(film))[2]), 3 << 20)
        with_query = f"{server.url}/stream?api_token={ENCODED}&url={film}"
        self.assertEqual(len(curl(with_query)[2]), 3 << 20)
        self.assertEqual(curl(f"{server.url}/stream%3Fapi_token={ENCODED}")[0], 401)
        self.assertEqual(curl(f"{server.url}/nothing?api_token={ENCODED}")[0], 404)
        # Failures are what logs tell most of.
        for url in ("http://127.0.0.1:1/x", f"{origin.url}/gone.mkv?status=404"):
            encoded = urllib.parse.quote(url, safe="")
            self.assertGreaterEqual(curl(f"{server.url}/stream?url={encoded}&api_token={ENCODED}")[0], 400)
        pages = [curl(*token, f"{server.url}{path}") for path in ("/", "/stats", "/streams", "/clients", "/metrics")]
        pages.append(curl(f"{server.url}/stats?api_token={ENCODED}"))
        for status, fields, body in pages:
            self.assertEqual(status, 200)
            for trace in TRACES:
                self.assertNotIn(trace, str(fields))
                self.assertNotIn(trace.encode(), body)
        # The server says who asked, and nothing of what for.
        wait_until(lambda: " /metrics " in server.log(), "the requests are logged")
        for trace in (*TRACES, "api_token"):
            self.assertNotIn(trace, server.log())
        for trace in TRACES:
            self.assertNotIn(trace, origin.log())

    def test_no_redirect_carries_it(self):
        origin = self.origin()
        server = self.guarded()
        token = ("-H", f"X-API-Token: {SECRET}")
        body = json.dumps({"url": f"{origin.url}/list.m3u8?size=1K"})
        posted = curl(*token, "--data", body, f"{server.url}/streams")
        stream = json.loads(posted[2])["stream_id"]
        led = curl(*token, f"{server.url}/stream/{stream}?api_token={ENCODED}")
        self.assertEqual(led[0], 307)
        self.assertRegex(led[1]["location"], rf"\A\.\./hls/{stream}/playlist\.m3u8\?client_id=[^&]+\Z")
        self.refused(curl("-X", "DELETE", f"{server.url}/streams/{stream}"), 401, "unauthorized")
        self.assertEqual(curl(*token, "-X", "DELETE", f"{server.url}/streams/{stream}")[0], 200)

    def test_media_of_refused_urls_can_be_read_by_pages(self):
        server = self.guarded()
        answer = curl("-H", f"Origin: {APP}", server.stream_url("http://127.0.0.1:1/x"))
        self.refused(answer, 401, "unauthorized")
        self.assertEqual(answer[1]["access-control-allow-origin"], "*")

    def test_millracectl(self):
        server = self.guarded()
        ctl = (BIN / "millracectl", "--server", server.url)
        self.assertIn(b"token", run(*ctl, "list", expect=1).stderr)
        run(*ctl, "--token", "wrong", "list", expect=1)
        # Without a token the health of a server is known.
        run(*ctl, "health")
        created = run(*ctl, "--token", SECRET, "create", "http://tv.example/1.ts").stdout.decode()
        stream = re.search(r"[0-9a-f]{32}", created)[0]
        for command in (("list",), ("info", stream), ("stats",), ("clients",), ("delete", stream)):
            run(*ctl, "--token", SECRET, *command)

    def test_json_rpc_from_a_named_page(self):
        origin = self.origin()
        server = self.guarded("--allow-origin", APP, "--allow-origin", "chrome-extension://abcdefghijklmnop")
        rpc = f"{server.url}/jsonrpc"
        preflight = curl("-X", "OPTIONS", "-H", f"Origin: {APP}", "-H", "Access-Control-Request-Method: POST", "-H",
                         "Access-Control-Request-Headers: content-type", "-H",
                         "Access-Control-Request-Private-Network: true", rpc)
        self.assertEqual(preflight[0], 204)
        self.assertEqual(preflight[1]["access-control-allow-origin"], APP)
        self.assertEqual(preflight[1]["access-control-allow-private-network"], "true")
        self.assertIn("POST", preflight[1]["access-control-allow-methods"])
        self.assertIn("Content-Type", preflight[1]["access-control-allow-headers"])

        def call(*params, page=APP):
            message = {"jsonrpc": "2.0", "id": 1, "method": "aria2.addUri", "params": [*params]}
            return curl("-H", f"Origin: {page}", "-H", "Content-Type: application/json", "--data", json.dumps(message),
                        rpc)
        film = f"{origin.url}/film.mkv?size=1M"
        added = call(f"token:{SECRET}", [film])
        self.assertEqual(added[0], 200)
        self.assertEqual(added[1]["access-control-allow-origin"], APP)
        gid = json.loads(added[2])["result"]
        self.assertEqual(len(curl(f"{server.url}/stream?gid={gid}")[2]), 1 << 20)
        self.assertEqual(curl(f"{server.url}/stream?gid={gid}&url={film}")[0], 401)
        strange = call([film])
        self.assertEqual(strange[0], 400)
        self.assertEqual(json.loads(strange[2])["error"], {"code": 1, "message": "Unauthorized"})
        self.assertEqual(strange[1]["access-control-allow-origin"], APP)
        self.assertEqual(call(f"token:{SECRET}", [film], page="chrome-extension://abcdefghijklmnop")[0], 200)
        for page in ("https://evil.example", "null", "chrome-extension://ponmlkjihgfedcba"):
            foreign = call(f"token:{SECRET}", [film], page=page)
            self.refused(foreign, 403, "forbidden")
            self.assertNotIn("access-control-allow-origin", foreign[1])

    def test_the_counters(self):
        server = self.millrace("--max-head", "2K", "--max-body", "1K", "--head-timeout", "0.3", "--body-timeout", "0.3")
        self.assertEqual(curl("-H", f"X: {'a' * 3000}", f"{server.url}/health")[0], 431)
        self.assertEqual(curl("--data", "a" * 2000, f"{server.url}/streams")[0], 413)
        self.assertEqual(curl("-H", "Content-Length: 9", "--data", "a", f"{server.url}/streams")[0], 408)
        self.assertEqual(curl("-X", "POST", "-H", "Origin: http://evil.example", f"{server.url}/streams")[0], 403)
        text = fetch(f"{server.url}/metrics")[2].decode()
        for sample in ('limits_total{limit="max-head"}', 'limits_total{limit="max-body"}',
                       'limits_total{limit="body-timeout"}', 'requests_refused_total{reason="origin"}'):
            self.assertRegex(text, rf"(?m)^millrace_{re.escape(sample)} 1$")
        promtool = shutil.which("promtool")
        if promtool:
            done = subprocess.run([promtool, "check", "metrics"], input=text.encode(), capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))


if __name__ == "__main__":
    main()
