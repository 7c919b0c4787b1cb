"""The steps of a rotation from the first use of the new credential on: the old one is drained, retired, and refused."""

import time

from prodproof.drills import _load
from prodproof.drills._rotation import Bench, done, must, seeing, undoing
from prodproof.drills._rotation_use import DRAIN_SECONDS, ended, watched
from prodproof.drills.drill import Done, Proven, Refuted, Scene, StepError, Todo, Values
from prodproof.facts import Reason, Unseen

TRIES = 3
LEFT_SECONDS = 5.0


# ---- used


@seeing
def watch_use(bench: Bench) -> Values:
    old, new = bench.pair()
    began, rotation = time.monotonic(), bench.rotation
    move, lived_on = watched(bench, new, old, rotation.pick_up_within, quiet=rotation.quiet), 0
    if move.open and move.quiet and not move.used:
        # Whoever keeps its sessions logs in with neither: idle ones are ended, to see with which it comes back.
        lived_on = must(bench.credential.end_sessions(old, busy=False))
        move = watched(bench, new, old, rotation.pick_up_within, quiet=rotation.quiet)
    return {
        "used": move.used,
        "quiet": move.quiet,
        "open": move.open,
        "ended": lived_on,
        "who": list(move.who),
        "waited": time.monotonic() - began,
    }


def new_is_used(scene: Scene) -> Proven | Refuted:
    seen = scene.gave[scene.step]
    who, waited = seen["who"], seen["waited"]
    assert isinstance(who, list) and isinstance(waited, float)
    if not seen["used"]:
        return Refuted(
            f"nobody used the new one within {waited:.0f} s: the application was not told, reads it only at its start, "
            "or a pooler keeps the old one"
        )
    if not seen["quiet"]:
        by = f" ({', '.join(map(str, who[:3]))})" if who else ""
        return Refuted(
            f"after {waited:.0f} s somebody still logs in with the old one{by}: a process that was not told, or a "
            "pooler that keeps it"
        )
    return Proven(f"used after {waited:.1f} s at most; {seen['open']} sessions of the old one are open")


# ---- drain


@seeing
def drain(bench: Bench) -> Values:
    old, new = bench.pair()
    count = ended(bench, old, DRAIN_SECONDS)
    move = watched(bench, new, old, bench.rotation.quiet + 1, quiet=bench.rotation.quiet)
    return {"ended": count, "came_back": not move.quiet, "open": move.open, "who": list(move.who)}


def nobody_came_back(scene: Scene) -> Proven | Refuted:
    seen = scene.gave[scene.step]
    who = seen["who"]
    assert isinstance(who, list)
    if seen["came_back"] or seen["open"]:
        by = f" ({', '.join(map(str, who[:3]))})" if who else ""
        return Refuted(
            f"whose session was ended comes back with the old one{by}: a process that reads it at its start only, or a "
            "pooler that keeps it"
        )
    return Proven(f"{seen['ended']} sessions were ended, and nobody came back with the old one")


# ---- retire


@seeing
def old_is_useless(bench: Bench) -> Todo | Done:
    note = bench.note()
    if note is None or bench.accepted(note.old):
        return Todo()
    return Done({"ended": 0, "left": len(must(bench.credential.use(note.old)).sessions)})


@seeing
def retire_old(bench: Bench) -> Values:
    old, new = bench.pair()
    if bench.current() != new or not bench.accepted(new):
        raise StepError("the old one is kept, for the store does not hold a new one that is accepted")
    done(bench.credential.retire(old))
    count = ended(bench, old, DRAIN_SECONDS)
    return {"ended": count, "left": len(must(bench.credential.use(old)).sessions)}


@seeing
def old_is_gone(bench: Bench) -> Proven | Refuted:
    old, _ = bench.pair()
    tried = bench.attempt(old)
    if tried.accepted:
        return Refuted("both credentials are valid: the retired one is still accepted")
    left = ended_or_left(bench)
    if left:
        return Refuted(f"{left} sessions of the retired one live on")
    return Proven(f"it is refused ({tried.says}) and has no session")


def ended_or_left(bench: Bench) -> int:
    """Sessions of the retired one that do not end; one that is being ended takes a moment."""
    old, _ = bench.pair()
    sessions = must(bench.credential.use(old)).sessions

    def gone() -> bool:
        nonlocal sessions
        sessions = must(bench.credential.use(old)).sessions
        return not sessions

    if sessions:
        must(bench.credential.end_sessions(old, busy=True))
        _load.polled(gone, LEFT_SECONDS, bench.scene.ending)
    return len(sessions)


@undoing
def restore_old(bench: Bench) -> None:
    note = bench.note()
    if note is None:
        return
    if not bench.accepted(note.old):
        done(bench.credential.restore(note.old))
        if not bench.accepted(note.old):
            raise StepError("the old one was made good again, and is still refused")


# ---- refused


@seeing
def try_old(bench: Bench) -> Values:
    old, new = bench.pair()
    refused, left = 0, 0
    for number in range(TRIES):
        if number:
            time.sleep(bench.rotation.quiet / (TRIES - 1))
        refused += not bench.accepted(old)
        left = max(left, len(must(bench.credential.use(old)).sessions))
    return {
        "tries": TRIES,
        "refused": refused,
        "sessions": left,
        "new": bench.accepted(new),
        "wrong": bench.accepted(bench.credential.wrong(new)),
    }


def old_is_refused(scene: Scene) -> Proven | Refuted:
    seen = scene.gave[scene.step]
    if seen["refused"] != seen["tries"]:
        return Refuted("both credentials are valid: the retired one is accepted again")
    if seen["sessions"]:
        return Refuted(f"{seen['sessions']} sessions of the retired one live on, or were opened anew")
    if seen["wrong"] or not seen["new"]:
        return Refuted("the new one is not the only one that is accepted")
    return Proven("the old one is refused, the new one is accepted, a wrong one is not")


# ---- load


def count_load(scene: Scene) -> Values | Unseen:
    rotation = scene.target.rotation
    seconds = 1.5 * rotation.load_requests / rotation.load_rate + 45
    count = _load.enough(scene, seconds)
    if isinstance(count, Unseen):
        return count
    if count.made >= rotation.load_requests and not count.failed:
        _load.slow_down(scene)
    return {
        "requests": count.made,
        "failed": count.failed,
        "throttled": count.throttled,
        "failures": list(count.failures),
        "seconds": count.seconds,
        "rate": count.rate,
    }


def none_failed(scene: Scene) -> Proven | Refuted | Unseen:
    seen, wanted = scene.gave[scene.step], scene.target.rotation.load_requests
    requests, failures = seen["requests"], seen["failures"]
    assert isinstance(requests, int) and isinstance(failures, list)
    if seen["failed"]:
        return Refuted(f"{seen['failed']} of {requests} requests failed: {'; '.join(map(str, failures[:2]))}")
    if requests < wanted and seen["throttled"]:
        says = f"{seen['throttled']} requests were throttled (429), and only {requests} of {wanted} answered in time"
        return Unseen(Reason.INCOMPLETE, f"{says}: declare a lower load_rate")
    if requests < wanted:
        return Refuted(f"only {requests} of {wanted} requests were answered in time")
    throttled = f"; {seen['throttled']} more were throttled" if seen["throttled"] else ""
    return Proven(f"{requests} requests, none failed, {seen['rate']:.0f} a second{throttled}")
