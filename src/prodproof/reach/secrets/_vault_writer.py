"""Writes values of Vault's KV engine, both versions.

Source: Vault's HTTP API documentation, "KV secrets engine - version 2": Create/Update Secret with check-and-set,
Delete Metadata and All Versions.
"""

from collections.abc import Callable, Mapping
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.reach.secret import Secret
from prodproof.reach.secrets._vault_client import VaultClient
from prodproof.reach.secrets.store import value_of
from prodproof.reach.secrets.writer import SecretWriter

NOTE = ".prodproof-rotation"
"""What the path of a note ends with."""

_TEXT = "note"
Place = tuple[str, int, str, str]
"""Mount (with its slash), version of the engine, path and key of a reference."""


class VaultWriter(SecretWriter):
    """Writes `vault:MOUNT/PATH#KEY`. A note lies in a path of its own: `MOUNT/PATH.prodproof-rotation`."""

    def __init__(self, client: VaultClient, place: Callable[[str], Place | Unseen]) -> None:
        self._client = client
        self._place = place

    def write(self, values: Mapping[str, Secret]) -> Unseen | None:
        given: dict[str, object] = {}
        paths: set[tuple[str, int, str]] = set()
        for reference, value in values.items():
            place = self._place(reference)
            if isinstance(place, Unseen):
                return place
            paths.add(place[:3])
            given[place[3]] = value.reveal()
        if len(paths) != 1:
            return Unseen(Reason.NOT_CONFIGURED, "values in several paths cannot be changed in one act")
        mount, version, path_ = next(iter(paths))
        what = f"writing {mount}{path_}"
        now = self._client.get(_data(mount, version, path_), what)
        if isinstance(now, Unseen):
            return now
        fields: Any = now.data.get("data") if version == 2 else now.data
        if not isinstance(fields, dict):
            return Unseen(Reason.INCOMPLETE, f"{what}: what lies there cannot be read")
        number = int((now.data.get("metadata") or {}).get("version") or 0) if version == 2 else None
        return self._put(mount, version, path_, {**fields, **given}, what, number)

    def note(self, beside: str) -> Secret | Unseen:
        place = self._place(beside)
        if isinstance(place, Unseen):
            return place
        mount, version, path, _ = place
        answer = self._client.get(_data(mount, version, path + NOTE), f"the note beside {beside}")
        if isinstance(answer, Unseen):
            return answer
        fields: Any = answer.data.get("data") if version == 2 else answer.data
        text = fields.get(_TEXT) if isinstance(fields, dict) else None
        if text is None:
            return Unseen(Reason.NOT_CONFIGURED, f"there is no note beside {beside}")
        return value_of(f"the note beside {beside}", str(text))

    def put_note(self, beside: str, text: Secret) -> Unseen | None:
        place = self._place(beside)
        if isinstance(place, Unseen):
            return place
        mount, version, path, _ = place
        return self._put(mount, version, path + NOTE, {_TEXT: text.reveal()}, f"the note beside {beside}")

    def drop_note(self, beside: str) -> Unseen | None:
        place = self._place(beside)
        if isinstance(place, Unseen):
            return place
        mount, version, path, _ = place
        # With its metadata, so that no version of it is kept.
        whole = f"{mount}metadata/{path}{NOTE}" if version == 2 else f"{mount}{path}{NOTE}"
        answer = self._client.delete(whole, f"the note beside {beside}")
        return answer if isinstance(answer, Unseen) and answer.why is not Reason.NOT_CONFIGURED else None

    def _put(
        self, mount: str, version: int, path: str, fields: dict[str, object], what: str, number: int | None = None
    ) -> Unseen | None:
        given: dict[str, object] = fields
        if version == 2:
            given = {"data": fields}
            if number is not None:
                given["options"] = {"cas": number}  # so that nobody's change since it was read is lost
        answer = self._client.post(_data(mount, version, path), what, given)
        return answer if isinstance(answer, Unseen) else None


def _data(mount: str, version: int, path: str) -> str:
    return f"{mount}data/{path}" if version == 2 else f"{mount}{path}"
