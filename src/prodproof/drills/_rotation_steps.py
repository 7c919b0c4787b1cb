"""The steps of a rotation until the application was told. At every moment it has a credential that is good.

What each does follows from the note beside the secret and from the world: which values the store holds, which of the
two credentials is accepted, who uses which. So each may be done again, and be undone from the middle.
"""

from prodproof.drills._rotation import Bench, done, must, seeing, undoing
from prodproof.drills._rotation_use import DRAIN_SECONDS, ended, watched
from prodproof.drills.drill import Done, Plain, Proven, Refuted, Scene, StepError, Todo, Values
from prodproof.reach.rotation.pick_up import tell, way_of

PICK_UP_SECONDS = 60.0


def look_again(scene: Scene) -> Todo:
    """What only looks, or may be done twice, is done again after an interruption."""
    return Todo()


def leave(scene: Scene) -> None:
    """Nothing is to be put back."""


# ---- control: nothing is proven by a refusal where everything is accepted, or nothing


@seeing
def try_wrong_and_right(bench: Bench) -> Values:
    old = bench.current()
    problems: list[Plain] = list(must(bench.credential.problems(old)))
    wrong, right = bench.attempt(bench.credential.wrong(old)), bench.attempt(old)
    return {
        "credential": bench.credential.name(old),
        "problems": problems,
        "wrong": wrong.outcome.value,
        "wrong_says": wrong.says,
        "present": right.outcome.value,
        "present_says": right.says,
    }


def wrong_was_refused(scene: Scene) -> Proven | Refuted:
    seen = scene.gave[scene.step]
    if seen["wrong"] != "refused":
        return Refuted("a known-wrong credential is accepted, so no refusal would prove anything (`trust` in pg_hba?)")
    if seen["present"] != "accepted":
        return Refuted(f"the present credential is refused: {seen['present_says']}")
    problems = seen["problems"]
    assert isinstance(problems, list)
    if problems:
        return Refuted("; ".join(map(str, problems)))
    return Proven(f"a wrong one is refused ({seen['wrong_says']}), the present one is accepted")


# ---- note


@seeing
def note_is_there(bench: Bench) -> Todo | Done:
    return Todo() if bench.note() is None else Done({"beside": bench.secret.ref})


@seeing
def put_note(bench: Bench) -> Values:
    old = bench.current()
    bench.write_note(old, must(bench.credential.proposed(old)))
    return {"beside": bench.secret.ref}


@seeing
def note_is_whole(bench: Bench) -> Proven | Refuted:
    note = bench.noted()
    return Proven() if note.old == bench.current() else Refuted("the note does not say what the store holds")


@undoing
def drop_note(bench: Bench) -> None:
    note = bench.note()
    if note is None:
        return
    now = bench.current()
    if not bench.accepted(now):
        raise StepError("the note is kept, for what the store holds is not accepted")
    other = note.new if now == note.old else note.old
    if other is not None and now not in (note.old, note.new):
        raise StepError("the note is kept, for the store holds neither the old nor the new one")
    if other is not None and bench.accepted(other):
        raise StepError("the note is kept, for both credentials are still valid")
    done(bench.writer.drop_note(bench.secret.ref))


# ---- create


@seeing
def new_is_good(bench: Bench) -> Todo | Done:
    note = bench.note()
    if note is None or note.new is None or not bench.accepted(note.new):
        return Todo()
    return Done(_made(bench))


@seeing
def create(bench: Bench) -> Values:
    note = bench.noted()
    made = must(bench.credential.create(note.old, note.new))
    if note.new is None:
        bench.write_note(note.old, made)
    return _made(bench)


def _made(bench: Bench) -> Values:
    old, new = bench.pair()
    missing: list[Plain] = list(must(bench.credential.missing(old, new)))
    return {"credential": bench.credential.name(new), "missing": missing}


@seeing
def new_can_do_the_same(bench: Bench) -> Proven | Refuted:
    old, new = bench.pair()
    tried = bench.attempt(new)
    if not tried.accepted:
        return Refuted(f"the new one is refused: {tried.says}")
    if bench.accepted(bench.credential.wrong(new)):
        return Refuted("a known-wrong credential of the new one's name is accepted (`trust` in pg_hba?)")
    if not bench.accepted(old):
        return Refuted("making the new one has ended the old one, which the application still uses")
    missing = bench.scene.gave[bench.scene.step]["missing"]
    assert isinstance(missing, list)
    if missing:
        return Refuted(f"the new one may not do what the old one may: {'; '.join(map(str, missing))}")
    return Proven("it is accepted, and may do the same")


@undoing
def discard_new(bench: Bench) -> None:
    note = bench.note()
    if note is None:
        return
    new = note.new
    if new is None:
        # An attempt that was cut off may have made it, and nobody knows its value: so it is asked for once more.
        new = must(bench.credential.create(note.old, None))
        bench.write_note(note.old, new)
    if bench.current() == new:
        raise StepError("the new one is kept, for the store still holds it")
    if not bench.accepted(note.old):
        raise StepError("the new one is kept, for the old one is not accepted")
    if bench.accepted(new) and not _left_alone(bench):
        raise StepError("the new one is kept, for somebody still logs in with it")
    done(bench.credential.discard(new))
    ended(bench, new, DRAIN_SECONDS)


def _left_alone(bench: Bench) -> bool:
    """Whether nobody logs in with the new one any more, under load."""
    old, new = bench.pair()
    return watched(bench, old, new, bench.rotation.quiet + 1, quiet=bench.rotation.quiet).quiet


# ---- store


@seeing
def store_holds_new(bench: Bench) -> Todo | Done:
    note, now = bench.note(), bench.current()
    if note is None or now == note.old:
        return Todo()
    if now != note.new:
        raise StepError("somebody else has changed the secret in its store meanwhile")
    return Done({"ref": bench.secret.ref})


@seeing
def store_new(bench: Bench) -> Values:
    old, new = bench.pair()
    if not bench.accepted(new):
        raise StepError("the new one is not accepted, so it is not stored")
    if bench.current() != old:
        raise StepError("somebody else has changed the secret in its store meanwhile")
    done(bench.writer.write(new.values))
    return {"ref": bench.secret.ref}


@seeing
def store_gives_new(bench: Bench) -> Proven | Refuted:
    _, new = bench.pair()
    return Proven("the store gives the new one") if bench.current() == new else Refuted("the store gives another one")


@undoing
def store_old(bench: Bench) -> None:
    note = bench.note()
    if note is None or note.new is None:
        return  # it was never so far that anything could be stored
    old, new = note.old, note.new
    if not bench.accepted(old):
        raise StepError("the store keeps the new one, for the old one is not accepted")
    now = bench.current()
    if now not in (old, new):
        raise StepError("the store keeps what somebody else has put there meanwhile")
    if now == new:
        done(bench.writer.write(old.values))
    _tell(bench)
    rotation = bench.rotation
    moved = watched(bench, old, new, rotation.pick_up_within, quiet=rotation.quiet)
    if moved.open and moved.quiet:
        ended(bench, new, DRAIN_SECONDS)
        moved = watched(bench, old, new, 2 * rotation.quiet, quiet=rotation.quiet)
    if not (moved.used and moved.quiet):
        raise StepError("the old one is stored again, but the application was not seen to use it again")


# ---- pick-up


@seeing
def tell_application(bench: Bench) -> Values:
    _tell(bench)
    return {"by": way_of(bench.rotation)}


def application_was_told(scene: Scene) -> Proven:
    return Proven(f"by {scene.gave[scene.step]['by']}")


def _tell(bench: Bench) -> None:
    scene = bench.scene
    seconds = max(PICK_UP_SECONDS, bench.rotation.pick_up_within)
    done(tell(bench.rotation, scene.declared, scene.world.settings, scene.key, seconds))
