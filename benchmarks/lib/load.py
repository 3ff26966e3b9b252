"""wrk: many connections that ask as fast as they are answered."""

import dataclasses
import json
import re

from .processes import BenchmarkError, find_program, run

CONNECTIONS = 32

# Fields: the paths to ask for in turn.
IN_TURN = """
local paths = {%s}
local requests, at = {}, 0
init = function()
  for index, path in ipairs(paths) do requests[index] = wrk.format("GET", path) end
end
request = function()
  at = at %% #requests + 1
  return requests[at]
end
"""


@dataclasses.dataclass(frozen=True)
class Load:
    requests: int
    per_second: float


def wrk(scratch, base, paths, seconds):
    """Asks for the paths in turn on all connections. Anything but a complete 2xx or 3xx answer is a failure."""
    command = [find_program("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "60s"]
    if len(paths) > 1:
        script = scratch / "in_turn.lua"
        script.write_text(IN_TURN % ", ".join(json.dumps(path) for path in paths))
        command += ["-s", script]
    said = run([*command, base + paths[0]], seconds + 90)[1]
    failed = re.search(r"(?m)^\s*(Socket errors|Non-2xx).*$", said)
    if failed:
        raise BenchmarkError(f"wrk on {base}{paths[0]}: {failed.group().strip()}")
    requests = re.search(r"(\d+) requests in", said)
    per_second = re.search(r"Requests/sec:\s*([\d.]+)", said)
    if not requests or not per_second or requests.group(1) == "0":
        raise BenchmarkError(f"wrk on {base}{paths[0]} got no answer: {said.strip()[-300:]}")
    return Load(int(requests.group(1)), float(per_second.group(1)))
