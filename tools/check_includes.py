#!/usr/bin/env python3
"""Checks every #include in source/ against the floors of the architecture: includes go down, never sideways.

Usage: check_includes.py [SOURCE_FOLDER]; exit code 1 when an include breaks the rule.
"""
import pathlib
import re
import sys

# A folder may include itself and every folder of a lower floor, nothing else.
FLOORS = {
    "server": 6,
    "api": 5,
    "transfer": 4,
    "hls": 4,
    "live": 4,
    "upstream": 3,
    "http": 2,
    "registry": 2,
    "async": 1,
    "core": 0,
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def violation(room, included, line_has_quotes):
    """Why a file in the folder `room` may not include the path `included`; None when it may.

    `room` is "" for main.cpp, which stands on the roof.
    """
    target = included.split("/")[0] if "/" in included else None
    if not line_has_quotes:
        if target in FLOORS:
            return f'our own headers are included with quotes: "{included}"'
        return None
    if target is None:
        return f'"{included}" is to be written with its folder, from source/ on'
    if target not in FLOORS:
        return f'"{target}" is no folder with a floor'
    if not room or target == room or FLOORS[target] < FLOORS[room]:
        return None
    way = "sideways" if FLOORS[target] == FLOORS[room] else "up"
    return f"{room} (floor {FLOORS[room]}) includes {target} (floor {FLOORS[target]}): {way}"


def check_text(name, room, text):
    if room and room not in FLOORS:
        return [f'{name}:1: the folder "{room}" has no floor']
    out = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        reason = violation(room, match[1] or match[2], match[1] is not None)
        if reason:
            out.append(f"{name}:{number}: {reason}")
    return out


def check_tree(source):
    out = []
    count = 0
    for path in sorted(source.rglob("*.[ch]pp")):
        parts = path.relative_to(source).parts
        out += check_text(str(path), parts[0] if len(parts) > 1 else "", path.read_text(encoding="utf-8"))
        count += 1
    return out, count


def main(arguments):
    source = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parent.parent / "source"
    violations, count = check_tree(source)
    for line in violations:
        print(line)
    print(f"{count} files, {len(violations)} forbidden includes")
    return 1 if violations or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
