"""Django's SECRET_KEY, with SECRET_KEY_FALLBACKS: while it is replaced, what is signed with either is accepted.

The new key first becomes a fallback, so that a process that was told late understands the ones that were told early.
Then it becomes the key, with the old one as a fallback; then the fallbacks are emptied.

Source: Django documentation, "SECRET_KEY_FALLBACKS", "Cryptographic signing".
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from django.core.signing import BadSignature, TimestampSigner

from prodproof.facts import Reason, Unseen
from prodproof.reach.http.client import HttpClient
from prodproof.reach.rotation.credential import Attempt, Credential, Outcome, Use, random_text
from prodproof.reach.rotation.material import Material
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.writer import SecretWriter

SALT = "prodproof.rotation"
"""The salt of what is signed for a trial, so that it is good for nothing else."""

MAX_SIGNED = 4096
ACCEPTED, REFUSED = 200, 403


class DjangoKey(Credential):
    """The key of a running application.

    Args:
        reference: of the key.
        fallbacks: reference of the fallbacks, in the same place: separated by commas, or a JSON list.
        url: answers GET with text that the application signs, and POST of `signed` with 200 or 403.
        client: asks it.
        read: the value that the store holds for a reference.
        writer: writes both.
        tell: makes the application read them anew.
        seconds: until it must have done so.
    """

    kind = "django-key"
    look_seconds = 0.1

    def __init__(
        self,
        reference: str,
        fallbacks: str,
        url: str,
        *,
        client: HttpClient,
        read: Callable[[str], Secret | Unseen],
        writer: SecretWriter,
        tell: Callable[[], Unseen | None],
        seconds: float,
    ) -> None:
        self._reference, self._fallbacks, self._url = reference, fallbacks, url
        self._client, self._read, self._writer, self._tell, self._seconds = client, read, writer, tell, seconds
        self._seen: dict[str, int] = {}

    def name(self, material: Material) -> str:
        return "SECRET_KEY"

    def problems(self, old: Material) -> Sequence[str] | Unseen:
        kept = self._kept()
        if isinstance(kept, Unseen):
            return kept
        signed = self._signed()
        if isinstance(signed, Unseen):
            return signed
        found = []
        if kept:
            found.append(f"{len(kept)} earlier keys are still accepted: empty {self._fallbacks}")
        if not _verifies(self._key(old), signed):
            found.append(f"what {self._url} signs is not signed with the key in the store")
        return found

    def wrong(self, material: Material) -> Material:
        return Material({self._reference: Secret(random_text())})

    def proposed(self, old: Material) -> Material | Unseen | None:
        return Material({self._reference: Secret(random_text() + random_text())})

    def create(self, old: Material, new: Material | None) -> Material | Unseen:
        assert new is not None  # proposed always knows it
        # The old one too, which is the key still: in one act with the next one it becomes a fallback.
        return self._changed(add=(self._key(new), self._key(old))) or self._until(new, Outcome.ACCEPTED) or new

    def missing(self, old: Material, new: Material) -> Sequence[str] | Unseen:
        return ()

    def attempt(self, material: Material) -> Attempt | Unseen:
        signer = TimestampSigner(key=self._key(material), salt=SALT, fallback_keys=[])
        body = urlencode({"signed": signer.sign_object("prodproof")}).encode()
        kind = [("content-type", "application/x-www-form-urlencoded")]
        answer = asyncio.run(self._client.ask(self._url, "POST", headers=kind, content=body, max_body=MAX_SIGNED))
        if isinstance(answer, Unseen):
            return answer
        if answer.status in (ACCEPTED, REFUSED):
            outcome = Outcome.ACCEPTED if answer.status == ACCEPTED else Outcome.REFUSED
            return Attempt(outcome, f"answered {answer.status}")
        return Unseen(Reason.INCOMPLETE, f"{self._url} answered {answer.status}, which is neither 200 nor 403")

    def use(self, material: Material) -> Use | Unseen:
        key, signed = self._key(material), self._signed()
        if isinstance(signed, Unseen):
            return signed
        self._seen[key] = self._seen.get(key, 0) + _verifies(key, signed)
        return Use(frozenset(), self._seen[key])

    def retire(self, material: Material) -> Unseen | None:
        return self._changed(drop=(self._key(material),)) or self._until(material, Outcome.REFUSED)

    def restore(self, material: Material) -> Unseen | None:
        return self._changed(add=(self._key(material),)) or self._until(material, Outcome.ACCEPTED)

    def end_sessions(self, material: Material, *, busy: bool) -> int | Unseen:
        return 0

    def _key(self, material: Material) -> str:
        return material.values[self._reference].reveal()

    def _changed(self, add: Sequence[str] = (), drop: Sequence[str] = ()) -> Unseen | None:
        """Change the fallbacks, and tell the application. What is the key anyway needs no fallback once one goes."""
        kept, key = self._kept(), self._read(self._reference)
        if isinstance(kept, Unseen):
            return kept
        if isinstance(key, Unseen):
            return key
        gone = {*drop, key.reveal()} if drop else set()
        after = list(dict.fromkeys(item for item in (*kept, *add) if item not in gone))
        if after != kept:
            text = json.dumps(after) if any("," in item for item in after) else ",".join(after)
            written: Mapping[str, Secret] = {self._fallbacks: Secret(text)}
            if (failed := self._writer.write(written)) is not None:
                return failed
        return self._tell()

    def _kept(self) -> list[str] | Unseen:
        found = self._read(self._fallbacks)
        if isinstance(found, Unseen):
            # An empty value is none: there are no fallbacks.
            return [] if found.why is Reason.NOT_CONFIGURED else found
        text = found.reveal()
        if text.startswith("["):
            try:
                return [str(item) for item in json.loads(text)]
            except ValueError:
                return Unseen(Reason.INCOMPLETE, f"{self._fallbacks} is no JSON list")
        return [item.strip() for item in text.split(",") if item.strip()]

    def _until(self, material: Material, wanted: Outcome) -> Unseen | None:
        """Wait until every process of the application answers so: a few answers in a row."""
        until, row = time.monotonic() + self._seconds, 0
        while row < 5:
            tried = self.attempt(material)
            if isinstance(tried, Unseen):
                return tried
            row = row + 1 if tried.outcome is wanted else 0
            if time.monotonic() > until:
                return Unseen(Reason.TIMED_OUT, f"the application was told, and its answer is not yet: {wanted}")
            time.sleep(self.look_seconds)
        return None

    def _signed(self) -> str | Unseen:
        answer = asyncio.run(self._client.ask(self._url, max_body=MAX_SIGNED))
        if isinstance(answer, Unseen):
            return answer
        if answer.status != ACCEPTED:
            return Unseen(Reason.INCOMPLETE, f"{self._url} answered {answer.status}")
        return answer.body.decode("utf-8", "replace").strip()


def _verifies(key: str, signed: str) -> bool:
    try:
        TimestampSigner(key=key, salt=SALT, fallback_keys=[]).unsign_object(signed)
    except (BadSignature, ValueError):
        return False
    return True
