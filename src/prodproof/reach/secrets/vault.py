"""Vault and OpenBao: the KV engine and the database engine.

Source: Vault's HTTP API documentation, "KV secrets engine", "Database secrets engine", "/sys/internal/ui/mounts".
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import (
    ListedSecret,
    ManagerPosture,
    Rotation,
    SecretDescription,
    SecretListing,
    SecretVersion,
)
from prodproof.reach.secret import Secret
from prodproof.reach.secrets._vault_client import Answer, VaultClient, moment
from prodproof.reach.secrets._vault_posture import posture_of
from prodproof.reach.secrets._vault_writer import VaultWriter
from prodproof.reach.secrets.store import MAX_EARLIER, MAX_NAMES, Limits, ReadMark, SecretStore, rest, value_of
from prodproof.reach.secrets.writer import SecretWriter

MAX_FOLDERS = 5000


class VaultStore(SecretStore):
    """`vault:MOUNT/PATH#KEY` (KV, both versions), `vault-db:MOUNT/ROLE` (a role of the database engine)."""

    kind = "vault"

    def __init__(
        self,
        url: str,
        credentials: Secret | None = None,
        ca: str | None = None,
        limits: Limits | None = None,
        leases: bool = False,
    ) -> None:
        """
        Args:
            url: Vault's address.
            credentials: a token, or `ROLE_ID:SECRET_ID` of an AppRole login.
            ca: path of a private CA.
            leases: whether a database role may be read that makes a new login for it; it is revoked by `close`.
        """
        self._client = VaultClient(url, credentials, ca, limits or Limits())
        self._leases = leases
        self._taken: list[str] = []
        self._mounts: dict[str, tuple[str, int]] = {}

    @property
    def client(self) -> VaultClient:
        """The login that it asks with."""
        return self._client

    def read(self, reference: str) -> Secret | Unseen:
        if reference.startswith("vault-db:"):
            return self._login(reference)
        place = self._place(reference)
        if isinstance(place, Unseen):
            return place
        mount, version, path, key = place
        answer = self._client.get(f"{mount}data/{path}" if version == 2 else f"{mount}{path}", reference)
        if isinstance(answer, Unseen):
            return answer
        fields = answer.data.get("data") if version == 2 else answer.data
        found = fields.get(key) if isinstance(fields, dict) else None
        if found is None:
            return Unseen(Reason.NOT_CONFIGURED, f"{reference}: the secret has no such key")
        if not isinstance(found, (str, int, float)) or isinstance(found, bool):
            return Unseen(Reason.INCOMPLETE, f"{reference} is no text")
        return value_of(reference, str(found))

    def marked_read(self, reference: str) -> ReadMark | Unseen:
        place = self._place(reference)
        if isinstance(place, Unseen):
            return place
        mount, version, path, _ = place
        whole = f"{mount}data/{path}" if version == 2 else f"{mount}{path}"
        answer = self._client.get(whole, reference)
        if isinstance(answer, Unseen):
            return answer
        if not answer.request:
            return Unseen(Reason.INCOMPLETE, f"{reference}: the answer has no request id")
        return ReadMark(answer.request, whole)

    def earlier(self, reference: str) -> tuple[Secret, ...]:
        about = self.describe(reference)
        place = self._place(reference)
        if isinstance(about, Unseen) or isinstance(place, Unseen) or place[1] != 2:
            return ()
        mount, _, path, key = place
        kept = sorted((int(item.id) for item in about.versions if item.stages == ("kept",)), reverse=True)
        found = []
        for number in kept[:MAX_EARLIER]:
            answer = self._client.get(f"{mount}data/{path}", reference, query={"version": str(number)})
            fields = None if isinstance(answer, Unseen) else answer.data.get("data")
            text = fields.get(key) if isinstance(fields, dict) else None
            value = value_of(reference, text) if isinstance(text, str) else None
            if isinstance(value, Secret):
                found.append(value)
        return tuple(found)

    def describe(self, reference: str) -> SecretDescription | Unseen:
        if reference.startswith("vault-db:"):
            return self._role(reference)
        place = self._place(reference)
        if isinstance(place, Unseen):
            return place
        mount, version, path, key = place
        if version == 1:
            found = self.read(reference)
            if isinstance(found, Unseen):
                return self._none(reference, found)
            detail = "KV version 1 keeps no dates and versions"
            return SecretDescription(reference=reference, store=self.kind, found=True, detail=detail)
        answer = self._client.get(f"{mount}metadata/{path}", reference)
        if isinstance(answer, Unseen):
            return self._none(reference, answer) if answer.why is not Reason.DENIED else self._from_data(reference)
        keys = self._client.get(f"{mount}subkeys/{path}", reference)
        return _described(reference, answer.data, None if isinstance(keys, Unseen) else keys.data.get("subkeys"), key)

    def names(self) -> SecretListing:
        gaps: list[Unseen] = []
        found: list[ListedSecret] = []
        answer = self._client.get("sys/internal/ui/mounts", "the list of mounts")
        if isinstance(answer, Unseen):
            return SecretListing(secrets=(), gaps=(answer,))
        for mount, about in sorted((answer.data.get("secret") or {}).items()):
            if about.get("type") in ("kv", "generic"):
                version = int((about.get("options") or {}).get("version") or 1)
                found += self._listed(mount, version, gaps)
            elif about.get("type") == "database":
                for kind in ("roles", "static-roles"):
                    credentials = "creds" if kind == "roles" else "static-creds"
                    for role in self._keys(f"{mount}{kind}", gaps):
                        found.append(ListedSecret(name=f"{mount}{role}", path=f"{mount}{credentials}/{role}"))
            elif about.get("type") not in ("cubbyhole", "identity", "system", "ns_system", "ns_identity"):
                gaps.append(Unseen(Reason.NOT_VERIFIABLE_YET, f"{mount}: engines of this kind are not read"))
        return SecretListing(secrets=tuple(found[:MAX_NAMES]), gaps=tuple(gaps))

    def posture(self) -> ManagerPosture | Unseen:
        return posture_of(self._client)

    def writer(self) -> SecretWriter | Unseen:
        return VaultWriter(self._client, self._place)

    def close(self) -> None:
        for lease in self._taken:
            self._client.post("sys/leases/revoke", "the login of prodproof", {"lease_id": lease})
        self._taken.clear()
        self._client.close()

    def _place(self, reference: str) -> tuple[str, int, str, str] | Unseen:
        """Mount (with its slash), version of the engine, path and key of a `vault:` reference."""
        whole, _, key = rest(reference).partition("#")
        whole = whole.strip("/")
        for mount, (name, version) in self._mounts.items():
            if f"{whole}/".startswith(mount):
                return name, version, whole[len(mount) :], key
        answer = self._client.get(f"sys/internal/ui/mounts/{whole}", reference)
        if isinstance(answer, Unseen):
            if answer.why not in (Reason.DENIED, Reason.NOT_CONFIGURED):
                return answer
            # Vault answers this only to who may do something below the path; what is read next will say why not.
            mount, version = f"{whole.partition('/')[0]}/", 2
            return mount, version, whole[len(mount) :], key
        mount = str(answer.data.get("path") or "")
        version = int((answer.data.get("options") or {}).get("version") or 1)
        if not mount or not f"{whole}/".startswith(mount):
            return Unseen(Reason.INCOMPLETE, f"{reference}: Vault does not say where it is mounted")
        self._mounts[mount] = (mount, version)
        return mount, version, whole[len(mount) :], key

    def _none(self, reference: str, seen: Unseen) -> SecretDescription | Unseen:
        if seen.why is not Reason.NOT_CONFIGURED:
            return seen
        return SecretDescription(reference=reference, store=self.kind, found=False, detail="there is none")

    def _from_data(self, reference: str) -> SecretDescription | Unseen:
        """What the answer with the value says beside it, where the metadata may not be read."""
        place = self._place(reference)
        if isinstance(place, Unseen):
            return place
        mount, _, path, key = place
        answer = self._client.get(f"{mount}data/{path}", reference)
        if isinstance(answer, Unseen):
            return self._none(reference, answer)
        about = answer.data.get("metadata") or {}
        version = str(about.get("version", ""))
        seen = {
            "current_version": version,
            "versions": {version: about},
            "custom_metadata": about.get("custom_metadata"),
        }
        return _described(reference, seen, answer.data.get("data"), key)

    def _role(self, reference: str) -> SecretDescription | Unseen:
        mount, role = _mount_and_role(reference)
        static = self._client.get(f"{mount}static-roles/{role}", reference)
        if isinstance(static, Answer):
            period, schedule = static.data.get("rotation_period"), str(static.data.get("rotation_schedule") or "")
            last = moment(static.data.get("last_vault_rotation"))
            return SecretDescription(
                reference=reference,
                store=self.kind,
                found=True,
                created=last,
                rotation=Rotation(
                    enabled=bool(period or schedule),
                    period=int(period) if period else None,
                    schedule=schedule,
                    last=last,
                    by="vault",
                ),
            )
        made = self._client.get(f"{mount}roles/{role}", reference)
        if isinstance(made, Unseen):
            return self._none(reference, static if static.why is not Reason.NOT_CONFIGURED else made)
        period = int(made.data.get("max_ttl") or made.data.get("default_ttl") or 0)
        rotation = Rotation(enabled=True, period=period or None, by="vault")
        detail = "a new login for each reader"
        return SecretDescription(reference=reference, store=self.kind, found=True, detail=detail, rotation=rotation)

    def _login(self, reference: str) -> Secret | Unseen:
        mount, role = _mount_and_role(reference)
        answer = self._client.get(f"{mount}static-creds/{role}", reference)
        if isinstance(answer, Unseen) and answer.why in (Reason.NOT_CONFIGURED, Reason.DENIED):
            if not self._leases:
                return Unseen(Reason.NOT_PERMITTED, f"{reference}: reading it would make a new login")
            answer = self._client.get(f"{mount}creds/{role}", reference)
        if isinstance(answer, Unseen):
            return answer
        if answer.lease:
            self._taken.append(answer.lease)
        return value_of(reference, str(answer.data.get("password") or ""))

    def _listed(self, mount: str, version: int, gaps: list[Unseen]) -> Iterator[ListedSecret]:
        waiting, looked_at, count = [""], 0, 0
        while waiting:
            folder = waiting.pop()
            looked_at += 1
            if looked_at > MAX_FOLDERS or count > MAX_NAMES:
                gaps.append(Unseen(Reason.INCOMPLETE, f"{mount}: more than {count} names"))
                return
            for name in self._keys(f"{mount}{'metadata/' if version == 2 else ''}{folder}", gaps):
                if name.endswith("/"):
                    waiting.append(folder + name)
                else:
                    count += 1
                    data = "data/" if version == 2 else ""
                    yield ListedSecret(name=f"{mount}{folder}{name}", path=f"{mount}{data}{folder}{name}")

    def _keys(self, path: str, gaps: list[Unseen]) -> list[str]:
        answer = self._client.list(path)
        if isinstance(answer, Unseen):
            if answer.why is not Reason.NOT_CONFIGURED:
                gaps.append(answer)
            return []
        return [str(item) for item in answer.data.get("keys") or ()]


def _mount_and_role(reference: str) -> tuple[str, str]:
    mount, _, role = rest(reference).strip("/").rpartition("/")
    return f"{mount}/", role


def _described(reference: str, data: dict[str, Any], keys: Any, key: str) -> SecretDescription:
    current = str(data.get("current_version") or "")
    versions = tuple(
        SecretVersion(id=id, created=moment(item.get("created_time")), stages=(_stage(item, id == current),))
        for id, item in sorted((data.get("versions") or {}).items(), key=lambda pair: int(pair[0]))
    )
    now = next((item for item in versions if item.id == current), None)
    found, detail = now is not None and now.stages == ("current",), ""
    if now is None:
        detail = "has no version"
    elif not found:
        detail = f"its current version is {now.stages[0]}"
    elif isinstance(keys, dict) and key not in keys:
        found, detail = False, "the secret has no such key"
    raw = (data.get("versions") or {}).get(current) or {}
    return SecretDescription(
        reference=reference,
        store="vault",
        found=found,
        detail=detail,
        created=now.created if now is not None else None,
        version=current,
        versions=versions,
        # A version that is kept for a time has its end as a deletion that lies ahead.
        expires=moment(raw.get("deletion_time")) if found else None,
        tags=tuple(sorted((str(name), str(value)) for name, value in (data.get("custom_metadata") or {}).items())),
    )


def _stage(version: dict[str, Any], current: bool) -> str:
    if version.get("destroyed"):
        return "destroyed"
    ended, made = moment(version.get("deletion_time")), moment(version.get("created_time"))
    if ended is not None and not _ahead(ended, made):
        return "deleted"
    return "current" if current else "kept"


def _ahead(ended: datetime, made: datetime | None) -> bool:
    return made is not None and ended > datetime.now(made.tzinfo)
