"""A credential of any service, by the team's own programs: values go in and out by standard input and output alone."""

import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import SecretRotation
from prodproof.reach.marked import MARK
from prodproof.reach.process import Finished, run
from prodproof.reach.rotation.credential import Attempt, Credential, Outcome, Use, random_text
from prodproof.reach.rotation.material import Material
from prodproof.reach.secret import MAX_SECRET, Secret
from prodproof.reach.secrets.store import value_of

SECONDS = 60.0
ACCEPTED, REFUSED = 0, 1
NAME_LENGTH = 8


class CommandCredential(Credential):
    """By programs.

    Args:
        rotation: which.
        reference: of the secret.
        root: where they are run.
        mark: in their environment, so that those are found that outlive whoever started them.
        key: of the system's fingerprints, by which a credential is named.
    """

    kind = "command"
    look_seconds = 0.5

    def __init__(self, rotation: SecretRotation, reference: str, root: Path, mark: str, key: bytes) -> None:
        self._rotation, self._reference, self._root = rotation, reference, root
        self._mark, self._key = mark, key
        self.can_restore = bool(rotation.restore)

    def name(self, material: Material) -> str:
        if not self._key:
            return "without a name"
        return hmac.new(self._key, b"rotation " + self._value(material), hashlib.sha256).hexdigest()[:NAME_LENGTH]

    def problems(self, old: Material) -> Sequence[str] | Unseen:
        return ()

    def wrong(self, material: Material) -> Material:
        return Material({self._reference: Secret(random_text())})

    def proposed(self, old: Material) -> Material | Unseen | None:
        return None

    def create(self, old: Material, new: Material | None) -> Material | Unseen:
        made = self._run("create", self._rotation.create, self._value(old))
        if isinstance(made, Unseen):
            return made
        if made.code != 0:
            return Unseen(Reason.INCOMPLETE, f"create ended with exit code {made.code}")
        value = value_of("what create wrote", made.stdout)
        if isinstance(value, Unseen):
            return value
        if value.reveal().encode() == self._value(old):
            return Unseen(Reason.INCOMPLETE, "create wrote the old credential again")
        return Material({self._reference: value})

    def missing(self, old: Material, new: Material) -> Sequence[str] | Unseen:
        return ()

    def attempt(self, material: Material) -> Attempt | Unseen:
        tried = self._run("attempt", self._rotation.attempt, self._value(material))
        if isinstance(tried, Unseen):
            return tried
        if tried.code in (ACCEPTED, REFUSED):
            outcome = Outcome.ACCEPTED if tried.code == ACCEPTED else Outcome.REFUSED
            return Attempt(outcome, f"exit code {tried.code}")
        return Unseen(Reason.INCOMPLETE, f"attempt ended with exit code {tried.code}, which is no answer")

    def use(self, material: Material) -> Use | Unseen:
        told = self._run("used", self._rotation.used, self._value(material))
        if isinstance(told, Unseen):
            return told
        try:
            if told.code != 0:
                raise ValueError
            return Use(frozenset(), int(told.stdout))
        except ValueError:
            return Unseen(Reason.INCOMPLETE, f"used wrote no number (exit code {told.code})")

    def retire(self, material: Material) -> Unseen | None:
        return self._act("retire", self._rotation.retire, material)

    def restore(self, material: Material) -> Unseen | None:
        if not self._rotation.restore:
            return Unseen(Reason.NOT_CONFIGURED, "no `restore` is declared")
        return self._act("restore", self._rotation.restore, material)

    def end_sessions(self, material: Material, *, busy: bool) -> int | Unseen:
        return 0

    def _act(self, name: str, command: Sequence[str], material: Material) -> Unseen | None:
        done = self._run(name, command, self._value(material))
        if isinstance(done, Unseen):
            return done
        return None if done.code == 0 else Unseen(Reason.INCOMPLETE, f"{name} ended with exit code {done.code}")

    def _run(self, name: str, command: Sequence[str], given: bytes) -> Finished | Unseen:
        env = {MARK: self._mark}
        done = run(command, timeout=SECONDS, cwd=self._root, stdin=given, env=env, max_output=MAX_SECRET)
        # What a program says is never repeated: it has just handled secrets.
        return Unseen(done.why, f"{name}: {done.detail}") if isinstance(done, Unseen) else done

    def _value(self, material: Material) -> bytes:
        return material.values[self._reference].reveal().encode()
