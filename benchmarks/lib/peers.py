"""What is compared: each peer is a way for a client to get the bytes of an origin's path."""

import contextlib
import dataclasses
import os
import pathlib
import re
import urllib.parse

from .processes import Server, find_program, free_port, run

KIBI_64_BUFFERS = """proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;
      proxy_max_temp_file_size 0;"""


@dataclasses.dataclass(frozen=True)
class Setting:
    """Where peers are started: the programs under test, a scratch folder, and the CA of TLS origins."""

    programs: pathlib.Path
    scratch: pathlib.Path
    connections: int = 8

    @property
    def authority(self):
        return self.scratch / "ca.pem"


def nginx(setting, name, body, port, scheme="http", workers=1):
    """One nginx apart from every other; `body` is its http block."""
    folder = setting.scratch / f"nginx-{port}"
    folder.mkdir(exist_ok=True)
    # A worker of root would lose the right to read the scratch folder.
    user = "user root;" if os.geteuid() == 0 else ""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(f"""
{user} daemon off; worker_processes {workers}; pid {folder}/pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000; keepalive_timeout 600s;
  default_type application/octet-stream; {temporary}
  {body}
}}
""")
    command = [find_program("nginx"), "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"]
    return Server(name, command, port, scheme)


def nginx_origin(setting, tls=False):
    """Serves the files of the scratch folder's `files`."""
    port = free_port()
    scratch = setting.scratch
    secure = f"ssl_certificate {scratch}/server.pem; ssl_certificate_key {scratch}/server.key;" if tls else ""
    body = f"server {{ listen 127.0.0.1:{port}{' ssl' if tls else ''}; {secure} root {scratch}/files; }}"
    return nginx(setting, "nginx as origin", body, port, "https" if tls else "http")


def nginx_proxy(buffers):
    def serve(setting, origin):
        port = free_port()
        target = urllib.parse.urlsplit(origin)
        # TLS 1.3 as the others have it; nginx before 1.23 leaves it off towards upstreams.
        secure = f"""proxy_ssl_verify on; proxy_ssl_trusted_certificate {setting.authority}; proxy_ssl_name localhost;
      proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.2 TLSv1.3;""" if target.scheme == "https" else ""
        return nginx(setting, "nginx", f"""upstream origin {{ server {target.netloc}; keepalive 16; }}
  server {{ listen 127.0.0.1:{port};
    location / {{ proxy_pass {target.scheme}://origin; proxy_http_version 1.1; proxy_set_header Connection "";
      {secure} {buffers} }}
  }}""", port)
    return serve


def haproxy(setting, origin):
    port = free_port()
    target = urllib.parse.urlsplit(origin)
    secure = f"ssl verify required ca-file {setting.authority} sni str(localhost) verifyhost localhost" \
        if target.scheme == "https" else ""
    config = setting.scratch / f"haproxy-{port}.cfg"
    config.write_text(f"""
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
listen proxy
  bind 127.0.0.1:{port}
  server origin {target.netloc} {secure}
""")
    return Server("haproxy", [find_program("haproxy"), "-db", "-f", config], port)


def millrace(setting, origin):
    secure = ["--ca-file", setting.authority] if origin.startswith("https") else []
    return Server("millrace", [
        setting.programs / "millrace", "--host", "127.0.0.1", "--port", "0", "--connections", str(setting.connections),
        "--allow-upstream", "loopback", "--log-level", "WARNING", *secure])


def through_millrace(*parameters):
    def address(proxy, origin, path):
        return f"{proxy}/stream?" + "&".join([*parameters, "url=" + urllib.parse.quote(origin + path, safe="")])
    return address


def curl(url, file, authority):
    trust = ["--cacert", authority] if url.startswith("https") else []
    _, said = run([find_program("curl"), "--disable", "-sSf", *trust, "-o", file, "-w", "%{time_total}", url])
    return float(said.replace(",", "."))


def aria2c(url, file, _):
    file.unlink(missing_ok=True)
    return run([find_program("aria2c"), "--no-conf", "--quiet", "-x8", "-s8", "-k1M", "--file-allocation=none",
                "-d", file.parent, "-o", file.name, url])[0]


def axel(url, file, _):
    file.unlink(missing_ok=True)
    return run([find_program("axel"), "-q", "-n", "8", "-o", file, url])[0]


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    needs: str = "curl"  # the program
    serve: object = None  # (setting, origin) -> Server, None without a proxy
    address: object = lambda proxy, origin, path: (proxy or origin) + path
    fetch: object = curl  # (url, file, authority) -> seconds
    parallel: bool = False  # takes several connections to the origin

    def running(self, setting, origin):
        return self.serve(setting, origin) if self.serve else contextlib.nullcontext()

    def url(self, server, origin, path):
        return self.address(server.url if server else None, origin, path)

    @property
    def slug(self):
        return re.sub(r"\W+", "-", self.name)


DIRECT = Peer("direct")
ARIA2 = Peer("aria2c -x8", "aria2c", fetch=aria2c, parallel=True)
AXEL = Peer("axel -n 8", "axel", fetch=axel, parallel=True)
NGINX = Peer("nginx, default buffers", "nginx", nginx_proxy(""))
NGINX_64K = Peer("nginx, 64 KiB buffers", "nginx", nginx_proxy(KIBI_64_BUFFERS))
HAPROXY = Peer("haproxy", "haproxy", haproxy)
MILLRACE = Peer("millrace -c 8", serve=millrace, address=through_millrace(), parallel=True)
MILLRACE_1 = Peer("millrace -c 1", serve=millrace, address=through_millrace("connections=1"))
