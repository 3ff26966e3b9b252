"""Which jobs there are and how often each is taken."""

from . import broadcasts, control, faults, files, hostile, playlists

MIX = {
    "seeks": (files.seeks, 20), "whole file": (files.whole_reads, 10), "abort": (files.aborts, 12),
    "slow reader": (files.slow_readers, 3), "pausing reader": (files.pausing_readers, 3), "stuck reader": (files.stuck_readers, 1),
    "conditions": (files.conditions, 4), "pipeline": (files.pipelines, 3),
    "fault once": (faults.one_strike, 10), "fault with mirror": (faults.for_good, 10), "fault for good": (faults.no_way_out, 4),
    "fault by chance": (faults.now_and_then, 4), "lie": (faults.liars, 4), "no ranges": (faults.no_ranges, 3),
    "redirects": (faults.redirects, 3), "two versions": (faults.two_versions, 3), "other mirror": (faults.other_mirrors, 2),
    "overload": (faults.overload, 3), "mortal origin": (faults.mortals, 4), "TLS": (faults.untrusted, 2),
    "garbage": (hostile.garbage, 6), "smuggling": (hostile.smuggling, 4), "idle": (hostile.idle_connections, 3),
    "trickle": (hostile.tricklers, 4), "crowd": (hostile.crowds, 0.7),
    "churn": (control.churn, 6), "statistics": (control.statistics, 4), "bad document": (control.bad_documents, 4),
    "live": (broadcasts.viewers, 4), "recorded HLS": (playlists.recorded, 7), "live HLS": (playlists.live_playlists, 4),
}
TOKENS = {"tokens": (control.tokens, 3)}
RPC = {"JSON-RPC task": (control.rpc_tasks, 6), "bad JSON-RPC": (control.bad_rpc, 3)}


def all_kinds():
    return sorted(MIX | TOKENS | RPC)


def mix_for(field):
    """A server under development may lack a part."""
    there = MIX | (TOKENS if field.guarded.token else {}) | (RPC if field.has_rpc else {})
    return {kind: there[kind] for kind in field.options.only or there if kind in there}
