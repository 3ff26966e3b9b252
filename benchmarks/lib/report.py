"""Results as Markdown: tables, verdicts on targets, and the machine they come from."""

import dataclasses
import datetime
import os
import pathlib
import platform
import re
import statistics
import subprocess

WARNING_LOAD = 1.0


def spread(values, digits):
    """The median, with the extremes where there are several values."""
    text = f"{statistics.median(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):.{digits}f}–{max(values):.{digits}f})"


@dataclasses.dataclass
class Target:
    what: str
    bound: float
    measured: float
    unit: str = ""
    at_least: bool = False
    digits: int = 2

    @property
    def met(self):
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def row(self):
        sign = "≥" if self.at_least else "≤"
        return [self.what, f"{sign} {self.bound:g}{self.unit}", f"{self.measured:.{self.digits}f}{self.unit}",
                "met" if self.met else "**missed**"]


@dataclasses.dataclass
class Outcome:
    """What one case found."""

    title: str
    explanation: str
    columns: list
    rows: list
    targets: list


def table(columns, rows):
    """The first column holds names, the others numbers."""
    widths = [max(len(line[index]) for line in [columns, *rows]) for index in range(len(columns))]

    def line(cells):
        padded = [cell.ljust(width) if index == 0 else cell.rjust(width)
                  for index, (cell, width) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * width if index == 0 else "-" * (width - 1) + ":" for index, width in enumerate(widths)]
    return "\n".join([line(columns), line(rule), *map(line, rows)])


def section(outcome):
    return f"## {outcome.title}\n\n{outcome.explanation}\n\n{table(outcome.columns, outcome.rows)}\n"


def verdicts(outcomes):
    rows = [target.row() for outcome in outcomes for target in outcome.targets]
    return f"## Targets\n\n{table(['target', 'bound', 'measured', 'verdict'], rows)}\n" if rows else ""


def first_line(command):
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (said.stdout or said.stderr).strip().partition("\n")[0]


def compiler_of(programs):
    """What the build's cache names."""
    cache = programs.parent / "CMakeCache.txt"
    if not cache.is_file():
        return "unknown"
    entries = dict(re.findall(r"(?m)^(CMAKE_\w+):\w+=(.*)$", cache.read_text()))
    kind = entries.get("CMAKE_BUILD_TYPE", "")
    flags = entries.get(f"CMAKE_CXX_FLAGS_{kind.upper()}", "")
    return f"{first_line([entries.get('CMAKE_CXX_COMPILER', 'c++'), '--version'])}, {kind} {flags}".strip()


def machine(programs, peers):
    processors = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", processors)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    busy = " (**busy: the numbers are not to be trusted**)" if load > WARNING_LOAD else ""
    # Some kernels carry a local suffix that says nothing to others.
    kernel = re.match(r"[\d.]+", platform.release()).group().rstrip(".")
    lines = [f"Date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
             f"Processor: {os.cpu_count()} × {model.group(1) if model else platform.machine()}",
             f"Memory: {memory:.0f} GiB",
             f"Kernel: Linux {kernel}",
             f"Compiler: {compiler_of(programs)}",
             f"Peers: {', '.join(peers)}",
             f"Load average when it began: {load:.2f}{busy}"]
    return "\n".join(f"- {line}" for line in lines) + "\n"
