"""Broadcasts a transport stream file as a television channel does: broadcaster.py FILE BEGIN SECONDS REPEAT

It began at BEGIN (time.time()) and takes SECONDS; who connects gets it from the present on, or from REPEAT seconds
before, without a length. Several processes with the same arguments send the same channel. After the end it is silent.
"""
import http.server
import pathlib
import signal
import sys
import time

PACKET = 188


class Channel(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        file, begin, seconds, repeat = self.server.channel
        rate = len(file) / seconds

        def present():
            return min(max(int((time.time() - begin) * rate), 0), len(file)) // PACKET * PACKET

        self.send_response(200)
        self.send_header("Content-Type", "video/mp2t")
        self.end_headers()
        at = max(present() - int(repeat * rate) // PACKET * PACKET, 0)
        while True:
            until = present()
            if until > at:
                try:
                    self.wfile.write(file[at:until])
                except OSError:
                    return
                at = until
            time.sleep(0.01)

    def log_message(self, *_):
        pass


def main():
    file, begin, seconds, repeat = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Channel)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.channel = pathlib.Path(file).read_bytes(), float(begin), float(seconds), float(repeat)
    print(f"broadcaster listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
