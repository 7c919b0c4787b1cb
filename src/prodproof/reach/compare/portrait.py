"""All that is compared of a database, seen at one moment; and such portraits kept in files, as references."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from prodproof.facts import Reason, Unseen
from prodproof.reach.compare.link import DAMAGED, Link, meaning
from prodproof.reach.compare.objects import objects
from prodproof.reach.compare.rows import Digests, Look, Table

MAX_REFERENCE = 64 * 1024 * 1024
MAX_REFERENCES = 1000
SUFFIX = ".reference.json"


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """What a database held at one moment."""

    taken: datetime
    objects: Mapping[str, str]
    looks: Mapping[str, Look]
    """By the table's full name."""

    unread: Mapping[str, str] = field(default_factory=dict)
    """Tables that could not be read, with why."""

    ids: Mapping[str, int] = field(default_factory=dict)
    """Of objects: which were made earlier than which; of one server, and so never kept in a reference."""

    damaged: tuple[str, ...] = ()
    """Tables that the server could not read rightly."""


def take(
    link: Link,
    digests: Digests,
    tables: Mapping[str, Table],
    ending: Callable[[], bool] = lambda: False,
    *,
    ours: bool = False,
) -> Portrait | Unseen:
    """Look at everything.

    Args:
        link: an open transaction: all is seen at its moment.
        digests: of the system.
        tables: how each table is looked at.
        ending: whether to give up.
        ours: whether the server is the drill's own, so that a lost connection is a damage of the data.
    """
    looks: dict[str, Look] = {}
    unread: dict[str, str] = {}
    damaged: list[str] = []
    try:
        ((taken,),) = link.ask("SELECT now()")
        assert isinstance(taken, datetime)
        defined, ids = objects(link)
        for name, table in tables.items():
            if ending():
                return Unseen(Reason.TIMED_OUT, "not all tables could be read in time")
            try:
                with link.attempt():
                    looks[name] = digests.look(link, table)
            except psycopg.Error as error:
                why = meaning(error)
                unread[name] = why.detail
                if error.sqlstate in DAMAGED or (ours and why.why is Reason.UNREACHABLE):
                    damaged.append(name)
                if why.why is Reason.UNREACHABLE:
                    if not ours:
                        return why
                    # A server of our own that breaks down over a table: the others could not be read any more.
                    rest = tables.keys() - looks.keys() - unread.keys()
                    unread |= dict.fromkeys(rest, "the server broke down before")
                    break
    except psycopg.Error as error:
        return meaning(error)
    return Portrait(
        taken=taken.astimezone(UTC), objects=defined, looks=looks, unread=unread, ids=ids, damaged=tuple(damaged)
    )


def write(folder: Path, portrait: Portrait, key: bytes) -> Path:
    """Keep a portrait as a reference, sealed with the system's key; nothing that others put there counts.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    said = json.dumps({**asdict(replace(portrait, ids={})), "taken": portrait.taken.isoformat()}, sort_keys=True)
    path = folder / f"{portrait.taken:%Y%m%dT%H%M%S.%fZ}{SUFFIX}"
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(json.dumps({"seal": _seal(said, key), "portrait": said}))
    draft.replace(path)
    return path


def references(folder: Path, key: bytes) -> list[Portrait]:
    """The references of a folder whose seal is ours, oldest first."""
    newest = sorted(folder.glob(f"*{SUFFIX}"))[-MAX_REFERENCES:]
    found = [portrait for path in newest if (portrait := _read(path, key)) is not None]
    return sorted(found, key=lambda item: item.taken)


def around(portraits: list[Portrait], began: datetime, ended: datetime) -> Portrait | None:
    """What surely held while a backup was made, from the last reference before and the first one after.

    A table that both saw alike was not changed in between; the others are named as unread.
    """
    before = [item for item in portraits if item.taken <= began]
    after = [item for item in portraits if item.taken >= ended]
    if not before or not after:
        return None
    first, last = before[-1], after[0]
    names = first.looks.keys() | last.looks.keys() | first.unread.keys() | last.unread.keys()
    same = {name: look for name, look in last.looks.items() if first.looks.get(name) == look}
    return Portrait(
        taken=last.taken,
        objects={name: text for name, text in last.objects.items() if first.objects.get(name) == text},
        looks=same,
        unread=dict.fromkeys(sorted(names - same.keys()), "it was changed while the backup was made"),
    )


def _read(path: Path, key: bytes) -> Portrait | None:
    try:
        with open(path, "rb") as file:
            outer = json.loads(file.read(MAX_REFERENCE))
        said, seal = str(outer["portrait"]), str(outer["seal"])
        if not hmac.compare_digest(seal, _seal(said, key)):
            return None
        data = json.loads(said)
        looks = {
            str(name): Look(
                rows=item["rows"], digest=item["digest"], one_in=item["one_in"], columns=tuple(item["columns"])
            )
            for name, item in data["looks"].items()
        }
        return Portrait(
            taken=datetime.fromisoformat(data["taken"]), objects=data["objects"], looks=looks, unread=data["unread"]
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _seal(said: str, key: bytes) -> str:
    return hmac.new(key, b"restore reference " + said.encode(), hashlib.sha256).hexdigest()
