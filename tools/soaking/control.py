"""Jobs with the control plane: streams and clients that come and go, statistics, tokens, JSON-RPC tasks."""

import asyncio
import json
import re

from .content import Resource
from .files import MEBI, random_range, wish_for
from .job import ANYTHING, Wish
from .wire import Link, request

GONE = Wish((), may=frozenset({"error"}), statuses=(404,))


async def churn(job):
    """A posted stream: played, its client thrown out, deleted while it plays."""
    server = job.field.any_server(job.rng)
    resource = Resource(1, job.rng.choice([300_000, MEBI]))
    backup = f"{job.field.origin.at(2)}/mirror.bin?{resource.query()}"
    document = {"url": f"{job.field.origin.at(1)}/posted-{job.number}.mkv?{resource.query()}&rate=200K", "failover_urls": [backup],
                "user_agent": "soak/1", "headers": {"X-Soak": "1"}, "metadata": {"job": str(job.number), "k": "ü"}}
    status, made = await job.control(server, "POST", "/streams", document)
    if status != 200:
        return
    stream = made["stream_id"]
    path = f"/stream/{stream}"
    await job.once(server, path, wish_for(resource, random_range(job.rng, resource.size)))
    steps = job.rng.sample(["failover", "client", "playing", "info"], 3)
    if "info" in steps:
        status, info = await job.control(server, "GET", path.replace("stream", "streams", 1))
        if status == 200 and info["stream"]["metadata"] != document["metadata"]:
            job.fail(f"metadata {info['stream']['metadata']}", server, path)
    if "failover" in steps:
        await job.control(server, "POST", f"/streams/{stream}/failover")
    if "client" in steps:
        await thrown_out(job, server, path, resource)
    if "playing" in steps:
        playing = asyncio.ensure_future(job.once(server, path, Wish((resource,), may=ANYTHING),
                                                 fault="stream deleted while it plays"))
        await job.nap(0, 0.5)
        status, _ = await job.control(server, "DELETE", f"/streams/{stream}")
        await playing
    else:
        status, _ = await job.control(server, "DELETE", f"/streams/{stream}")
    if status != 200:  # too many clients
        return
    await job.once(server, path, GONE)
    await job.control(server, "DELETE", f"/streams/{stream}", expect=(404,))


async def thrown_out(job, server, path, resource):
    """A client that is deleted while it reads, and may not come back."""
    who = f"soak.{job.number}"
    playing = asyncio.ensure_future(job.once(server, f"{path}?client_id={who}", Wish((resource,), may=ANYTHING),
                                             fault="client thrown out"))
    await job.nap(0.05, 0.5)
    deleted = asyncio.get_running_loop().time()
    status, _ = await job.control(server, "DELETE", f"/clients/{who}", expect=(200, 404))
    if status == 200:
        outcome = await job.once(server, f"{path}?client_id={who}", Wish((resource,), may=ANYTHING, statuses=(403,)))
        # On a busy machine it may be after --client-timeout by now.
        if outcome.kind == "complete" and asyncio.get_running_loop().time() < deleted + job.field.client_timeout:
            job.fail("a client that was thrown out came back", server, path)
    await playing


async def statistics(job):
    """What an operator looks at."""
    server = job.field.any_server(job.rng)
    paths = ["/stats", "/stats/streams", "/stats/clients", "/streams?limit=5", "/clients", "/health", "/", "/metrics"]
    for path in job.rng.sample(paths, 4):
        status, said = await job.control(server, "GET", path)
        if path == "/metrics" and status == 200 and not re.search(r"(?m)^millrace_client_bytes_total \d", said):
            job.fail(f"metrics {said[:200]!r}", server, path)
    for path, status in job.rng.sample([("/nothing", 404), ("/streams/zz", 404), ("/clients/nobody", 404)], 1):
        await job.control(server, "GET", path, expect=(status,))


async def bad_documents(job):
    """Documents that no stream can be made of."""
    server = job.field.any_server(job.rng)
    document, status = job.rng.choice([
        (b"{", (400,)), (b"\xff\xfe", (400,)), (b"[" * 5000, (400,)), (b"[]", (400, 422)), ({"url": 5}, (422,)), ({}, (422,)),
        ({"url": "ftp://a/"}, (422,)), ({"url": "http://169.254.169.254/x.ts"}, (403,)), (b" " * (2 * MEBI), (413,)),
        ({"url": "http://a/b.ts", "headers": []}, (422,)), ({"url": "http://a/b.ts", "headers": {"Host": "x"}}, (400, 422))])
    if status == (413,):
        # It may be refused before all of it is sent.
        job.ledger.request(job.kind)
        async with await Link.open(server) as link:
            token = {"X-API-Token": server.token} if server.token else {}
            await link.send(request(server, "/streams", token, "POST")[:-len(b"Content-Length: 0\r\n\r\n")]
                            + b"Content-Length: 2097152\r\n\r\n")
            head = await link.head()
            if head.status != 413 and not (server.sheds_load and head.status == 503):
                job.fail(f"2 MiB of a document: {head.status}", server, "/streams", method="POST")
        return
    await job.control(server, "POST", "/streams", document, expect=status)


async def tokens(job):
    """Without the token nothing can be controlled and nothing fetched; media addresses need none."""
    server = job.field.guarded
    resource = Resource(2, 100_000)
    url = f"{job.field.origin.at(1)}/token-{job.number}.mkv?{resource.query()}"
    closed = [("GET", "/streams"), ("POST", "/streams"), ("GET", "/stats"), ("GET", "/clients"), ("GET", "/metrics"),
              ("DELETE", "/streams/0123456789abcdef0123456789abcdef"), ("GET", f"/stream?url={url}")]
    for method, path in job.rng.sample(closed, 3):
        await job.control(server, method, path, expect=(401,), token=False)
        wrong = job.rng.choice([{"X-API-Token": "wrong"}, {"Authorization": "Bearer wrong"}, {"X-API-Token": server.token + "x"}])
        await job.control(server, method, path, expect=(403,), token=False, headers=wrong)
        if method == "GET" and path.startswith("/st") and "url=" not in path:
            await job.control(server, method, f"{path}?api_token={server.token}", token=False)
            await job.control(server, method, path, token=False, headers={"Authorization": f"Bearer {server.token}"})
    status, made = await job.control(server, "POST", "/streams", {"url": url})
    if status == 200:
        async with await Link.open(server) as link:
            await job.fetch(link, server, f"/stream/{made['stream_id']}", wish_for(resource))
        await job.control(server, "DELETE", f"/streams/{made['stream_id']}")
    await job.control(server, "GET", "/health", token=False)


async def call(job, server, method, *parameters, expect=(200,)):
    """One JSON-RPC call; answers its result, None for an error."""
    if server.token:
        parameters = (f"token:{server.token}", *parameters)
    document = {"jsonrpc": "2.0", "id": job.number, "method": method, "params": list(parameters)}
    status, answer = await job.control(server, "POST", "/jsonrpc", document, expect=expect, token=False)
    if not status or status == 503 and server.sheds_load:
        return None
    if not isinstance(answer, dict) or answer.get("id") != job.number or ("result" in answer) == ("error" in answer):
        job.fail(f"{method} was answered {json.dumps(answer)[:500]}", server, "/jsonrpc", method="POST")
        return None
    return answer.get("result")


async def rpc_tasks(job):
    """aria2.addUri with mirrors, the task played, watched and removed."""
    server = job.field.any_server(job.rng)
    resource = Resource(1, job.rng.choice([200_000, 2 * MEBI]))
    good = f"{job.field.origin.at(1)}/task-{job.number}.mkv?{resource.query()}"
    uris = [good, f"{job.field.origin.at(2)}/mirror.bin?{resource.query()}"]
    if job.rng.random() < 0.4:
        uris.insert(0, job.rng.choice([f"{job.field.nobody()}/none-{job.number}.mkv",
                                       f"{job.field.origin.at(3)}/gone-{job.number}.mkv?status=404"]))
    gid = await call(job, server, "aria2.addUri", uris, {"out": "film.mkv", "split": "3"})
    if gid is None:
        return
    if not re.fullmatch(r"[0-9a-f]{16}", gid):
        job.fail(f"GID {gid!r}", server, "/jsonrpc", method="POST")
        return
    path = f"/stream?gid={gid}"
    async with await Link.open(server) as link:
        outcome = await job.fetch(link, server, path, wish_for(resource, random_range(job.rng, resource.size)))
    outcome = await job.once(server, path, wish_for(resource))
    status = await call(job, server, "aria2.tellStatus", gid)
    if status and (status.get("gid") != gid or outcome.kind == "complete" and status.get("totalLength") != str(resource.size)):
        job.fail(f"tellStatus {json.dumps(status)[:500]}", server, path)
    await call(job, server, job.rng.choice(["aria2.getUris", "aria2.getFiles", "aria2.getOption"]), gid)
    await call(job, server, job.rng.choice(["aria2.getGlobalStat", "aria2.getVersion", "aria2.tellActive"]))
    method = "aria2.removeDownloadResult" if status and status.get("status") == "complete" else "aria2.remove"
    await call(job, server, method, gid, expect=(200, 400))
    await call(job, server, "aria2.removeDownloadResult", gid, expect=(200, 400))
    await job.once(server, path, Wish((resource,), may=ANYTHING, statuses=(404,)))


async def bad_rpc(job):
    """Calls that cannot be answered with a result."""
    server = job.field.any_server(job.rng)
    body = job.rng.choice([b"{", b"[]", b"[1,2]", b"\x00", b'{"jsonrpc":"2.0","id":1}',
                           b'{"jsonrpc":"2.0","id":1,"method":"aria2.nothing"}',
                           b'{"jsonrpc":"2.0","id":1,"method":"aria2.tellStatus","params":["0000000000000000"]}',
                           b'{"jsonrpc":"2.0","id":1,"method":"aria2.addUri","params":[["http://169.254.169.254/"]]}',
                           b'{"jsonrpc":"2.0","id":1,"method":"aria2.addUri","params":{"a":1}}', b"[" * 3000])
    status, answer = await job.control(server, "POST", "/jsonrpc", body, expect=(200, 400, 401, 403))
    errors = answer if isinstance(answer, list) else [answer]
    if status and not (server.sheds_load and status == 503) and not all("error" in each or "code" in each for each in errors):
        job.fail(f"{body!r} was answered {json.dumps(answer)[:500]}", server, "/jsonrpc", method="POST")
