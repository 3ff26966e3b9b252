"""SIGINT and SIGTERM: the listener closes, running responses get five seconds, a second signal ends at once."""
import contextlib
import http.client
import json
import signal
import socket
import time

from programs import MEBI, PATIENCE, PROMPT, Response, SystemTest, main, wait_until


def refuses_connections(server):
    try:
        socket.create_connection((server.host, server.port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        return False  # it came into the queue of the listener that was just being closed
    return False


class Signals(SystemTest):
    def test_an_idle_server_ends_at_once(self):
        for number in [signal.SIGTERM, signal.SIGINT]:
            with self.subTest(signal=number):
                server = self.millrace()
                started = time.monotonic()
                server.signal(number)
                self.assertEqual(server.wait(), 0)
                self.assertLess(time.monotonic() - started, PROMPT)

    def test_kept_alive_connections_are_told_and_closed(self):
        origin = self.origin()
        server = self.millrace()
        with contextlib.closing(http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)) as link:
            link.request("GET", "/health")
            self.assertEqual(link.getresponse().read()[:1], b"{")
            # The running response keeps the server from ending before the question is asked.
            with Response(server.stream_url(f"{origin.url}/film.mkv?size=64M&rate=1M")) as running:
                running.read(1)
                server.signal()
                wait_until(lambda: refuses_connections(server), "the listener closes")
                link.request("GET", "/health")
                answer = link.getresponse()
                self.assertEqual(answer.status, 503)
                self.assertEqual(json.loads(answer.read())["status"], "draining")
                self.assertEqual(answer.headers["Connection"], "close")
        self.assertEqual(server.wait(), 0)

    def test_a_running_response_may_end(self):
        origin = self.origin()
        server = self.millrace("-c", "1")
        with Response(server.stream_url(f"{origin.url}/film.mkv?size=2M&rate=2M")) as running:
            first = running.read(1)
            server.signal()
            wait_until(lambda: refuses_connections(server), "the listener closes")
            self.assertEqual(len(first + running.read()), 2 * MEBI)
        self.assertEqual(server.wait(), 0)

    def test_a_long_response_gets_five_seconds(self):
        origin = self.origin()
        server = self.millrace("-c", "1")
        with Response(server.stream_url(f"{origin.url}/film.mkv?size=64M&rate=64K")) as running:
            running.read(1)
            started = time.monotonic()
            server.signal()
            with self.assertRaises((http.client.IncompleteRead, ConnectionError)):
                running.read()
            took = time.monotonic() - started
        self.assertEqual(server.wait(), 0)
        self.assertGreater(took, 4)
        self.assertLess(took, 5 + PROMPT)

    def test_a_second_signal_ends_at_once(self):
        origin = self.origin()
        server = self.millrace("-c", "1")
        with Response(server.stream_url(f"{origin.url}/film.mkv?size=64M&rate=64K")) as running:
            running.read(1)
            started = time.monotonic()
            server.signal()
            wait_until(lambda: refuses_connections(server), "the listener closes")
            server.signal(signal.SIGINT)
            self.assertEqual(server.wait(), 0)
            self.assertLess(time.monotonic() - started, PROMPT)


if __name__ == "__main__":
    main()
