"""What the steps of a rotation work with: the secret's store, the credential's adapter, and the note beside the secret.

The note holds the old and the new value, in the secret's own store and as well protected as it; so a rotation that was
cut off can go on or back without anything of this process's memory. It is the first thing that is written and the last
that is taken away.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from prodproof.drills.drill import Scene, StepError
from prodproof.facts import Reason, Unseen
from prodproof.facts import declared as given
from prodproof.facts.declared import SecretRotation
from prodproof.reach.rotation.credential import Attempt, Credential
from prodproof.reach.rotation.kinds import credential_of, current, form_of, writer_of
from prodproof.reach.rotation.material import Login, Material
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.stores import Stores
from prodproof.reach.secrets.writer import SecretWriter

Answer = TypeVar("Answer")


class CannotSeeError(Exception):
    """Something outside gave no answer."""

    def __init__(self, unseen: Unseen) -> None:
        super().__init__(unseen.detail)
        self.unseen = unseen


def must(answer: Answer | Unseen) -> Answer:
    """An answer that the step cannot do without. Raises CannotSeeError when there is none."""
    if isinstance(answer, Unseen):
        raise CannotSeeError(answer)
    return answer


def done(answer: Unseen | None) -> None:
    """An act that must have worked. Raises CannotSeeError when it did not."""
    if answer is not None:
        raise CannotSeeError(answer)


@dataclass(frozen=True, repr=False)
class Note:
    """What lies beside the secret while it is rotated."""

    drill: str
    old: Material
    new: Material | None


@dataclass(frozen=True, repr=False)
class Bench:
    """One secret, with all that its rotation needs."""

    scene: Scene
    secret: given.Secret
    rotation: SecretRotation
    stores: Stores
    credential: Credential
    writer: SecretWriter

    def current(self) -> Material:
        """What the store holds now."""
        return must(current(self.secret, self.stores))

    def login(self) -> Login | None:
        """The login in what the store holds, if it is one."""
        found = form_of(self.secret).read(self.current())
        return found if isinstance(found, Login) else None

    def attempt(self, material: Material) -> Attempt:
        """Whether a credential is accepted."""
        return must(self.credential.attempt(material))

    def accepted(self, material: Material) -> bool:
        """The same in one word."""
        return self.attempt(material).accepted

    def note(self) -> Note | None:
        """This drill's note, or None. Raises StepError for the note of another drill."""
        found = self.writer.note(self.secret.ref)
        if isinstance(found, Unseen):
            if found.why is Reason.NOT_CONFIGURED:
                return None
            raise CannotSeeError(found)
        note = _read(found)
        if note is None:
            raise StepError("what lies beside the secret is no note of prodproof; look at it, and take it away")
        if note.drill != self.scene.drill:
            raise StepError(f"{note.drill} left its note beside the secret: prodproof drill undo {note.drill}")
        return note

    def noted(self) -> Note:
        """This drill's note, which must be there."""
        note = self.note()
        if note is None:
            raise StepError("the note beside the secret is gone")
        return note

    def pair(self) -> tuple[Material, Material]:
        """The old and the new credential."""
        note = self.noted()
        if note.new is None:
            raise StepError("there is no new credential yet")
        return note.old, note.new

    def write_note(self, old: Material, new: Material | None) -> None:
        """Put the note down."""
        document = {
            "prodproof": "a rotation is under way; this goes away with it",
            "drill": self.scene.drill,
            "old": old.reveal(),
            "new": None if new is None else new.reveal(),
        }
        done(self.writer.put_note(self.secret.ref, Secret(json.dumps(document))))


def _read(text: Secret) -> Note | None:
    try:
        document: Any = json.loads(text.reveal())
        new = document["new"]
        return Note(str(document["drill"]), _material(document["old"]), None if new is None else _material(new))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _material(values: dict[str, str]) -> Material:
    return Material({str(reference): Secret(str(value)) for reference, value in values.items()})


@contextmanager
def opened(scene: Scene) -> Iterator[Bench]:
    """The bench of a step; what it logs in to, it logs out of. Raises CannotSeeError where something is missing."""
    secret: given.Secret = scene.target
    assert secret.rotation is not None  # the design has looked
    with Stores(scene.declared) as stores:
        credential = must(credential_of(secret, scene.declared, stores, scene.world.settings, scene.key))
        try:
            yield Bench(scene, secret, secret.rotation, stores, credential, must(writer_of(secret, stores)))
        finally:
            credential.close()


def seeing(work: Callable[[Bench], Answer]) -> Callable[[Scene], Answer | Unseen]:
    """A function of a step that says what it could not see."""

    def seen(scene: Scene) -> Answer | Unseen:
        try:
            with opened(scene) as bench:
                return work(bench)
        except CannotSeeError as error:
            return error.unseen

    return seen


def undoing(work: Callable[[Bench], None]) -> Callable[[Scene], None]:
    """The undo of a step: what it could not see is left, and said."""

    def undone(scene: Scene) -> None:
        try:
            with opened(scene) as bench:
                work(bench)
        except CannotSeeError as error:
            raise StepError(f"{error.unseen.why}: {error.unseen.detail}") from None

    return undone
