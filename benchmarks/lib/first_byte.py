"""A client that asks for many ranges on one kept-alive connection and times the first byte of each body."""

import re
import socket
import statistics
import time
import urllib.parse

from .processes import BenchmarkError

BLOCK = 64 * 1024
WARM_UP = 20


def open_connection(address):
    link = socket.create_connection((address.hostname, address.port), timeout=30)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def read_more(link):
    piece = link.recv(128 * 1024)
    if not piece:
        raise BenchmarkError("the server closed a connection that should have been kept")
    return piece


def one_request(link, request):
    """Returns the seconds from sending the request to having the first byte of its body."""
    began = time.perf_counter()
    link.sendall(request)
    received = b""
    while (head_end := received.find(b"\r\n\r\n")) < 0 or len(received) == head_end + 4:
        received += read_more(link)
    took = time.perf_counter() - began
    head = received[:head_end].decode("latin-1")
    length = re.search(r"(?im)^content-length: *(\d+)", head)
    if not head.startswith("HTTP/1.1 206") or not length or int(length.group(1)) != BLOCK:
        raise BenchmarkError(f"the answer to a range was:\n{head}")
    left = BLOCK - (len(received) - head_end - 4)
    while left > 0:
        left -= len(read_more(link))
    return took


def median_first_byte(url, requests, size):
    """Seconds, the median over `requests` ranges of 64 KiB all over a file of `size` bytes."""
    address = urllib.parse.urlsplit(url)
    target = f"{address.path}?{address.query}" if address.query else address.path
    blocks = size // BLOCK
    times = []
    with open_connection(address) as link:
        for number in range(requests + WARM_UP):
            begin = number * 7919 % blocks * BLOCK
            request = (f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\n"
                       f"Range: bytes={begin}-{begin + BLOCK - 1}\r\n\r\n").encode()
            took = one_request(link, request)
            if number >= WARM_UP:
                times.append(took)
    return statistics.median(times)
