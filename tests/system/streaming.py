"""What the tests of posted streams share: the control plane, sources that are killed, and checks of what came."""
import collections
import contextlib
import http.client
import json
import pathlib
import re
import subprocess
import sys
import threading
import time

from programs import BIN, PATIENCE, Program, Response, SystemTest, clean_environment, die_with_parent, run

PACKET = 188
NULL_PID = 0x1FFF


def call(server, method, path, document=None):
    """One request of the control plane: (status, document)."""
    with contextlib.closing(http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)) as link:
        body = None if document is None else json.dumps(document)
        link.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = link.getresponse()
        return answer.status, json.loads(answer.read())


def stats(server):
    return call(server, "GET", "/stats")[1]


def stream_info(server, stream_id):
    return call(server, "GET", f"/streams/{stream_id}")[1]["stream"]


class Broadcaster(Program):
    """broadcaster.py in a process of its own."""


class StreamTest(SystemTest):
    def setUp(self):
        self.killed = set()

    def kill(self, program):
        """SIGKILL, as a crash or an outage looks to others."""
        self.killed.add(program)
        program.process.kill()
        program.wait()

    def end_program(self, program):
        if program not in self.killed:
            super().end_program(program)

    def broadcaster(self, file, *options):
        log = self.folder / f"broadcaster-{len(self.programs)}.log"
        script = pathlib.Path(__file__).with_name("broadcaster.py")
        program = Broadcaster([sys.executable, "-B", script, file, *options], log)
        self.programs.append(program)
        self.addCleanup(self.end_program, program)
        return program

    def post(self, server, primary, *failover, **more):
        """The id of the stream."""
        status, reply = call(server, "POST", "/streams", {"url": primary, "failover_urls": failover, **more})
        self.assertEqual(status, 200, reply)
        return reply["stream_id"]

    def ctl(self, server, *arguments, expect=0):
        return run(BIN / "millracectl", "--server", server.url, *arguments, expect=expect).stdout.decode()

    def frames(self, source, *options, expect=0):
        return FrameReader(self, source, options).finish(expect)


class FrameReader:
    """ffmpeg that decodes a source; its frames as they come, one line of framemd5 and its time each."""

    def __init__(self, test, source, options=()):
        self.errors = open(test.folder / f"ffmpeg-{time.monotonic_ns()}.log", "w+b")
        test.addCleanup(self.errors.close)
        command = ["ffmpeg", "-nostdin", "-v", "error", *options, "-i", source, "-map", "0:v", "-fps_mode", "passthrough",
                   "-flush_packets", "1", "-f", "framemd5", "-"]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.errors, env=clean_environment(),
                                        preexec_fn=die_with_parent)
        test.addCleanup(self.end)
        self.lines, self.times = [], []
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()

    def collect(self):
        for line in self.process.stdout:
            if not line.startswith(b"#"):
                self.times.append(time.monotonic())
                self.lines.append(line)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()

    def finish(self, expect=0):
        """Waits for its end; answers the frames, time stamps included."""
        code = self.process.wait(PATIENCE * 2)
        self.thread.join()
        if code != expect:
            self.errors.seek(0)
            raise AssertionError(f"ffmpeg ended with {code}:\n{self.errors.read().decode(errors='replace')[-3000:]}")
        return self.lines

    def pictures(self):
        """The frames' hashes alone: time stamps begin anew where a client joins."""
        return [line.rsplit(b",", 1)[1].strip() for line in self.lines]

    def longest_gap(self, since):
        """Seconds between two frames from `since` on."""
        times = [since, *(when for when in self.times if when > since)]
        return max(after - before for before, after in zip(times, times[1:]))


class Download:
    """A client that reads without a pause in a thread of its own, and notes when what came."""

    def __init__(self, test, url, **options):
        self.response = Response(url, **options)
        test.addCleanup(self.response.close)
        self.parts, self.times = [], []
        self.size = 0
        self.broken = None
        self.stopping = False
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()
        test.addCleanup(self.stop)

    def collect(self):
        try:
            while not self.stopping and (part := self.response.answer.read1(65536)):
                self.times.append(time.monotonic())
                self.parts.append(part)
                self.size += len(part)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.broken = error

    def running(self):
        return self.thread.is_alive()

    def stop(self):
        self.stopping = True
        self.thread.join(PATIENCE)
        return self.body()

    def body(self):
        return b"".join(self.parts)

    def longest_gap(self, since):
        times = [since, *(when for when in self.times if when > since)]
        return max(after - before for before, after in zip(times, times[1:]))


MARK = re.compile(rb"MRTS([0-9a-f]{16})([0-9a-f]{16})([0-9a-f]{16})[0-9a-f]{8}\Z")
TsReport = collections.namedtuple("TsReport", "packets torn unsynchronised jumps announced numbers lost repeated")


def check_ts(body):
    """What is wrong with a transport stream (ISO/IEC 13818-1 §2.4.3): bytes of a torn packet at the end, packets
    without a sync byte, unannounced and announced counter jumps; by the scripted origin's marks: which packets
    came, how many are missing between the first and the last, and how many came again."""
    unsynchronised = announced = lost = repeated = 0
    jumps, counters, numbers = [], {}, []
    last = None
    whole = len(body) - len(body) % PACKET
    for at in range(0, whole, PACKET):
        packet = body[at:at + PACKET]
        if packet[0] != 0x47:
            unsynchronised += 1
            continue
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if pid == NULL_PID:
            continue
        has_field, has_payload = packet[3] & 0x20, packet[3] & 0x10
        discontinuity = has_field and packet[4] > 0 and packet[5] & 0x80
        counter = packet[3] & 0x0F
        if has_payload:
            if pid in counters and counter != (counters[pid] + 1) % 16:
                if discontinuity:
                    announced += 1
                else:
                    jumps.append((at // PACKET, pid, counters[pid], counter))
        elif discontinuity:
            announced += 1
        counters[pid] = counter
        mark = MARK.search(packet, PACKET - 60)
        if mark:
            number, ordinal = int(mark[2], 16), int(mark[3], 16)
            numbers.append(number)
            if last is not None:
                lost += max(ordinal - last - 1, 0)
                repeated += ordinal <= last
            last = ordinal
    return TsReport(whole // PACKET, len(body) - whole, unsynchronised, jumps, announced, numbers, lost, repeated)
