"""Starts the built programs for a test, and always ends them.

CTest sets MILLRACE_BIN, the folder of the programs, and MILLRACE_SANITIZE, the sanitizers they were built with.
"""
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

BIN = pathlib.Path(os.environ["MILLRACE_BIN"])
SANITIZED = bool(os.environ.get("MILLRACE_SANITIZE"))
# How much longer than on an idle machine a step may take; only failing tests ever wait so long.
PATIENCE = 60
# What happens at once takes no longer, even on a loaded machine; the five seconds that a running response gets are more.
PROMPT = 20 if SANITIZED else 4

MEBI = 1 << 20


def clean_environment(extra=None):
    """Without variables that millrace or the clients would listen to."""
    ours = re.compile(r"(MILLRACE_|M3U_PROXY_)|(LOG_LEVEL|API_TOKEN|(https?|all|no)_proxy)$", re.IGNORECASE)
    kept = {name: value for name, value in os.environ.items() if not ours.match(name)}
    return {**kept, **(extra or {})}


def die_with_parent():
    """Between fork and exec: a test killed by CTest leaves nothing behind."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def wait_until(condition, what, limit=PATIENCE):
    """Polls until `condition()` is true and answers its value; fails after `limit` seconds."""
    deadline = time.monotonic() + limit
    pause = threading.Event()
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit} s in vain: {what}")
        pause.wait(0.02)
    return value


def wait_for_value(read, expected, what):
    """Polls until `read()` is `expected`: for what the server counts when the client has its last byte already."""
    last = []

    def arrived():
        last[:] = [read()]
        return last[0] == expected
    try:
        wait_until(arrived, what)
    except AssertionError as error:
        raise AssertionError(f"{error}: {last[0]!r} is not {expected!r}") from None


def run(*command, expect=0, limit=PATIENCE * 2, **options):
    """Runs a program to its end; answers the CompletedProcess with bytes in stdout."""
    done = subprocess.run([str(part) for part in command], env=clean_environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=limit, preexec_fn=die_with_parent, check=False, **options)
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"{command[0]} ended with {done.returncode}, not {expect}:\n"
                             f"{done.stderr.decode(errors='replace')[-3000:]}")
    return done


class Program:
    """A server that says where it listens in its first line on stdout."""

    READY = re.compile(r"^\S+.* listening on (https?://\S+)\n$")

    def __init__(self, command, log, environment=None):
        self.log_file = log
        with open(log, "wb") as stderr:
            self.process = subprocess.Popen([str(part) for part in command], env=clean_environment(environment),
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
                                            preexec_fn=die_with_parent)
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        self.ready_line = self.process.stdout.readline().decode()
        timer.cancel()
        match = self.READY.match(self.ready_line)
        if not match:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"no ready line but {self.ready_line!r}; stderr:\n{self.log()}")
        self.url = match[1]
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port = parts.hostname, parts.port

    def log(self):
        return pathlib.Path(self.log_file).read_text(encoding="utf-8", errors="replace")

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, limit=PATIENCE):
        code = self.process.wait(limit)
        self.process.stdout.close()
        return code

    def end(self):
        """Asks it to end, insists if it does not. Answers the exit code."""
        if self.process.returncode is not None:
            return self.process.returncode
        self.signal()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.wait()


class Millrace(Program):
    def stream_url(self, upstream, mirrors=()):
        """/stream for that upstream URL; `url` stands last and is not encoded, as people type it."""
        before = "".join(f"mirror={urllib.parse.quote(each, safe='')}&" for each in mirrors)
        return f"{self.url}/stream?{before}url={upstream}"

    def peak_memory(self):
        """The most bytes of memory the process ever held (VmHWM)."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


class Origin(Program):
    def stats(self):
        """The counters of all paths together."""
        with contextlib.closing(http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)) as link:
            link.request("GET", "/_stats")
            return json.loads(link.getresponse().read())["total"]


class Response:
    """An answer whose body is still on its way. `read` may be called at will."""

    def __init__(self, url, headers=None, method="GET", receive_buffer=None):
        parts = urllib.parse.urlsplit(url)
        self.link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
        if receive_buffer:
            self.link.sock = socket.socket()
            self.link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self.link.sock.settimeout(PATIENCE)
            self.link.sock.connect((parts.hostname, parts.port))
        target = url[len(f"{parts.scheme}://{parts.netloc}"):]
        self.link.request(method, target, headers=headers or {})
        self.answer = self.link.getresponse()
        self.status = self.answer.status
        self.headers = self.answer.headers

    def read(self, size=None):
        return self.answer.read(size)

    def close(self):
        # The response holds the socket's file, too: without it closed, the connection stays open.
        self.answer.close()
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def fetch(url, headers=None, method="GET"):
    """The whole answer: (status, headers, body)."""
    with Response(url, headers, method) as response:
        return response.status, response.headers, response.read()


class SystemTest(unittest.TestCase):
    """Programs started here end with the test; when it fails, their logs are shown."""

    def run(self, result=None):
        self.programs = []
        with tempfile.TemporaryDirectory(prefix="millrace-test-") as folder:
            self.folder = pathlib.Path(folder)
            before = len(result.failures) + len(result.errors)
            super().run(result)
            if len(result.failures) + len(result.errors) > before:
                for program in self.programs:
                    print(f"--- log of {program.process.args}:\n{program.log()[-8000:]}", file=sys.stderr)
        return result

    def start(self, kind, name, options, environment=None):
        log = self.folder / f"{name}-{len(self.programs)}.log"
        program = kind([BIN / name, *options], log, environment)
        self.programs.append(program)
        self.addCleanup(self.end_program, program)
        return program

    def end_program(self, program):
        self.assertEqual(program.end(), 0, f"{program.process.args[0]} did not end well")
        self.assertNotIn("Sanitizer", program.log())

    def millrace(self, *options, environment=None):
        """Listening on a free port of 127.0.0.1, allowed to connect to origins there."""
        defaults = ["--host", "127.0.0.1", "--port", "0", "--allow-upstream", "loopback"]
        return self.start(Millrace, "millrace", [*defaults, *options], environment)

    def origin(self, *options):
        return self.start(Origin, "faulty_origin", options)


main = unittest.main
