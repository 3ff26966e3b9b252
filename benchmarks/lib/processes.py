"""Programs that a benchmark starts: found, started, measured through /proc, and always stopped."""

import os
import pathlib
import re
import selectors
import shutil
import socket
import subprocess
import tempfile
import time

READY_SECONDS = 20
STOP_SECONDS = 8
TICKS = os.sysconf("SC_CLK_TCK")

# Debian keeps servers where the PATH of a normal user does not look.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
DEBIAN_PACKAGES = {"aria2c": "aria2", "axel": "axel", "curl": "curl", "haproxy": "haproxy", "nginx": "nginx",
                   "openssl": "openssl"}


class BenchmarkError(Exception):
    """Something that the user should read instead of a stack trace."""


def find_program(name):
    return shutil.which(name, path=SEARCH_PATH)


def clean_environment():
    """Without settings that would send loopback traffic elsewhere or change the programs under test."""
    foreign = re.compile(r".*_proxy|MILLRACE_.*|M3U_PROXY_.*|LOG_LEVEL|API_TOKEN|CLIENT_TIMEOUT|CLEANUP_INTERVAL",
                         re.IGNORECASE)
    return {name: value for name, value in os.environ.items() if not foreign.fullmatch(name)}


def run(command, seconds=300):
    """Runs a client to its end. Returns (seconds it took, what it printed)."""
    began = time.monotonic()
    try:
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=seconds, env=clean_environment())
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"{command[0]} did not end within {seconds} s") from error
    took = time.monotonic() - began
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()[-500:]
        raise BenchmarkError(f"{command[0]} failed with status {done.returncode}: {said}")
    return took, done.stdout.decode(errors="replace")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program that serves until it is stopped; a context manager.

    Without a port the program prints one ready line with its URL; with one it is ready when it accepts there.
    """

    def __init__(self, name, command, port=None, scheme="http"):
        self.name = name
        self.port = port
        self.url = f"{scheme}://127.0.0.1:{port}" if port else ""
        self.output = tempfile.TemporaryFile()
        ready_line = self.output if port else subprocess.PIPE
        try:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                            stdout=ready_line, stderr=self.output, env=clean_environment())
        except OSError as error:
            self.output.close()
            raise BenchmarkError(f"cannot start {name}: {error}") from error

    def __enter__(self):
        try:
            ready = self.accepts() if self.port else self.said_ready()
            if not ready:
                raise BenchmarkError(f"{self.name} did not start:\n{self.last_output()}")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def said_ready(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            line = self.process.stdout.readline().decode() if selector.select(READY_SECONDS) else ""
        found = re.search(r"https?://\S+", line)
        self.url = found.group().rstrip("/") if found else ""
        return bool(found)

    def accepts(self):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            time.sleep(0.01)
        return False

    def last_output(self):
        self.output.seek(0)
        return b"\n".join(self.output.read().splitlines()[-10:]).decode(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.output.close()

    def working_processes(self):
        """The workers where there are any (nginx), else the process itself."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return children or [str(self.process.pid)]

    def cpu_seconds(self):
        """User and system time of all threads so far."""
        total = 0
        for pid in self.working_processes():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def peak_mebibytes(self):
        total = 0
        for pid in self.working_processes():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            total += int(re.search(r"VmHWM:\s*(\d+)", status).group(1))
        return total / 1024
