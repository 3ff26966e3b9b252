"""The programs of a soak: started, looked at through /proc, and always stopped."""

import ctypes
import os
import pathlib
import re
import selectors
import signal
import subprocess
import time
import urllib.parse

READY_SECONDS = 60
STOP_SECONDS = 30
LEVELS = re.compile(r"^\S+ (ERROR|CRITICAL) ")
REPORTS = re.compile(r"Sanitizer|runtime error:")
# A small quarantine: freed memory that is kept to find errors shall not look like a leak.
SANITIZER_OPTIONS = {"ASAN_OPTIONS": "quarantine_size_mb=8:detect_leaks=1:detect_stack_use_after_return=0",
                     "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=0"}


class SoakError(Exception):
    """Something that the user should read instead of a stack trace."""


def clean_environment():
    """Without settings that would change the programs under test."""
    foreign = re.compile(r".*_proxy|MILLRACE_.*|M3U_PROXY_.*|LOG_LEVEL|API_TOKEN|CLIENT_TIMEOUT|CLEANUP_INTERVAL",
                         re.IGNORECASE)
    kept = {name: value for name, value in os.environ.items() if not foreign.fullmatch(name)}
    return {**SANITIZER_OPTIONS, **kept}


def end_with_parent():
    """Between fork and exec: a soak that is killed leaves nothing behind."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def is_sanitized(program):
    return b"__asan_init" in pathlib.Path(program).read_bytes()


class Program:
    """A program that prints one ready line with its URL."""

    def __init__(self, name, command, folder):
        self.name, self.command, self.folder = name, [str(word) for word in command], folder
        self.log_file = folder / f"{name.replace(' ', '-')}.log"
        self.log_file.unlink(missing_ok=True)
        self.start()

    def start(self):
        with open(self.log_file, "ab") as log:
            try:
                self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                                env=clean_environment(), preexec_fn=end_with_parent)
            except OSError as error:
                raise SoakError(f"cannot start {self.name}: {error}") from error
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            line = self.process.stdout.readline().decode() if selector.select(READY_SECONDS) else ""
        found = re.search(r"https?://\S+", line)
        if not found:
            self.kill()
            raise SoakError(f"{self.name} did not start:\n{self.log()[-2000:]}")
        self.url = found.group().rstrip("/")
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port = parts.hostname, parts.port

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def running(self):
        return self.process.poll() is None

    def kill(self):
        if self.running():
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """Asks it to end, insists if it does not. Answers the exit code."""
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        return self.process.returncode


class Origin(Program):
    """The scripted origin, at several addresses so that it counts as several origins."""

    def at(self, number):
        """The URL of its n-th address."""
        scheme = self.url.split(":")[0]
        return f"{scheme}://127.0.0.{number}:{self.port}"


class MortalOrigin(Origin):
    """Dies and comes back at the same port."""

    def __init__(self, name, command, folder):
        super().__init__(name, command, folder)
        self.command += ["--port", str(self.port)]

    def revive(self):
        """Whether it could: a connection of somebody else may have that port for a moment."""
        try:
            self.start()
        except SoakError:
            return False
        return True


class Millrace(Program):
    """`token`: of its control plane. `allowance`: bytes that it may keep on purpose (a cache)."""

    def __init__(self, name, command, folder, token="", allowance=0):
        self.token, self.allowance = token, allowance
        self.samples = []
        super().__init__(name, command, folder)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident(self):
        """Bytes of memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def sample(self):
        if self.running():
            try:
                self.samples.append((time.monotonic(), self.descriptors(), self.resident()))
            except (OSError, TypeError):
                pass  # it ended in this moment; its exit code will say why

    def complaints(self):
        """Lines of its log that must not be there."""
        return [line for line in self.log().splitlines() if LEVELS.match(line) or REPORTS.search(line)]
