"""What tools/soak would find: servers that answer wrongly in one way each, and the checks that have to notice it."""
import asyncio
import pathlib
import random
import sys
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
sys.dont_write_bytecode = True

from soaking import broadcasts
from soaking.content import Resource, table_of
from soaking.job import ANYTHING, COMPLETE, Job, Wish
from soaking.ledger import Ledger
from soaking.wire import Head, Link, Malformed

FILM = Resource(1, 100_000)
OTHER = Resource(2, 100_000)


def response(body, *fields, status="200 OK", length=None):
    lines = [f"HTTP/1.1 {status}", *fields]
    if length is not False:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(body, whole=True):
    sent = b"%x\r\n" % len(body) + body + b"\r\n" + (b"0\r\n\r\n" if whole else b"")
    return response(sent, "Transfer-Encoding: chunked", length=False)


def part(first, last, total=FILM.size, body=None):
    return response(FILM.slice(first, last - first + 1) if body is None else body, f"Content-Range: bytes {first}-{last}/{total}",
                    status="206 Partial Content")


def problem(status, code="upstream", kind="application/problem+json"):
    return response(f'{{"status":{status},"code":"{code}","detail":"d"}}'.encode(), f"Content-Type: {kind}", status=f"{status} X")


def flipped(at):
    body = bytearray(FILM.slice(0, FILM.size))
    body[at] ^= 1
    return bytes(body)


WHOLE = FILM.slice(0, FILM.size)
RANGE = (500, 999)
# What is asked, what the server says, the outcome, whether that is a failure of the server.
CASES = {
    "whole": (Wish((FILM,)), response(WHOLE), "complete", False),
    "whole, chunked": (Wish((FILM,)), chunked(WHOLE), "complete", False),
    "whole, until the close": (Wish((FILM,)), response(WHOLE, "Connection: close", length=False), "complete", False),
    "a range": (Wish((FILM,), RANGE), part(500, 999), "complete", False),
    "the end": (Wish((FILM,), (None, 10)), part(99_990, 99_999), "complete", False),
    "a range that reaches too far": (Wish((FILM,), (99_000, 200_000)), part(99_000, 99_999), "complete", False),
    "an allowed cut": (Wish((FILM,), may=ANYTHING), response(WHOLE[:5000], length=FILM.size), "cut", False),
    "an allowed error": (Wish((FILM,), may=ANYTHING), problem(502), "error", False),
    "the other version": (Wish((OTHER, FILM)), response(WHOLE), "complete", False),

    "one wrong bit": (Wish((FILM,), may=ANYTHING), response(flipped(77_777)), "wrong", True),
    "two versions mixed": (Wish((FILM, OTHER), may=ANYTHING), response(WHOLE[:50_000] + OTHER.slice(50_000, 50_000)),
                           "wrong", True),
    "bytes from another place": (Wish((FILM,), RANGE), part(500, 999, body=FILM.slice(501, 500)), "wrong", True),
    "a cut": (Wish((FILM,)), response(WHOLE[:5000], length=FILM.size), "cut", True),
    "short, but looks complete": (Wish((FILM,), may=ANYTHING), response(WHOLE[:5000]), "wrong", True),
    "short, but looks complete, chunked": (Wish((FILM,), may=ANYTHING), chunked(WHOLE[:5000]), "wrong", True),
    "no last chunk": (Wish((FILM,)), chunked(WHOLE[:5000], whole=False), "cut", True),
    "more than there is": (Wish((FILM,), may=ANYTHING), chunked(WHOLE + b"x"), "wrong", True),
    "another range": (Wish((FILM,), RANGE, may=ANYTHING), part(500, 998), "wrong", True),
    "another total": (Wish((FILM,), RANGE, may=ANYTHING), part(500, 999, FILM.size + 1), "wrong", True),
    "200 to a range": (Wish((FILM,), RANGE, may=ANYTHING), response(WHOLE), "wrong", True),
    "206 without a range": (Wish((FILM,), may=ANYTHING), part(0, 99_999), "wrong", True),
    "an error": (Wish((FILM,)), problem(502), "error", True),
    "another error": (Wish((FILM,), may=frozenset({"error"}), statuses=(403,)), problem(502), "error", True),
    "an error of another kind": (Wish((FILM,), may=ANYTHING), problem(502, kind="text/html"), "wrong", True),
    "complete, where it cannot be": (Wish((FILM,), may=ANYTHING - COMPLETE), response(WHOLE), "complete", True),
    "two lengths": (Wish((FILM,), may=ANYTHING), response(WHOLE, "Content-Length: 5"), "wrong", True),
    "no HTTP": (Wish((FILM,), may=ANYTHING), b"SSH-2.0-x\r\n\r\n", "wrong", True),
}


async def outcome_of(wish, answer):
    """(outcome, ledger) of one request to a server that says this and closes."""
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()
    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    server = types.SimpleNamespace(host="127.0.0.1", port=port, url=f"http://127.0.0.1:{port}", name="test", token="",
                                   sheds_load=False)
    field = types.SimpleNamespace(ledger=Ledger(), repeat_options=[])
    job = Job(field, 1, random.Random(1), "test")
    async with await Link.open(server) as link:
        outcome = await job.fetch(link, server, "/x", wish, fault="test")
    listener.close()
    return outcome, field.ledger


class Files(unittest.TestCase):
    def test_content(self):
        """As tools/faulty_origin generates it: tests/support has the same numbers."""
        self.assertEqual(len(table_of(1)), 8_388_593)
        self.assertTrue(Resource(1, 20 << 20).has(8_388_593 - 3, table_of(1)[-3:] + table_of(1)[:7]))
        self.assertFalse(FILM.has(FILM.size - 1, FILM.slice(FILM.size - 1, 2)))

    def test_outcomes(self):
        for name, (wish, answer, kind, failed) in CASES.items():
            with self.subTest(name=name):
                outcome, ledger = asyncio.run(outcome_of(wish, answer))
                self.assertEqual((outcome.kind, ledger.failure_count > 0), (kind, failed), (outcome, ledger.failures))
                self.assertEqual(ledger.wrong > 0, name in ("one wrong bit", "two versions mixed", "bytes from another place",
                                                            "more than there is"))

    def test_heads(self):
        for text in ["HTTP/1.1 20 OK", "HTTP/1.1 200 OK\r\nA : b", "HTTP/1.1 200 OK\r\n folded", "HTTP/1.1 200 OK\r\na\nb: c"]:
            with self.subTest(text=text), self.assertRaises(Malformed):
                Head(text)


def packet(counter, *, pid=0x100, field=b"", number=0, seed=5):
    """A packet with the mark of the scripted origin."""
    begin = bytes([0x47, pid >> 8, pid & 0xFF, (0x30 if field else 0x10) | counter]) + field
    payload = b"f" * (188 - len(begin) - 60) + b"MRTS%016x%016x%016x" % (seed, number, number)
    return begin + payload + b"%08x" % broadcasts.crc(payload)


class Packets(unittest.TestCase):
    def judge(self, *packets):
        judge = broadcasts.Judge(5, set())
        for at in range(0, len(data := b"".join(packets)), 100):
            judge.look(data[at:at + 100])
        return judge

    def test_crc(self):
        # The check value of CRC-32/MPEG-2.
        self.assertEqual(broadcasts.crc(b"123456789"), 0x0376E6E7)

    def test_packets(self):
        marked = bytes([1, 0x80])
        good = [packet(number % 16, number=number) for number in range(20)]
        judge = self.judge(*good)
        self.assertEqual((judge.faults, judge.packets, judge.lost, judge.repeated), ([], 20, 0, 0))
        for name, packets, faults, lost, repeated in [
                ("a hole", [*good[:3], *good[4:6]], 1, 1, 0), ("twice", [*good[:3], good[2]], 1, 0, 1),
                ("an announced hole", [*good[:3], packet(9, field=marked, number=9)], 0, 6, 0),
                ("a torn packet", [good[0], good[1][:90], good[2]], 1, 0, 0),
                ("damaged", [good[0], good[1][:60] + b"!" + good[1][61:], good[2]], 1, 1, 0),
                ("of another channel", [good[0], packet(1, number=1, seed=6)], 1, 0, 0)]:
            with self.subTest(name=name):
                judge = self.judge(*packets)
                self.assertEqual((len(judge.faults), judge.lost, judge.repeated), (faults, lost, repeated), judge.faults)


if __name__ == "__main__":
    unittest.main()
