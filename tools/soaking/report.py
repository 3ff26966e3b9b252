"""What a soak prints in the end."""

import json

MEBI = 1 << 20


def resources(course):
    """Descriptors and memory of each server: at rest before, the most, at rest after."""
    rows = []
    for server in course.field.servers:
        samples = [sample for sample in server.samples if sample[0] >= getattr(course, "began", 0)]
        start, end = (course.rests.get(when, {}).get(server, (0, 0)) for when in ("start", "end"))
        rows.append({"server": server.name, "descriptors_start": start[0], "descriptors_end": end[0],
                     "descriptors_peak": max((sample[1] for sample in samples), default=start[0]),
                     "memory_start": start[1], "memory_end": end[1],
                     "memory_peak": max((sample[2] for sample in samples), default=start[1])})
    return rows


def as_json(course):
    return json.dumps({"seed": course.field.seed, "seconds": round(course.ended - course.began, 1),
                       "clients": course.field.options.clients, **course.ledger.as_json(), "servers": resources(course)}, indent=1)


def as_text(course):
    ledger = course.ledger
    lines = [f"Requests: {sum(ledger.requests.values())} in {course.ended - course.began:.0f} s"]
    lines += [f"  {count:>8}  {kind}" for kind, count in ledger.requests.most_common()]
    lines.append(f"Faults met: {ledger.faults()} (everything came / cut / an error was answered / the client left)")
    for fault, ends in sorted(ledger.outcomes.items()):
        counts = " / ".join(f"{ends[each]}" for each in ("complete", "cut", "error", "abandoned"))
        lines.append(f"  {sum(ends.values()):>8}  {fault}: {counts}")
    lines += [f"Bytes verified: {ledger.verified} ({ledger.verified / MEBI:.0f} MiB)", f"Wrong bytes: {ledger.wrong}",
              "Server               descriptors start / peak / end    resident MiB start / peak / end"]
    for row in resources(course):
        numbers = [f"{row[f'descriptors_{when}']}" for when in ("start", "peak", "end")]
        memory = [f"{row[f'memory_{when}'] / MEBI:.1f}" for when in ("start", "peak", "end")]
        lines.append(f"  {row['server']:<19}{' / '.join(numbers):>31}    {' / '.join(memory):>31}")
    lines.append(f"Failures: {ledger.failure_count}")
    for failure in ledger.failures:
        lines += [f"  [{failure['kind']}] {failure['what']}", f"      {failure['reproduction']}"]
    if ledger.failure_count > len(ledger.failures):
        lines.append(f"  … and {ledger.failure_count - len(ledger.failures)} more")
    lines.append("FAILED" if ledger.failure_count or ledger.wrong else "PASSED")
    return "\n".join(lines)
