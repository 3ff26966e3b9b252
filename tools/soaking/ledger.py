"""What a soak has seen: requests, faults and how they ended, bytes, and everything that is wrong."""

import collections

SHOWN_FAILURES = 40


class Ledger:
    """`say` is told of each failure at once."""

    def __init__(self, say=lambda text: None):
        self.say = say
        self.requests = collections.Counter()
        self.outcomes = collections.defaultdict(collections.Counter)
        self.verified = self.wrong = 0
        self.failures = []
        self.failure_count = 0

    def request(self, kind):
        self.requests[kind] += 1

    def survived(self, fault, outcome):
        """A request met that fault; `outcome`: complete, cut, error or abandoned."""
        self.outcomes[fault][outcome] += 1

    def fail(self, kind, what, reproduction):
        self.failure_count += 1
        if len(self.failures) < SHOWN_FAILURES:
            self.say(f"FAILURE [{kind}] {what[:1000]}")
            self.failures.append({"kind": kind, "what": what, "reproduction": reproduction})

    def faults(self):
        return sum(sum(ends.values()) for ends in self.outcomes.values())

    def forget_counts(self):
        """The warm-up's requests are not the run's; what went wrong in it stays."""
        self.requests.clear()
        self.outcomes.clear()
        self.verified = 0

    def as_json(self):
        return {"requests": dict(self.requests), "faults": {name: dict(ends) for name, ends in self.outcomes.items()},
                "bytes_verified": self.verified, "bytes_wrong": self.wrong, "failure_count": self.failure_count,
                "failures": self.failures}
