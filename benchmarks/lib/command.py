"""What the benchmark programs share: what they say and keep, and which of their options belong to the results."""

import sys

from .processes import BenchmarkError


def say_on_terminal(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


class Paper:
    """Shows results as they come and keeps them, in a file as well if one is given."""

    def __init__(self, file=None):
        self.text = ""
        self.file = file

    def add(self, text):
        say_on_terminal("")
        print(text, flush=True)
        self.text += text + "\n"
        if self.file:
            print(text, file=self.file, flush=True)


def programs_of(build, needed):
    folder = build.resolve() / "bin"
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise BenchmarkError(f"not built: {', '.join(missing)} in {folder}\n"
                             f"cmake --preset release && cmake --build --preset release --target {' '.join(needed)}")
    return folder


def given_options(arguments):
    """Those of the command line that matter for the results."""
    words = iter(arguments)
    for word in words:
        name, equals, _ = word.partition("=")
        if name not in ("--build", "--output"):
            yield word
        elif not equals:
            next(words, None)
