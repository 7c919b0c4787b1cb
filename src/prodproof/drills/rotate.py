"""A secret is replaced while the system runs, and nobody who asks meanwhile notices."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from prodproof.drills import _load
from prodproof.drills import _rotation_retire as after
from prodproof.drills import _rotation_steps as do
from prodproof.drills._rotation_tell import told
from prodproof.drills._rotation_use import DRAIN_SECONDS
from prodproof.drills.drill import Exercise, Step, drill
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Declared, RotationKind, Secret, SecretRotation
from prodproof.facts.rotations import RotationTested
from prodproof.reach.world import World

MINUTE = 60.0


@drill("rotate", per=Secret, fact=RotationTested, about=lambda secret, declared: not secret.public)
def rotate(secret: Secret, declared: Declared) -> Exercise | Unseen:
    """A new credential is made, stored, used; the old one is retired and refused; no request fails meanwhile."""
    rotation = secret.rotation
    if rotation is None:
        return Unseen(Reason.NOT_DECLARED, f"how {secret.name} is rotated is not declared: [secret.rotation]")
    # To go back, the application must pick the old one up as well, and be watched as long.
    moving = 2 * rotation.pick_up_within + 4 * rotation.quiet + MINUTE
    steps = (
        Step(
            name="control",
            says="try a known-wrong credential, which must be refused, and the present one",
            check=do.look_again,
            do=do.try_wrong_and_right,
            prove=do.wrong_was_refused,
            changes=False,
        ),
        Step(
            name="note",
            says="put a note with the old and the new value beside the secret, in its own store",
            check=do.note_is_there,
            do=do.put_note,
            prove=do.note_is_whole,
            undo=do.drop_note,
            undo_says="take the note away, once one credential is good and the other is not",
        ),
        Step(
            name="create",
            says="make the new credential, beside the old one",
            check=do.new_is_good,
            do=do.create,
            prove=do.new_can_do_the_same,
            undo=do.discard_new,
            undo_says="retire the new one, once nobody uses it",
            lasting=True,
            time_limit=moving,
        ),
        Step(
            name="store",
            says=f"put the new one into the store: {secret.ref}",
            check=do.store_holds_new,
            do=do.store_new,
            prove=do.store_gives_new,
            undo=do.store_old,
            undo_says="put the old one back, tell the application, and wait until it uses it",
            lasting=True,
            time_limit=moving,
        ),
        Step(
            name="pick-up",
            says="tell the application to read it anew",
            check=do.look_again,
            do=do.tell_application,
            prove=do.application_was_told,
            undo=do.leave,
            undo_says="nothing: whoever puts the old one back tells it again",
            lasting=True,
            time_limit=rotation.pick_up_within + MINUTE,
        ),
        Step(
            name="used",
            says="see that the new one is used, and nobody logs in with the old one; if need be, end idle sessions",
            check=do.look_again,
            do=after.watch_use,
            prove=after.new_is_used,
            undo=do.leave,
            undo_says="nothing: whoever lost a session has opened another",
            lasting=True,
            time_limit=2 * rotation.pick_up_within + MINUTE,
        ),
        Step(
            name="drain",
            says="end the sessions of the old one while it is still good, and see that nobody comes back with it",
            check=do.look_again,
            do=after.drain,
            prove=after.nobody_came_back,
            undo=do.leave,
            undo_says="nothing: whoever lost a session has opened another",
            lasting=True,
            time_limit=DRAIN_SECONDS + rotation.quiet + MINUTE,
        ),
        _retire(secret),
        Step(
            name="refused",
            says="try the old one again for a while: it must be refused, and have no session",
            check=do.look_again,
            do=after.try_old,
            prove=after.old_is_refused,
            changes=False,
            time_limit=rotation.quiet + MINUTE,
        ),
        Step(
            name="requests",
            says=f"count the requests that were made meanwhile: {rotation.load_requests} or more, none failed",
            check=do.look_again,
            do=after.count_load,
            prove=after.none_failed,
            changes=False,
            time_limit=1.5 * rotation.load_requests / rotation.load_rate + MINUTE,
        ),
    )
    return Exercise(
        steps=steps,
        blast_radius=f"whoever needs {secret.name}: {secret.purpose or 'its purpose is not declared'}",
        steady=(_load.steady(rotation),),
        objective=rotation.within,
        lacks=lambda world: _lacking(rotation, world),
        tell=lambda run, gave: told(secret, run, gave),
    )


def _lacking(rotation: SecretRotation, world: World) -> Iterator[str]:
    """Programs that it would need, and that are not there."""
    commands = (
        rotation.load_command, rotation.pick_up, rotation.create, rotation.retire, rotation.restore, rotation.attempt,
        rotation.used,
    )  # fmt: skip
    for name in sorted({command[0] for command in commands if command}):
        here = os.path.isabs(name) or "/" in name
        if not (os.access(Path(world.declared.root or ".") / name, os.X_OK) if here else shutil.which(name)):
            yield f"the program {name} is not there, or may not be run"


def _retire(secret: Secret) -> Step:
    step = Step(
        name="retire",
        says="make the old one useless, and end what it left open",
        check=after.old_is_useless,
        do=after.retire_old,
        prove=after.old_is_gone,
        undo=after.restore_old,
        undo_says="make the old one good again",
        lasting=True,
        time_limit=2 * MINUTE,
    )
    assert secret.rotation is not None
    kind, why = secret.rotation.kind, ""
    if kind in (RotationKind.COMMAND, RotationKind.TLS) and not secret.rotation.restore:
        why = "no `restore` is declared: what was retired cannot be made good again"
    elif kind is RotationKind.VAULT_DATABASE:
        why = "Vault does not bring back what it has revoked or replaced"
    return replace(step, undo=None, undo_says="", irreversible=why) if why else step
