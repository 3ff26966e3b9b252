"""Jobs with upstreams that fail, each in its own way; what must be survived is, and what cannot be is told or cut."""

from .content import Resource
from .files import KIBI, MEBI, random_range, wish_for
from .job import ANYTHING, COMPLETE, Wish

# What a second try at the same address survives (a retry): the fault strikes once.
ONCE = {"status 500": "status=500", "status 503": "status=503&retry_after=1", "status 429": "status=429&retry_after=1",
        "status 408": "status=408", "truncated": "truncate_at=100K", "truncated at once": "truncate_at=0",
        "reset": "reset_at=70K", "head reset": "head=reset", "head closed": "head=close", "head never": "head=never",
        "stalled": "stall_at=90K", "truncated later": "truncate_at=@1M", "reset later": "reset_at=@900K"}
# What only another source survives: the fault is there to stay.
ALWAYS = {"status 401": "status=401", "status 403": "status=403", "status 404": "status=404", "status 410": "status=410",
          "status 500": "status=500", "status 503": "status=503", "truncated": "truncate_at=@300K", "reset": "reset_at=@200K",
          "stalled": "stall_at=@250K", "head reset": "head=reset", "head closed": "head=close", "head never": "head=never",
          "head garbage": "head=garbage", "head endless": "head=endless", "head huge": "head=huge"}
LIES = ["wrong_start", "wrong_total", "unknown_total", "shorter", "no_content_range", "ignore_range"]
REDIRECTS = {"redirect loop": "redirect=302&hops=loop", "redirect chain too long": "redirect=301&hops=9",
             "redirect without Location": "redirect=302&location=", "redirect to ftp": "redirect=302&location=ftp://127.0.0.1/x",
             "redirect to a forbidden address": "redirect=302&location=http://169.254.169.254/latest"}
NO_RANGES = {"no ranges": "lie=ignore_range", "chunked without ranges": "lie=ignore_range&framing=chunked",
             "until close without ranges": "lie=ignore_range&framing=close"}


def unspoilt(job, seed=1):
    return Resource(seed, job.rng.choice([200_000, 700_001, 2 * MEBI, 3 * MEBI + 5]))


def faulty_url(job, resource, fault, address=3):
    """A path of its own, for the scripted origin counts by path."""
    return f"{job.field.origin.at(address)}/fault-{job.number}.mkv?{resource.query()}&{fault}"


def good_mirror(job, resource):
    return f"{job.field.origin.at(2)}/mirror.bin?{resource.query()}"


def some_range(job, resource):
    return random_range(job.rng, resource.size - 1) if job.rng.random() < 0.4 else None


async def one_strike(job):
    """A fault that happens once or twice: a retry survives it."""
    server = job.field.any_server(job.rng)
    resource = unspoilt(job)
    name = job.rng.choice(sorted(ONCE))
    url = faulty_url(job, resource, f"{ONCE[name]}&times={job.rng.choice([1, 1, 2])}")
    await job.once(server, job.stream_path(url), wish_for(resource, some_range(job, resource)), fault=f"{name}, once or twice")


async def for_good(job):
    """A fault that stays, and another source that is well."""
    server = job.field.any_server(job.rng)
    resource = unspoilt(job)
    name = job.rng.choice(["refused", *sorted(ALWAYS)])
    url = f"{job.field.nobody()}/none-{job.number}.mkv" if name == "refused" else faulty_url(job, resource, ALWAYS[name])
    mirrors = [good_mirror(job, resource)]
    for _ in range(job.rng.choice([0, 0, 1, 2])):
        mirrors.insert(0, job.rng.choice([job.field.nobody(), faulty_url(job, resource, "status=404")]))
    await job.once(server, job.stream_path(url, mirrors), wish_for(resource, some_range(job, resource)),
                   fault=f"{name}, with a mirror")


async def no_way_out(job):
    """A fault that stays, and no other source: an error or a cut, and every byte before it is right."""
    server = job.field.any_server(job.rng)
    resource = unspoilt(job)
    name = job.rng.choice(["refused", *sorted(ALWAYS)])
    url = f"{job.field.nobody()}/none-{job.number}.mkv" if name == "refused" else faulty_url(job, resource, ALWAYS[name])
    mirrors = [job.field.nobody()] if job.rng.random() < 0.3 else []
    asked = some_range(job, resource)
    wish = Wish((resource,), asked, may=ANYTHING if asked or "@" in ALWAYS.get(name, "") or resource.size < 300 * KIBI
                or name == "head huge" else ANYTHING - COMPLETE)
    await job.once(server, job.stream_path(url, mirrors), wish, fault=f"{name}, no other source")


async def now_and_then(job):
    """Faults by chance in every response of a path."""
    server = job.field.any_server(job.rng)
    resource = unspoilt(job)
    name, fault = job.rng.choice([("truncated", "truncate_at=60K"), ("reset", "reset_at=150K"), ("status 503", "status=503"),
                                  ("head closed", "head=close")])
    url = faulty_url(job, resource, f"{fault}&probability=0.25")
    mirrors = [good_mirror(job, resource)] if job.rng.random() < 0.5 else []
    wish = Wish((resource,), some_range(job, resource), may=COMPLETE if mirrors else ANYTHING, statuses=(416,) if mirrors else ())
    await job.once(server, job.stream_path(url, mirrors), wish, fault=f"{name}, now and then")


async def liars(job):
    """Answers that lie about ranges: nothing of them may be believed."""
    server = job.field.any_server(job.rng)
    resource = unspoilt(job)
    name = job.rng.choice(LIES)
    fault = f"lie={name}" + job.rng.choice(["", "&times=1", "&beyond=256K", "&from=2"])
    mirrors = [good_mirror(job, resource)] if job.rng.random() < 0.4 else []
    wish = Wish((resource,), some_range(job, resource), may=ANYTHING, whole=True, lied_to=name == "wrong_total")
    await job.once(server, job.stream_path(faulty_url(job, resource, fault), mirrors), wish, fault=f"lie: {name}")


async def no_ranges(job):
    """Upstreams without ranges: 403, or passed through."""
    server = job.field.any_server(job.rng)
    resource = unspoilt(job)
    name = job.rng.choice(sorted(NO_RANGES))
    path = job.stream_path(faulty_url(job, resource, NO_RANGES[name]))
    asked = some_range(job, resource)
    if server.passes_through:
        wish = Wish((resource,), asked, whole=True)
    else:
        wish = Wish((resource,), asked, may=frozenset({"error"}), statuses=(403,))
    await job.once(server, path, wish, fault=name)


async def redirects(job):
    server = job.field.any_server(job.rng)
    resource = unspoilt(job)
    if job.rng.random() < 0.4:
        url = faulty_url(job, resource, f"redirect={job.rng.choice([301, 302, 303, 307, 308])}&expiring=3&expired_status=403")
        await job.once(server, job.stream_path(url), wish_for(resource, some_range(job, resource), may=ANYTHING),
                       fault="expiring redirect")
        return
    name = job.rng.choice(sorted(REDIRECTS))
    mirrors = [good_mirror(job, resource)] if job.rng.random() < 0.5 else []
    wish = Wish((resource,), may=COMPLETE if mirrors else frozenset({"error"}))
    await job.once(server, job.stream_path(faulty_url(job, resource, REDIRECTS[name]), mirrors), wish, fault=name)


async def two_versions(job):
    """A file that is another one from request to request: never both in one response."""
    server = job.field.any_server(job.rng)
    old, new = Resource(1, 2 * MEBI), Resource(2, 2 * MEBI)
    # The library's path for all, so that caches and memories of it take part, or one of its own.
    name = "changing" if job.rng.random() < 0.5 else f"changing-{job.number}"
    kind = job.rng.choice(["&change_etag=%22new%22&probability=0.3", "&change_etag=%22new%22&from=3"])
    url = f"{job.field.origin.at(3)}/{name}.mkv?{old.query()}&change_seed={new.seed}{kind}"
    wish = Wish((old, new), some_range(job, old), may=ANYTHING)
    await job.once(server, job.stream_path(url), wish, fault="file that changes")


async def other_mirrors(job):
    """A mirror that has other bytes: the response is cut, not continued there."""
    server = job.field.any_server(job.rng)
    resource, other = Resource(1, 2 * MEBI), Resource(2, 2 * MEBI)
    url = faulty_url(job, resource, "truncate_at=@700K")
    wish = Wish((resource,), may=frozenset({"cut", "error"}))
    await job.once(server, job.stream_path(url, [good_mirror(job, other)]), wish, fault="mirror with other bytes")


async def overload(job):
    """An origin that bears few connections at a time."""
    server = job.field.any_server(job.rng)
    resource = unspoilt(job)
    over = job.rng.choice(["503", "429", "403", "reset", "close"])
    url = faulty_url(job, resource, f"max_connections={job.rng.choice([1, 2])}&over={over}", address=4)
    await job.once(server, job.stream_path(url), wish_for(resource, some_range(job, resource)),
                   fault=f"few connections, then {over}")


async def mortals(job):
    """An origin that dies and comes back, with a mirror or alone."""
    server = job.field.any_server(job.rng)
    resource = Resource(1, job.rng.choice([MEBI, 6 * MEBI, 20 * MEBI]))
    name = job.rng.choice(["mortal", f"mortal-{job.number}"])
    url = f"{job.field.mortal.at(1)}/{name}.mkv?{resource.query()}&rate={job.rng.choice(['1M', '4M', '0'])}"
    mirrors = [good_mirror(job, resource)] if job.rng.random() < 0.6 else []
    fault = "origin killed, with a mirror" if mirrors else "origin killed, no other source"
    may = COMPLETE if mirrors else ANYTHING
    await job.once(server, job.stream_path(url, mirrors), Wish((resource,), may=may), fault=fault)


async def untrusted(job):
    """TLS that cannot be trusted or is none; a mirror helps."""
    server = job.field.any_server(job.rng)
    resource = unspoilt(job)
    origin = job.rng.choice([job.field.stranger.url, job.field.origin.at(2).replace("http:", "https:")])
    mirrors = [good_mirror(job, resource)] if job.rng.random() < 0.5 else []
    wish = Wish((resource,), may=COMPLETE if mirrors else frozenset({"error"}))
    await job.once(server, job.stream_path(f"{origin}/secret-{job.number}.mkv?{resource.query()}", mirrors), wish,
                   fault="TLS that cannot be trusted")
