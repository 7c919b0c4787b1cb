"""The object store of another provider, where the backups lie: production may add to them, and take nothing away."""

import json
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from prodproof.facts.declared import Backup, DataStore
from prodproof.range.component import SERVERS, Command, Component
from prodproof.range.components.authority import PrivateAuthority
from prodproof.range.places import STORE_PORT
from prodproof.range.servers import program
from prodproof.reach.backups._aws import CANARY

BUCKET = "harbour-backups"
REGION = "eu-north-1"
DAYS = 30
PRODUCTION, OFFICE = "production", "office"
"""Who has a key: production writes, the office reads."""

_POINTERS = ("database/backup/*/latest", "uploads/locks/*")
"""What the backup programs take away in each run, and no copy of anything."""


class ObjectStore(Component):
    """Objects lie in `var/`, and who may do what in `etc/`, so that mending a fault brings that back."""

    name = "object_store"
    after = ("authority",)
    forms = SERVERS
    seen_by = frozenset({Backup, DataStore})

    def configure(self) -> None:
        self.etc.mkdir(parents=True)
        (self.var / "objects").mkdir(parents=True)
        address = self.range.places.providers
        issued = self.range.part(PrivateAuthority).issue(address, file="object-store.pem", texts=(address,))
        self._save(
            {
                "address": address,
                "port": STORE_PORT,
                "certificate": os.fspath(issued),
                "region": REGION,
                "folder": os.fspath(self.var / "objects"),
                "buckets": {BUCKET: {"days": DAYS}},
                "users": [_user(PRODUCTION, _production()), _user(OFFICE, _office())],
            }
        )

    def commands(self) -> Sequence[Command]:
        return (Command("object-store", program("object_store", os.fspath(self._file))),)

    def trouble(self) -> str | None:
        return None if self.range.listens(self.range.places.providers, STORE_PORT) else "nothing keeps objects"

    def reload(self) -> None:
        self._heal()
        self.range.restart(self)

    # ---- how it is reached

    @property
    def endpoint(self) -> str:
        """Address and port."""
        return f"{self.range.places.providers}:{STORE_PORT}"

    def key(self, who: str) -> tuple[str, str]:
        """The id of somebody's key, and its secret."""
        user = next(item for item in self._description["users"] if item["name"] == who)
        return user["key"], user["secret"]

    # ---- what faults change

    def objects(self, prefix: str) -> list[Path]:
        """The files of the objects whose keys begin so, in the order of their keys."""
        start = quote(prefix, safe="")
        return sorted(item for item in self._bucket.iterdir() if item.is_file() and item.name.startswith(start))

    def damage(self, file: Path, content: bytes | None) -> None:
        """Let an object hold something else, or be gone; mending puts back what was there."""
        kept = self._kept / file.name
        if not kept.exists():
            self._kept.mkdir(exist_ok=True)
            if file.exists():
                shutil.copy2(file, kept)
            else:
                kept.with_name(f"{kept.name}{_NEW}").touch()
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content)
        self.changed(f"{file.name}")

    def add(self, key: str, content: bytes) -> None:
        """One more object, until the fault is mended."""
        self.damage(self._bucket / quote(key, safe=""), content)

    def changed(self, what: str) -> None:
        """Note that objects were changed, so that mending is noticed."""
        with open(self.etc / "changed", "a") as file:
            file.write(f"{what}\n")

    def allow(self, who: str, *actions: str) -> None:
        """Let somebody do more with all objects."""
        description = self._description
        user = next(item for item in description["users"] if item["name"] == who)
        user["policy"]["Statement"].append(_statement(actions, f"{BUCKET}/*"))
        self._save(description)

    def refuse(self, who: str) -> None:
        """From now on somebody's key counts no more."""
        description = self._description
        description["users"] = [item for item in description["users"] if item["name"] != who]
        self._save(description)

    def _heal(self) -> None:
        if (self.etc / "changed").exists() or not self._kept.exists():
            return
        for kept in self._kept.iterdir():
            if kept.name.endswith(_NEW):
                (self._bucket / kept.name.removesuffix(_NEW)).unlink(missing_ok=True)
            else:
                kept.replace(self._bucket / kept.name)
        shutil.rmtree(self._kept)

    @property
    def _bucket(self) -> Path:
        return self.var / "objects" / BUCKET

    @property
    def _kept(self) -> Path:
        """What damaged objects held."""
        return self.var / "kept"

    @property
    def _file(self) -> Path:
        return self.etc / "store.json"

    @property
    def _description(self) -> dict[str, Any]:
        written: dict[str, Any] = json.loads(self._file.read_text())
        return written

    def _save(self, description: Mapping[str, object]) -> None:
        self._file.touch(mode=0o600)
        self._file.write_text(json.dumps(description, indent=1))


_NEW = ".new"


def _user(name: str, statements: Sequence[Mapping[str, object]]) -> dict[str, object]:
    key, secret = f"AKIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30)
    return {"name": name, "key": key, "secret": secret, "policy": {"Version": "2012-10-17", "Statement": statements}}


def _production() -> list[Mapping[str, object]]:
    return [
        _statement(("s3:ListBucket", "s3:GetBucketLocation"), BUCKET),
        _statement(("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"), f"{BUCKET}/*"),
        *(_statement(("s3:DeleteObject",), f"{BUCKET}/{pointer}") for pointer in _POINTERS),
    ]


def _office() -> list[Mapping[str, object]]:
    about = ("ListBucket", "GetBucketLocation", "GetLifecycleConfiguration", "GetBucketObjectLockConfiguration",
             "GetEncryptionConfiguration", "GetBucketVersioning")  # fmt: skip
    return [
        _statement(tuple(f"s3:{action}" for action in about), BUCKET),
        _statement(("s3:GetObject",), f"{BUCKET}/*"),
        # What prodproof puts beside the copies to see whether production may take it away.
        _statement(("s3:DeleteObject",), f"{BUCKET}/*/{CANARY}"),
    ]


def _statement(actions: Sequence[str], resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": f"arn:aws:s3:::{resource}"}


COMPONENT = ObjectStore
