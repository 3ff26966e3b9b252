"""`millracectl monitor`: lines in a pipe, frames on a terminal, and its end by a signal."""
import errno
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time

from control_plane import CTL, STREAM, ClientTest, client_info, problem, stats, stream_info
from programs import PATIENCE, clean_environment, die_with_parent, main, wait_until


class MonitorTest(ClientTest):
    def growing_server(self):
        """Each look finds 1 MiB more."""
        server = self.server()
        looks = iter(range(1, 1_000_000))

        def reply(_):
            served = next(looks) << 20
            return stats([stream_info(total_bytes_served=served)], [client_info(bytes_served=served)])
        server.replies["GET /stats"] = reply
        return server

    def start_monitor(self, server, *options, **arguments):
        process = subprocess.Popen([CTL, "--server", server.url, "monitor", *options], stdin=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, preexec_fn=die_with_parent, **arguments)
        self.addCleanup(self.kill, process)
        return process

    @staticmethod
    def kill(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in [process.stdout, process.stderr]:
            if stream:
                stream.close()

    def end(self, process, number=signal.SIGINT):
        process.send_signal(number)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(process.stderr.read(), b"")


class Monitor(MonitorTest):
    def test_plain_lines(self):
        server = self.growing_server()
        asked = []
        good = server.replies["GET /stats"]
        server.replies["GET /stats"] = lambda handler: asked.append(time.monotonic()) or good(handler)
        process = self.start_monitor(server, "--interval", "0.5", stdout=subprocess.PIPE)
        lines, read = [], []
        for _ in range(6):
            lines.append(process.stdout.readline().decode())
            read.append(time.monotonic())
        self.end(process)
        for line, kind in zip(lines, ["total", "stream", "client"] * 2):
            self.assertRegex(line, rf"\A\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ {kind} +\S")
            self.assertNotIn("\x1b", line)
            self.assertNotIn("secret", line)
        self.assertRegex(lines[1], rf"{STREAM} +- +1 MiB ")
        # One MiB between two looks, each of which was taken after its request and before its lines were read.
        shortest, longest = max(asked[1] - read[0], 0.001), read[3] - asked[0]
        for line in lines[3:]:
            number, unit = re.search(r"([\d.]+) ([KM])iB/s", line).groups()
            rate = float(number) / (1 if unit == "M" else 1024)
            self.assertGreater(rate, 1 / longest - 0.06)
            self.assertLess(rate, 1 / shortest + 0.06)

    def test_json_lines(self):
        process = self.start_monitor(self.growing_server(), "--interval", "0.1", "--json", stdout=subprocess.PIPE)
        first, second = (json.loads(process.stdout.readline()) for _ in range(2))
        self.end(process, signal.SIGTERM)
        self.assertEqual(second["clients"][0]["bytes_served"] - first["clients"][0]["bytes_served"], 1 << 20)

    def test_ctrl_c_during_a_slow_answer(self):
        server = self.growing_server()
        process = self.start_monitor(server, "--interval", "0.05", "--timeout", "3000", stdout=subprocess.PIPE)
        process.stdout.readline()
        release, asked = threading.Event(), threading.Event()
        self.addCleanup(release.set)

        def hang(_):
            asked.set()
            release.wait(PATIENCE * 2)
        server.replies["GET /stats"] = hang
        self.assertTrue(asked.wait(PATIENCE))
        self.end(process)

    def test_the_first_look_decides(self):
        server = self.server()
        server.replies["GET /stats"] = problem(401, "a token is needed", "unauthorized")
        process = self.start_monitor(server, stdout=subprocess.PIPE)
        self.assertEqual(process.wait(PATIENCE), 1)
        self.assertEqual(process.stdout.read(), b"")
        self.assertEqual(process.stderr.read(), b"millracectl: a token is needed\n")

    def test_later_failures_are_told_and_tried_again(self):
        server = self.growing_server()
        good = server.replies["GET /stats"]
        process = self.start_monitor(server, "--interval", "0.1", stdout=subprocess.PIPE)
        process.stdout.readline()
        server.replies["GET /stats"] = problem(503, "too many clients", "busy")
        self.assertEqual(process.stderr.readline(), b"millracectl: too many clients\n")
        server.replies["GET /stats"] = good
        asked = len(server.requests)
        wait_until(lambda: len(server.requests) > asked + 2, "further looks")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 0)


class Terminal(MonitorTest):
    ENTER, LEAVE = b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l"

    def start_on_terminal(self, server, *options, rows=20, columns=100, term="xterm"):
        self.master, slave = pty.openpty()
        self.addCleanup(os.close, self.master)
        self.resize(rows, columns)
        self.seen = b""

        def own_terminal():
            die_with_parent()
            os.setsid()
            fcntl.ioctl(1, termios.TIOCSCTTY, 0)
        process = subprocess.Popen([CTL, "--server", server.url, "monitor", *options], stdin=slave, stdout=slave,
                                   stderr=subprocess.PIPE, preexec_fn=own_terminal,
                                   env=clean_environment({"TERM": term}))
        os.close(slave)
        self.addCleanup(self.kill, process)
        return process

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition(self.seen):
            self.assertGreater(deadline, time.monotonic(), f"{what} in {self.seen[-2000:]!r}")
            if select.select([self.master], [], [], 0.2)[0]:
                self.seen += os.read(self.master, 65536)

    def read_rest(self):
        while True:
            try:
                part = os.read(self.master, 65536)
            except OSError as error:
                self.assertEqual(error.errno, errno.EIO)
                return
            if not part:
                return
            self.seen += part

    def frames(self):
        """The complete frames so far, as lists of lines."""
        whole = self.seen.split(b"\x1b[H")[1:]
        return [re.split("\r+\n", frame.split(b"\x1b[J")[0].replace(b"\x1b[K", b"").decode())
                for frame in whole if b"\x1b[J" in frame]

    def test_redrawn_in_place_until_ctrl_c(self):
        process = self.start_on_terminal(self.growing_server(), "--interval", "0.2")
        self.read_until(lambda _: len(self.frames()) >= 3, "three frames")
        os.write(self.master, b"\x03")
        self.assertEqual(process.wait(PATIENCE), 0)
        self.read_rest()
        self.assertTrue(self.seen.startswith(self.ENTER))
        self.assertTrue(self.seen.endswith(self.LEAVE))
        self.assertEqual(process.stderr.read(), b"")
        frame = self.frames()[2]
        self.assertRegex(frame[1], r"^1 stream \(1 active\), 1 client \(1 active\), [\d.]+ [KM]iB/s, 3 MiB served")
        self.assertRegex(frame[4], rf"^{STREAM} +[\d.]+ [KM]iB/s  +3 MiB")
        self.assertRegex(frame[7], r"^tv +[\d.]+ [KM]iB/s  +3 MiB")
        for line in frame:
            self.assertLessEqual(len(line), 100)
            self.assertNotIn("secret", line)

    def test_a_small_window_and_another_size(self):
        server = self.server()
        many = [stream_info(f"{i:032x}") for i in range(50)]
        clients = [client_info(f"c{i}", user_agent="日本語" * 30) for i in range(50)]
        server.replies["GET /stats"] = stats(many, clients)
        process = self.start_on_terminal(server, "--interval", "1000", rows=12, columns=60)
        self.read_until(lambda _: self.frames(), "a frame")
        self.assertEqual(len(self.frames()[0]), 12)
        self.assertRegex(self.frames()[0][-1], r"^… \d+ more$")
        self.assertLessEqual(max(map(len, self.frames()[0])), 60)
        self.resize(30, 40)
        self.read_until(lambda _: len(self.frames()) > 1, "a frame of the new size")
        self.assertEqual(len(self.frames()[1]), 30)
        self.assertLessEqual(max(map(len, self.frames()[1])), 40)
        self.end(process, signal.SIGTERM)

    def test_failures_stand_in_the_headline(self):
        server = self.growing_server()
        process = self.start_on_terminal(server, "--interval", "0.1")
        self.read_until(lambda _: self.frames(), "a frame")
        server.replies["GET /stats"] = problem(503, "too many \x1b[2Jclients", "busy")
        self.read_until(lambda seen: b"too many [2Jclients" in seen, "the failure")
        self.end(process)

    def test_ctrl_z_gives_the_terminal_back(self):
        process = self.start_on_terminal(self.growing_server(), "--interval", "1000")
        self.read_until(lambda _: self.frames(), "a frame")
        process.send_signal(signal.SIGTSTP)
        self.read_until(lambda seen: seen.endswith(self.LEAVE), "the terminal given back")
        stat = pathlib.Path(f"/proc/{process.pid}/stat")
        wait_until(lambda: stat.read_text(encoding="ascii").rpartition(")")[2].split()[0] == "T", "stopped")
        process.send_signal(signal.SIGCONT)
        self.read_until(lambda _: len(self.frames()) > 1, "drawn again")
        self.end(process)

    def test_a_dumb_terminal_gets_lines(self):
        process = self.start_on_terminal(self.growing_server(), "--interval", "0.1", term="dumb")
        self.read_until(lambda seen: seen.count(b"total") > 1, "two looks")
        self.assertNotIn(b"\x1b", self.seen)
        self.end(process)


if __name__ == "__main__":
    main()
