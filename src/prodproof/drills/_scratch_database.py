"""The scratch database of an application: an SQLite file, or a PostgreSQL of the drill's own."""

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from prodproof.drills import _scratch
from prodproof.drills.drill import Done, Proven, Refuted, Scene, Step, StepError, Todo, Values
from prodproof.facts import Unseen
from prodproof.facts.declared import Rehearsal
from prodproof.facts.restore_points import Damaged
from prodproof.reach.cut_off import cut_off
from prodproof.reach.postgres_scratch.cluster import FAST, SUPERUSER, ScratchCluster
from prodproof.reach.postgres_scratch.load import load

NAME = "scratch-database"
EMPTY = "app"
"""Name of the database that begins empty."""

START_SECONDS = 60.0
_SECONDS = 1800.0


def scratch_database(rehearsal: Rehearsal) -> Step:
    """The step that makes the database; after it, `words` says how it is reached."""
    of_what = f"with a copy of {rehearsal.copy_of}" if rehearsal.copy_of else "empty"
    return Step(
        name=NAME,
        says=f"make a scratch database ({rehearsal.database}), {of_what}",
        check=_look,
        do=lambda scene: _make(scene, rehearsal),
        prove=lambda scene: _answers(scene, rehearsal),
        undo=_remove,
        undo_says="end it and remove it",
        time_limit=_SECONDS,
    )


def data(scene: Scene) -> Path:
    """The folder in which the application keeps what it keeps: the SQLite file, its home."""
    return _scratch.place_of(scene) / "data"


def cluster(scene: Scene) -> ScratchCluster:
    """The drill's own PostgreSQL; its socket lies in `data`, which the application must name as its host."""
    place = data(scene) / "pg"
    return ScratchCluster(place, place / "data", cut_off())


def words(scene: Scene, rehearsal: Rehearsal) -> Mapping[str, str]:
    """What stands for `{database}`, `{db_file}` … in commands and variables."""
    if rehearsal.database == "sqlite":
        file = os.fspath(data(scene) / "db.sqlite3")
        return {"database": f"sqlite:///{file}", "db_file": file, "db_name": file}
    host, name = os.fspath(cluster(scene).socket), str(scene.gave[NAME]["database"])
    return {
        "database": f"postgresql://{SUPERUSER}@{quote(host, safe='')}:5432/{quote(name)}",
        "db_host": host,
        "db_port": "5432",
        "db_name": name,
        "db_user": SUPERUSER,
    }


def awake(scene: Scene, rehearsal: Rehearsal) -> Unseen | None:
    """Start the scratch server again where it ended with the machine; its data are still there."""
    if rehearsal.database == "sqlite" or cluster(scene).pids:
        return None
    return cluster(scene).start(START_SECONDS, FAST)


def _look(scene: Scene) -> Todo | Done:
    return Done({"database": _complete(scene).read_text()}) if _complete(scene).exists() else Todo()


def _complete(scene: Scene) -> Path:
    return data(scene) / ".database-made"


def _make(scene: Scene, rehearsal: Rehearsal) -> Values | Unseen:
    folder = data(scene)
    _remove(scene)
    folder.mkdir(mode=0o700)
    cut_off().own(folder)
    source = Path(scene.declared.root or ".") / rehearsal.copy_of if rehearsal.copy_of else None
    if source is not None and not source.is_file():
        raise StepError(f"there is no file {rehearsal.copy_of} to copy")
    name: str | Unseen = ""
    if rehearsal.database == "sqlite":
        _sqlite(folder / "db.sqlite3", source)
    else:
        name = _postgres(scene, source)
    if isinstance(name, Unseen):
        return name
    _complete(scene).write_text(name)
    return {"database": name}


def _sqlite(file: Path, source: Path | None) -> None:
    file.touch(mode=0o600)
    cut_off().own(file)
    if source is None:
        return
    try:
        # SQLite's own copying takes in what still stands in the journal of a database in use.
        with (
            closing(sqlite3.connect(f"file:{quote(os.fspath(source))}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(file)) as write,
        ):
            read.backup(write)
    except sqlite3.Error as error:
        raise StepError(f"{source.name} cannot be copied: {type(error).__name__}") from None


def _postgres(scene: Scene, source: Path | None) -> str | Unseen:
    server = cluster(scene)
    if trouble := server.initialise(None) or server.start(START_SECONDS, FAST):
        return trouble
    if source is not None:
        return _loaded(server, source)
    link = server.connect()
    if isinstance(link, Unseen):
        return link
    with link:
        link.execute(f"CREATE DATABASE {EMPTY}".encode())
    return EMPTY


def _loaded(server: ScratchCluster, source: Path) -> str | Unseen:
    # The programs run as somebody who may not read the dump where it lies.
    dump = server.place / "dump"
    shutil.copyfile(source, dump)
    server.cut_off.own(dump)
    with dump.open("rb") as file:
        form = "custom" if file.read(5) == b"PGDMP" else "plain"
    loaded = load(server, dump, form, jobs=1, seconds=_SECONDS - 120)
    dump.unlink()
    if isinstance(loaded, Unseen):
        return loaded
    if isinstance(loaded, Damaged):
        raise StepError(f"{source.name} cannot be loaded: {loaded.says}")
    if loaded.failures:
        raise StepError(f"{source.name} cannot be loaded whole: {loaded.failures[0]}")
    return loaded.database


def _answers(scene: Scene, rehearsal: Rehearsal) -> Proven | Refuted | Unseen:
    if rehearsal.database == "sqlite":
        with closing(sqlite3.connect(data(scene) / "db.sqlite3")) as link:
            tables = link.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0]
    else:
        made = cluster(scene).connect(str(scene.gave[NAME]["database"]))
        if isinstance(made, Unseen):
            return made
        with made:
            row = made.execute("SELECT count(*) FROM pg_tables WHERE schemaname NOT LIKE 'pg\\_%'").fetchone()
            tables = int(str(row[0])) if row else 0
    if rehearsal.copy_of and tables == 0:
        return Refuted(f"{rehearsal.copy_of} holds no tables")
    return Proven(f"{tables} tables")


def _remove(scene: Scene) -> None:
    if _scratch.STEP not in scene.gave:
        return
    server = cluster(scene)
    if not server.stop():
        raise StepError("the scratch PostgreSQL does not end")
    folder = data(scene)
    if folder.exists():
        _complete(scene).unlink(missing_ok=True)
        shutil.rmtree(folder)
