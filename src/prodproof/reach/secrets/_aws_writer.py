"""Writes secrets of AWS's Secrets Manager.

A new value is pending first, then current; the one before it stays as the previous one.

Source: Secrets Manager API reference, "PutSecretValue", "UpdateSecretVersionStage": a version with labels of one's own
is none that an application reads, and one without any label is deleted by AWS; user guide, "Rotation by Lambda
function", for the order of the labels.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.store import rest, value_of
from prodproof.reach.secrets.writer import SecretWriter

NOTE = "PRODPROOF-ROTATION"
"""The label of the version that is a note."""

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
VERSION = "prodproof-"
"""What the ids of the versions begin with that are made here."""

Ask = Callable[..., "dict[str, Any] | Unseen"]


class AwsWriter(SecretWriter):
    """Writes `aws-sm:NAME` and `aws-sm:NAME#KEY`, a field of a JSON secret. A note is a version with its own label."""

    def __init__(self, ask: Ask) -> None:
        """
        Args:
            ask: asks an action of a service: service, action, what messages call it, and its parameters.
        """
        self._ask = ask

    def write(self, values: Mapping[str, Secret]) -> Unseen | None:
        names = {rest(reference).partition("#")[0] for reference in values}
        if len(names) != 1 or not all(reference.startswith("aws-sm:") for reference in values):
            return Unseen(Reason.NOT_CONFIGURED, "only values of one secret of Secrets Manager change in one act")
        name, given = names.pop(), {rest(key).partition("#")[2]: value.reveal() for key, value in values.items()}
        what = f"writing aws-sm:{name}"
        if "" in given:
            if len(given) != 1:
                return Unseen(Reason.NOT_CONFIGURED, f"{what}: it is one value, or has fields: not both")
            return self._replace(name, given[""], what)
        now = self._ask("secretsmanager", "get_secret_value", what, SecretId=name, VersionStage=CURRENT)
        if isinstance(now, Unseen):
            return now
        try:
            fields: Any = json.loads(now.get("SecretString") or "")
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            return Unseen(Reason.INCOMPLETE, f"{what}: the secret is no JSON document")
        return self._replace(name, json.dumps({**fields, **given}), what)

    def note(self, beside: str) -> Secret | Unseen:
        what = f"the note beside {beside}"
        found = self._ask("secretsmanager", "get_secret_value", what, SecretId=_name(beside), VersionStage=NOTE)
        return found if isinstance(found, Unseen) else value_of(what, str(found.get("SecretString") or ""))

    def put_note(self, beside: str, text: Secret) -> Unseen | None:
        return self._put(_name(beside), text.reveal(), NOTE, f"the note beside {beside}")

    def drop_note(self, beside: str) -> Unseen | None:
        what, name = f"the note beside {beside}", _name(beside)
        known = self._versions(name, what)
        if isinstance(known, Unseen):
            return known
        for version, labels in known.items():
            # Pending is a value that was put there and never became current, when that was cut off.
            ours = PENDING in labels and CURRENT not in labels and version.startswith(VERSION)
            for label in [NOTE] * (NOTE in labels) + [PENDING] * ours:
                if (failed := self._move(name, label, version, None, what)) is not None:
                    return failed
        return None

    def _replace(self, name: str, text: str, what: str) -> Unseen | None:
        before = self._versions(name, what)
        if isinstance(before, Unseen):
            return before
        made = f"{VERSION}{secrets.token_hex(16)}"
        current = next((version for version, labels in before.items() if CURRENT in labels), None)
        return (
            self._put(name, text, PENDING, what, made)
            or self._move(name, CURRENT, current, made, what)
            or self._move(name, PENDING, made, None, what)
        )

    def _versions(self, name: str, what: str) -> dict[str, list[str]] | Unseen:
        known = self._ask("secretsmanager", "describe_secret", what, SecretId=name)
        if isinstance(known, Unseen):
            return known
        return {str(version): list(labels) for version, labels in (known.get("VersionIdsToStages") or {}).items()}

    def _move(self, name: str, label: str, away: str | None, to: str | None, what: str) -> Unseen | None:
        given = {"SecretId": name, "VersionStage": label, "RemoveFromVersionId": away, "MoveToVersionId": to}
        given = {key: value for key, value in given.items() if value is not None}
        moved = self._ask("secretsmanager", "update_secret_version_stage", what, **given)
        return moved if isinstance(moved, Unseen) else None

    def _put(self, name: str, text: str, label: str, what: str, version: str | None = None) -> Unseen | None:
        given: dict[str, object] = {"SecretId": name, "SecretString": text, "VersionStages": [label]}
        given |= {"ClientRequestToken": version} if version else {}
        answer = self._ask("secretsmanager", "put_secret_value", what, **given)
        return answer if isinstance(answer, Unseen) else None


def _name(reference: str) -> str:
    return rest(reference).partition("#")[0]
