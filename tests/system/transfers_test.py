"""Bytes through the built server: ranges, resuming, HTTPS, faults, and what it costs in connections and memory."""
import concurrent.futures
import hashlib
import random
import time

from programs import MEBI, PROMPT, SANITIZED, Response, SystemTest, fetch, main, run, wait_until


class Integrity(SystemTest):
    def test_many_connections_deliver_the_right_bytes(self):
        origin = self.origin()
        server = self.millrace("-c", "8")
        direct = hashlib.sha256(fetch(f"{origin.url}/film.mkv?size=64M&seed=7")[2]).hexdigest()
        started = time.monotonic()
        status, headers, body = fetch(server.stream_url(f"{origin.url}/film.mkv?size=64M&seed=7&rate=4M"))
        took = time.monotonic() - started
        self.assertEqual((status, headers["Content-Length"]), (200, str(64 * MEBI)))
        self.assertEqual(hashlib.sha256(body).hexdigest(), direct)
        if not SANITIZED:
            self.assertLess(took, 14, "one connection alone would take 16 s")

    def test_random_ranges_of_many_clients(self):
        origin = self.origin()
        server = self.millrace("--chunk-size", "256K")
        size = 8 * MEBI
        upstream = f"{origin.url}/film.mkv?size={size}&seed=3"
        whole = fetch(upstream)[2]
        dice = random.Random(20)

        def check(span):
            first, last = span
            status, headers, body = fetch(server.stream_url(upstream), {"Range": f"bytes={first}-{last}"})
            self.assertEqual(status, 206)
            self.assertEqual(headers["Content-Range"], f"bytes {first}-{last}/{size}")
            self.assertEqual(body == whole[first:last + 1], True, f"wrong bytes in {first}-{last}")

        spans = [sorted(dice.sample(range(size), 2)) for _ in range(100)]
        with concurrent.futures.ThreadPoolExecutor(16) as clients:
            for _ in clients.map(check, spans):
                pass

    def test_curl_resumes(self):
        origin = self.origin()
        server = self.millrace()
        upstream = f"{origin.url}/film.mkv?size=8M&seed=5"
        whole = fetch(upstream)[2]
        file = self.folder / "film.mkv"
        file.write_bytes(whole[:3_000_001])
        run("curl", "--silent", "--show-error", "--fail", "-C", "-", "-o", file, server.stream_url(upstream))
        self.assertEqual(file.read_bytes() == whole, True)

    def test_https_with_a_private_authority(self):
        authority = self.folder / "ca.pem"
        origin = self.origin("--tls", "--ca-out", authority)
        upstream = f"{origin.url}/film.mkv?size=8M&seed=5"
        plain = self.origin()
        whole = fetch(f"{plain.url}/film.mkv?size=8M&seed=5")[2]
        trusting = self.millrace("--ca-file", authority)
        self.assertEqual(fetch(trusting.stream_url(upstream))[2] == whole, True)
        careless = self.millrace("--insecure")
        self.assertEqual(fetch(careless.stream_url(upstream))[2] == whole, True)
        strict = self.millrace("--retry", "0")
        self.assertEqual(fetch(strict.stream_url(upstream))[0], 502)

    def test_a_mirror_takes_over_in_the_middle(self):
        first, second = self.origin(), self.origin()
        server = self.millrace("--retry", "1")
        broken = f"{first.url}/film.mkv?size=16M&seed=9&truncate_at=@5M&status=503&from=3"
        good = f"{second.url}/film.mkv?size=16M&seed=9"
        whole = fetch(good)[2]
        self.assertEqual(fetch(server.stream_url(broken, mirrors=[good]))[2] == whole, True)
        self.assertGreater(second.stats()["requests"], 1)


class Costs(SystemTest):
    def test_a_client_that_goes_ends_its_upstream_transfers(self):
        origin = self.origin()
        server = self.millrace("-c", "4")
        with Response(server.stream_url(f"{origin.url}/film.mkv?size=1G&rate=2M")) as response:
            response.read(4 * MEBI)
            self.assertGreater(origin.stats()["active_requests"], 0)
        gone = time.monotonic()
        wait_until(lambda: origin.stats()["active_requests"] == 0, "the upstream transfers stop")
        self.assertLess(time.monotonic() - gone, PROMPT)

    def test_a_slow_client_holds_little_and_asks_for_little(self):
        origin = self.origin()
        server = self.millrace("-c", "8", "--chunk-size", "1M")
        fetch(server.stream_url(f"{origin.url}/film.mkv?size=4M"))  # what one transfer needs anyway
        memory, sent = server.peak_memory(), origin.stats()["bytes_sent"]
        with Response(server.stream_url(f"{origin.url}/film.mkv?size=5G"), receive_buffer=64 * 1024) as response:
            self.assertEqual(response.headers["Content-Length"], str(5 << 30))
            taken = 0
            for _ in range(40):
                taken += len(response.read(64 * 1024))
                pace = time.monotonic() + 0.05
                wait_until(lambda: time.monotonic() > pace, "a slow client takes its time")
            window = (8 + 1) * MEBI + MEBI
            sockets = 16 * MEBI
            self.assertLess(origin.stats()["bytes_sent"] - sent, taken + window + sockets)
            if not SANITIZED:
                self.assertLess(server.peak_memory() - memory, window + 4 * MEBI)


if __name__ == "__main__":
    main()
