"""Access keys of a user of AWS: it may have two, so the new one is made beside the old one.

The old one is made inactive and not deleted, so that it can be made good again. AWS allows no third key: before the
next rotation a person deletes it.

Source: IAM user guide, "Manage access keys for IAM users", "Update access keys"; API reference, "CreateAccessKey",
"UpdateAccessKey", "GetAccessKeyLastUsed"; STS API reference, "GetCallerIdentity", which needs no permission.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.reach.rotation.credential import Attempt, Credential, Outcome, Use, random_text
from prodproof.reach.rotation.material import AccessKeyForm, Login, Material
from prodproof.reach.secret import Secret
from prodproof.reach.secrets._aws_session import Aws, code_of, why

SETTLE_SECONDS = 60.0
"""AWS takes some seconds until a change of a key counts everywhere."""

REFUSALS = ("InvalidClientTokenId", "SignatureDoesNotMatch")
ACTIVE, INACTIVE = "Active", "Inactive"
OURS = "sts"
"""The service that prodproof tries keys at; its use of them is nobody else's."""

_WRONG_CLOCK = ("expired", "current")
"""With `SignatureDoesNotMatch` AWS also answers to a clock that is wrong: no refusal of the key."""


class AccessKeys(Credential):
    """The keys of one user.

    Args:
        opened: makes a session of AWS with a key, `KEY_ID:SECRET`.
        admin: the key that makes and retires the user's keys.
        user: whose keys they are, by its name.
        form: how a key stands in the secret.
        settle: for how long a change may take until it counts, seconds.
    """

    kind = "aws-access-key"
    look_seconds = 1.0

    def __init__(
        self,
        opened: Callable[[Secret], Aws],
        admin: Secret,
        user: str,
        form: AccessKeyForm,
        settle: float = SETTLE_SECONDS,
    ) -> None:
        self._opened, self._user, self._form, self._settle = opened, user, form, settle
        self._admin = opened(admin)
        self._counted: dict[str, int] = {}

    def name(self, material: Material) -> str:
        key = self._form.read(material)
        return "no key" if isinstance(key, Unseen) else key.user

    def problems(self, old: Material) -> Sequence[str] | Unseen:
        key, keys = self._form.read(old), self._keys()
        if isinstance(key, Unseen):
            return key
        if isinstance(keys, Unseen):
            return keys
        if key.user not in keys:
            return [f"the key in the secret is none of {self._user}'s"]
        found = []
        for id in sorted(keys.keys() - {key.user}):
            named = f"--user-name {self._user} --access-key-id {id}"
            if keys[id] == ACTIVE:
                how = f"aws iam update-access-key {named} --status Inactive, once nobody uses it"
                found.append(f"both credentials are valid: {id} is active as well; {how}")
            else:
                found.append(f"AWS allows two keys, and {id} is the second one: aws iam delete-access-key {named}")
        return found

    def wrong(self, material: Material) -> Material:
        return self._form.with_login(material, Login(self.name(material), random_text()))

    def proposed(self, old: Material) -> Material | Unseen | None:
        return None

    def create(self, old: Material, new: Material | None) -> Material | Unseen:
        keys = self._keys()
        if isinstance(keys, Unseen):
            return keys
        if new is not None:
            return self._switched(new, ACTIVE, Outcome.ACCEPTED) or new
        # Before this rotation there was none beside the old one, so an attempt that was cut off made it: its secret is
        # known to nobody.
        for id in keys.keys() - {self.name(old)}:
            if (refused := self._unused(id) or self._deleted(id)) is not None:
                return refused
        made = self._ask("create_access_key", f"a new key of {self._user}", UserName=self._user)
        if isinstance(made, Unseen):
            return made
        given = made["AccessKey"]
        found = self._form.with_login(old, Login(str(given["AccessKeyId"]), str(given["SecretAccessKey"])))
        return self._until(found, Outcome.ACCEPTED) or found

    def missing(self, old: Material, new: Material) -> Sequence[str] | Unseen:
        keys = self._keys()
        if isinstance(keys, Unseen):
            return keys
        # What a key may do is what its user may do.
        return [f"{name} is no key of {self._user}" for name in (self.name(old), self.name(new)) if name not in keys]

    def attempt(self, material: Material) -> Attempt | Unseen:
        key = self._form.read(material)
        if isinstance(key, Unseen):
            return key
        session = self._opened(Secret(f"{key.user}:{key.password}"))
        try:
            session.client("sts").get_caller_identity()
        except Exception as error:
            said, code = str(error).lower(), code_of(error)
            if code in REFUSALS and not any(word in said for word in _WRONG_CLOCK):
                return Attempt(Outcome.REFUSED, code)
            return why(error, "the key")
        finally:
            session.close()
        return Attempt(Outcome.ACCEPTED, "its caller is known")

    def use(self, material: Material) -> Use | Unseen:
        id, keys = self.name(material), self._keys()
        if isinstance(keys, Unseen):
            return keys
        last = self._last(id) if id in keys else None
        if isinstance(last, Unseen):
            return last
        who: frozenset[str] = frozenset()
        if last is not None and last[0] is not None and last[1] != OURS:
            self._counted[id] = max(self._counted.get(id, 0), int(last[0].timestamp()))
            who = frozenset({f"{last[1]} in {last[2]}"})
        return Use(frozenset(), self._counted.get(id, 0), who)

    def retire(self, material: Material) -> Unseen | None:
        return self._switched(material, INACTIVE, Outcome.REFUSED)

    def discard(self, material: Material) -> Unseen | None:
        return self._deleted(self.name(material)) or self._until(material, Outcome.REFUSED)

    def restore(self, material: Material) -> Unseen | None:
        return self._switched(material, ACTIVE, Outcome.ACCEPTED)

    def end_sessions(self, material: Material, *, busy: bool) -> int | Unseen:
        return 0

    def close(self) -> None:
        self._admin.close()

    def _keys(self) -> dict[str, str] | Unseen:
        """The user's keys: the state of each by its id."""
        listed = self._ask("list_access_keys", f"the keys of {self._user}", UserName=self._user)
        if isinstance(listed, Unseen):
            return listed
        return {str(item["AccessKeyId"]): str(item["Status"]) for item in listed.get("AccessKeyMetadata", ())}

    def _last(self, id: str) -> tuple[datetime | None, str, str] | Unseen:
        """When a key was used last, at which service, in which region."""
        known = self._ask("get_access_key_last_used", f"the key {id}", AccessKeyId=id)
        if isinstance(known, Unseen):
            return known
        last = known.get("AccessKeyLastUsed") or {}
        return last.get("LastUsedDate"), str(last.get("ServiceName") or ""), str(last.get("Region") or "")

    def _unused(self, id: str) -> Unseen | None:
        """Why a second key is not taken for one that was lost: somebody uses it."""
        last = self._last(id)
        if isinstance(last, Unseen):
            return last
        by_others = last[0] is not None and last[1] != OURS
        return Unseen(Reason.INCOMPLETE, f"{id} was made meanwhile and is used") if by_others else None

    def _switched(self, material: Material, status: str, wanted: Outcome) -> Unseen | None:
        id = self.name(material)
        given = {"UserName": self._user, "AccessKeyId": id, "Status": status}
        done = self._ask("update_access_key", f"the key {id}", **given)
        if isinstance(done, Unseen) and not (done.why is Reason.NOT_CONFIGURED and status == INACTIVE):
            return done  # but what is gone is useless already
        return self._until(material, wanted)

    def _deleted(self, id: str) -> Unseen | None:
        done = self._ask("delete_access_key", f"the key {id}", UserName=self._user, AccessKeyId=id)
        return done if isinstance(done, Unseen) and done.why is not Reason.NOT_CONFIGURED else None

    def _until(self, material: Material, wanted: Outcome) -> Unseen | None:
        """Wait until a change counts."""
        until = time.monotonic() + self._settle
        while True:
            tried = self.attempt(material)
            if isinstance(tried, Unseen):
                return tried
            if tried.outcome is wanted:
                return None
            if time.monotonic() > until:
                return Unseen(Reason.TIMED_OUT, f"after {self._settle:g} s the key is not yet {wanted}")
            time.sleep(self.look_seconds)

    def _ask(self, action: str, what: str, **given: object) -> "dict[str, Any] | Unseen":
        try:
            call: Callable[..., dict[str, Any]] = getattr(self._admin.client("iam"), action)
            return call(**given)
        except Exception as error:
            return why(error, what)
