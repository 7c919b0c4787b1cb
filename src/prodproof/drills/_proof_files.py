"""The proof of restored files: against their source, and against the rows of a database that name them."""

import os
from datetime import datetime
from pathlib import Path, PurePosixPath

import psycopg

from prodproof.drills._proof_rows import began, opened_copy
from prodproof.drills._restore_server import cluster_of, database_of
from prodproof.drills._restore_state import (
    Findings,
    backups_of,
    piece_of,
    when,
)
from prodproof.drills._restore_steps import (
    CHOOSE,
    COMPARE,
    RESTORE,
    asked_for,
    choose,
    clear,
    files_of,
    looking,
    loss_step,
    not_damaged,
    restored_apart,
    seen,
)
from prodproof.drills.drill import Done, Proven, Scene, Step, Todo, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore, Declared
from prodproof.facts.restore_points import Contents
from prodproof.facts.restores import ComparedWith, DifferenceKind
from prodproof.reach.compare.files import compare_files, listed
from prodproof.reach.compare.link import meaning
from prodproof.reach.compare.within import named_files

MEDIA, CHECK = "restore-media", "check-files"


def files_steps(store: DataStore, limit: float) -> tuple[Step, ...]:
    """The proof of a store of files."""
    return (
        looking(
            COMPARE,
            "compare the files' names, sizes and keyed digests with the source",
            lambda scene: _compare(store, scene),
            lambda scene: seen(scene, f"{scene.gave[COMPARE]['tables']} files"),
            limit,
        ),
        loss_step(),
    )


def media_steps(
    store: DataStore, declared: Declared, limit: float, moment: datetime | None = None
) -> tuple[Step, ...] | Unseen:
    """Of a database: restore the files that its rows name, too, and hold both against each other.

    Args:
        moment: the one that is restored to; None: the newest.
    """
    if not store.restore.media:
        return ()
    media = next((item for item in declared.data_stores if item.name == store.restore.media), None)
    if media is None or not backups_of(media, declared):
        return Unseen(Reason.NOT_DECLARED, f"the media of {store.name}: no [[backup]] of {store.restore.media}")
    return (
        Step(
            name=MEDIA,
            says=f"restore the newest backup of {media.name}, too",
            check=lambda scene: Todo() if not files_of(scene, "media").exists() else _known(scene),
            do=lambda scene: _restore_media(media, scene, moment),
            prove=lambda scene: not_damaged(scene) or Proven(f"{scene.gave[MEDIA]['files']} files"),
            undo=lambda scene: clear(files_of(scene, "media")),
            undo_says="remove them",
            time_limit=limit,
        ),
        looking(
            CHECK,
            "look for rows without their files and files without their rows",
            lambda scene: _check(store, media, scene),
            lambda scene: seen(scene, str(scene.gave[CHECK]["looked"])),
            limit,
        ),
    )


def root_of(store: DataStore, values: Values) -> Path | Unseen:
    """The folder within what came back that is the store's root."""
    piece = piece_of(values, Contents.FILES)
    if piece is None:
        return Unseen(Reason.INCOMPLETE, "what came back holds no files")
    root = piece.where / store.restore.root.lstrip("/")
    if not root.is_dir():
        return Unseen(Reason.NOT_DECLARED, f"there is no folder {store.restore.root} in what came back")
    return root


def _compare(store: DataStore, scene: Scene) -> Values | Unseen:
    findings = Findings()
    root = root_of(store, scene.gave[RESTORE])
    if isinstance(root, Unseen):
        return root
    made = began(store, scene)
    if store.restore.source is None or made is None:
        here = listed(root, scene.ending)
        if isinstance(here, Unseen):
            return here
        findings.tables = len(here)
        findings.uncompared.append("the source: it is not declared where the files lie there")
        return {**findings.plain(), "with": ComparedWith.NOTHING.value}
    source = Path(scene.declared.root or ".") / store.restore.source
    key = scene.world.settings.fingerprint_key or os.urandom(32)
    found = compare_files(source, root, made, key, full=store.restore.full, ending=scene.ending)
    if isinstance(found, Unseen):
        return found
    findings.tables = found.files
    if found.one_in > 1:
        findings.sampled.append(f"the bytes of one file in {found.one_in}")
    for name in found.missing:
        findings.found(DifferenceKind.MISSING_FILE, name, "is older than the backup, and not in the copy")
    for name in found.changed:
        findings.found(
            DifferenceKind.CHANGED_FILE, name, "was not changed since the backup, and is otherwise in the copy"
        )
    return {**findings.plain(), "with": ComparedWith.SOURCE.value}


def _known(scene: Scene) -> Todo | Done:
    known = scene.gave.get(MEDIA)
    return Todo() if known is None else Done(known)


def _restore_media(media: DataStore, scene: Scene, moment: datetime | None) -> Values | Unseen:
    chosen = choose(media, scene, moment)
    if isinstance(chosen, Unseen):
        return chosen
    asked = asked_for(chosen, scene, "media-tool")
    gave = asked if isinstance(asked, Unseen) else restored_apart(asked, scene, files_of(scene, "media"))
    return gave if isinstance(gave, Unseen) else {**gave, "made": chosen["made"]}


def _check(store: DataStore, media: DataStore, scene: Scene) -> Values | Unseen:
    findings = Findings()
    root = root_of(media, scene.gave[MEDIA])
    files = root if isinstance(root, Unseen) else listed(root, scene.ending)
    link = opened_copy(cluster_of(scene), database_of(scene))
    if isinstance(files, Unseen):
        return files
    if isinstance(link, Unseen):
        return link
    named: dict[str, str] = {}
    try:
        with link:
            for column in store.restore.media_columns:
                for name in named_files(link, column):
                    named.setdefault(PurePosixPath(name.lstrip("/")).as_posix(), column)
    except psycopg.Error as error:
        return meaning(error)
    for name in sorted(named.keys() - files.keys()):
        findings.found(DifferenceKind.ROW_WITHOUT_FILE, name, f"is named in {named[name]}, and there is no such file")
    database = when(scene.gave[CHOOSE]["moment"] or scene.gave[CHOOSE]["made"])
    files_made = when(scene.gave[MEDIA]["made"])
    later = database is not None and files_made is not None and files_made > database
    for name in sorted(files.keys() - named.keys()):
        says = "is named in no row"
        if later:
            # The files were copied after the database: what was uploaded in between has no row yet.
            findings.open(name, f"{says}; the files' backup is newer than the database's")
        else:
            findings.found(DifferenceKind.FILE_WITHOUT_ROW, name, says)
    looked = f"{len(named)} names in rows, {len(files)} files"
    return {**findings.plain(), "looked": looked}
