"""What the steps of a restore hand to each other, as plain JSON and back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from prodproof.drills._scratch import place_of
from prodproof.drills.drill import Plain, Scene, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts import declared as given
from prodproof.facts.declared import Backup, DataStore, Declared
from prodproof.facts.restore_points import Contents
from prodproof.facts.restores import ComparedWith, Difference, DifferenceKind, Undecided
from prodproof.reach.backups.backup_store import BackupStore, Piece, Restored, RestorePoint, open_store
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.stores import Stores

MAX_TOLD = 100
"""Differences of one step that are kept one by one."""


@dataclass
class Findings:
    """What one step of the proof saw."""

    differences: list[Difference] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)
    uncompared: list[str] = field(default_factory=list)
    unheld: list[str] = field(default_factory=list)
    """What was held against nothing, for there is nothing; invariants may stand in for it."""

    sampled: list[str] = field(default_factory=list)
    unlogged: list[str] = field(default_factory=list)
    """Tables of PostgreSQL whose rows no restore needs to bring back: they were not looked at."""

    tables: int = 0
    rows: int = 0

    def found(self, kind: DifferenceKind, what: str, says: str) -> None:
        """A damage."""
        self.differences.append(Difference(kind=kind, what=what, says=says))

    def lost(self, table: str, rows: int, missing: int, changed: int, part: str = "") -> None:
        """What is wrong with a table's copy, of the rows that the source has not changed since the backup.

        Args:
            table: its name.
            rows: how many the copy has.
            missing: how many of those are not in the copy.
            changed: how many of those are otherwise in the copy.
            part: of how many rows this is known, in words, where it is not all of them.
        """
        if missing and not rows:
            says = f"is empty in the copy; {missing} rows of the source are older than the backup"
            self.found(DifferenceKind.EMPTY_TABLE, table, says)
        elif missing:
            says = f"{missing} rows{part} that are older than the backup are not in the copy"
            self.found(DifferenceKind.MISSING_ROWS, table, says)
        if changed:
            says = f"{changed} rows{part} that were not changed since the backup are otherwise in the copy"
            self.found(DifferenceKind.CHANGED_ROWS, table, says)

    def moved(self, table: str, rows: int, there: int, differ: str = "") -> None:
        """A table that differs, where nothing says whether the source has only moved on.

        Args:
            table: its name.
            rows: how many the copy has.
            there: how many the source has.
            differ: how many of them differ, in words, where that is known.
        """
        counts = ", ".join(filter(None, (f"{rows} rows in the copy", f"{there} at the source", differ)))
        says = f"{counts}; nothing says when they were changed: a column in changed_at would, or a reference"
        self.open(table, says, None if rows else DifferenceKind.EMPTY_TABLE)

    def held_to_source(self, there: int) -> ComparedWith:
        """What the tables were held against, once all are through: a source without rows says nothing of them.

        Args:
            there: how many rows the source has in tables that are in the copy, too.
        """
        if there or self.uncompared or not self.rows:
            return ComparedWith.SOURCE
        self.unheld.append("the source: none of these tables has a row there")
        return ComparedWith.NOTHING

    def open(self, what: str, says: str, kind: DifferenceKind | None = None) -> None:
        """Something that may be a damage."""
        self.undecided.append(Undecided(what=what, says=says, kind=kind))

    def plain(self) -> dict[str, Plain]:
        """As JSON; more than MAX_TOLD of a list are counted in its last entry."""
        more = len(self.differences) - MAX_TOLD
        told = self.differences[:MAX_TOLD]
        if more > 0:
            told.append(Difference(kind=told[-1].kind, what="and more", says=f"{more} more differences"))
        return {
            "differences": [[item.kind.value, item.what, item.says] for item in told],
            "undecided": [[item.what, item.says, item.kind or ""] for item in self.undecided[:MAX_TOLD]],
            "uncompared": list(self.uncompared[:MAX_TOLD]),
            "unheld": list(self.unheld[:MAX_TOLD]),
            "sampled": list(self.sampled[:MAX_TOLD]),
            "unlogged": list(self.unlogged[:MAX_TOLD]),
            "tables": self.tables,
            "rows": self.rows,
        }

    def line(self) -> str:
        """For the timeline."""
        number = len(self.differences)
        if number:
            first = min(self.differences, key=_gravity)
            return f"{number} damage{'s' if number > 1 else ''}; {first.what}: {first.says}"
        if self.undecided:
            return f"no damage; nobody can decide about {len(self.undecided)}"
        return "no damage"


def gathered(gave: Iterable[Values]) -> Findings:
    """What all steps together saw."""
    found = Findings()
    for values in gave:
        found.differences += [
            Difference(kind=DifferenceKind(kind), what=what, says=says)
            for kind, what, says in _texts(values.get("differences"))
        ]
        found.undecided += [
            Undecided(what=what, says=says, kind=DifferenceKind(kind) if kind else None)
            for what, says, kind in _texts(values.get("undecided"))
        ]
        found.uncompared += _words(values.get("uncompared"))
        found.unheld += _words(values.get("unheld"))
        found.sampled += _words(values.get("sampled"))
        found.unlogged += _words(values.get("unlogged"))
        found.tables += number(values.get("tables"))
        found.rows += number(values.get("rows"))
    found.differences.sort(key=_gravity)
    return found


def _gravity(difference: Difference) -> int:
    return list(DifferenceKind).index(difference.kind)


def number(value: Plain) -> int:
    """A whole number, or 0."""
    return value if isinstance(value, int) else 0


def _words(value: Plain) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _texts(value: Plain) -> Iterator[list[str]]:
    for item in value if isinstance(value, list) else ():
        yield _words(item)


# ---- the source


def opened_dsn(store: DataStore, scene: Scene) -> Secret | Unseen:
    """The connection string of a data store."""
    if store.dsn is None:
        return Unseen(Reason.NOT_DECLARED, f"{store.name} has no dsn")
    known = next((item for item in scene.declared.all_secrets if item.ref == store.dsn), None)
    with Stores(scene.declared) as stores:
        return stores.read(known or given.Secret(name=store.name, ref=store.dsn, environment=store.environment))


# ---- backups


def backups_of(store: DataStore, declared: Declared) -> tuple[Backup, ...]:
    """The declared backups of a data store."""
    return tuple(item for item in declared.backups if item.store == store.name)


def backup_named(name: Plain, declared: Declared) -> Backup | Unseen:
    """A declared backup by its name."""
    found = next((item for item in declared.backups if item.name == name), None)
    return found or Unseen(Reason.NOT_DECLARED, f"the backup {name} is not declared any more")


def opened(backup: Backup, scene: Scene, folder: Path | None = None) -> BackupStore | Unseen:
    """The store of a backup, with everything that it starts marked as this step's."""
    return open_store(backup, scene.declared, mark=scene.key, scratch=folder)


def store_folder(scene: Scene, name: str = "tool") -> Path:
    """Where the backup's tool may keep its own files for as long as the scratch is there."""
    folder = place_of(scene) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def point_of(store: BackupStore, wanted: Plain, scene: Scene) -> RestorePoint | Unseen:
    """A restore point by its id."""
    points = store.points(scene.ending)
    if isinstance(points, Unseen):
        return points
    found = next((item for item in points if item.id == wanted), None)
    return found or Unseen(Reason.INCOMPLETE, f"the restore point {wanted} is gone")


def when(value: Plain) -> datetime | None:
    """A moment as JSON has it."""
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def restored_plain(restored: Restored) -> dict[str, Plain]:
    """What came back, as JSON."""
    return {
        "pieces": [
            {
                "contents": item.contents.value,
                "where": str(item.where),
                "form": item.form,
                "server_version": item.server_version,
            }
            for item in restored.pieces
        ],
        "needs": [[item.what, item.name, item.came_from, item.origin.value] for item in restored.needed],
        "bytes": restored.bytes,
        "files": restored.files,
    }


def piece_of(values: Mapping[str, Plain], *wanted: Contents) -> Piece | None:
    """The first piece that is one of these, of what `restored_plain` wrote."""
    pieces = values.get("pieces")
    for item in pieces if isinstance(pieces, list) else ():
        if isinstance(item, dict) and item["contents"] in [one.value for one in wanted]:
            return Piece(
                contents=Contents(str(item["contents"])),
                where=Path(str(item["where"])),
                form=str(item["form"]),
                server_version=str(item["server_version"]),
            )
    return None


def needs_of(values: Mapping[str, Plain]) -> list[list[str]]:
    """What the restore needed."""
    return list(_texts(values.get("needs")))
