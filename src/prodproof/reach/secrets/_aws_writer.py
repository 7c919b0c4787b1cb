"""Writes secrets of AWS's Secrets Manager.

Source: Secrets Manager API reference, "PutSecretValue", "UpdateSecretVersionStage": a version with labels of one's own
is none that an application reads, and one without any label is deleted by AWS.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.store import rest, value_of
from prodproof.reach.secrets.writer import SecretWriter

NOTE = "PRODPROOF-ROTATION"
"""The label of the version that is a note."""

CURRENT = "AWSCURRENT"
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
            return self._put(name, given[""], CURRENT, what)
        now = self._ask("secretsmanager", "get_secret_value", what, SecretId=name)
        if isinstance(now, Unseen):
            return now
        try:
            fields: Any = json.loads(now.get("SecretString") or "")
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            return Unseen(Reason.INCOMPLETE, f"{what}: the secret is no JSON document")
        return self._put(name, json.dumps({**fields, **given}), CURRENT, what)

    def note(self, beside: str) -> Secret | Unseen:
        what = f"the note beside {beside}"
        found = self._ask("secretsmanager", "get_secret_value", what, SecretId=_name(beside), VersionStage=NOTE)
        return found if isinstance(found, Unseen) else value_of(what, str(found.get("SecretString") or ""))

    def put_note(self, beside: str, text: Secret) -> Unseen | None:
        return self._put(_name(beside), text.reveal(), NOTE, f"the note beside {beside}")

    def drop_note(self, beside: str) -> Unseen | None:
        what = f"the note beside {beside}"
        known = self._ask("secretsmanager", "describe_secret", what, SecretId=_name(beside))
        if isinstance(known, Unseen):
            return known
        for version, labels in (known.get("VersionIdsToStages") or {}).items():
            if NOTE in labels:
                given = {"SecretId": _name(beside), "VersionStage": NOTE, "RemoveFromVersionId": version}
                gone = self._ask("secretsmanager", "update_secret_version_stage", what, **given)
                if isinstance(gone, Unseen):
                    return gone
        return None

    def _put(self, name: str, text: str, label: str, what: str) -> Unseen | None:
        given = {"SecretId": name, "SecretString": text, "VersionStages": [label]}
        answer = self._ask("secretsmanager", "put_secret_value", what, **given)
        return answer if isinstance(answer, Unseen) else None


def _name(reference: str) -> str:
    return rest(reference).partition("#")[0]
