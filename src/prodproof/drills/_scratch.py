"""The private folder of a drill: where restored data may lie, whether there is room, and that nothing of it stays."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from prodproof.drills.drill import Done, Proven, Refuted, Scene, StepError, Todo, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.restores import ScratchKind
from prodproof.reach.cut_off import cut_off, reachable
from prodproof.reach.scratch import available_memory

MEMORY = Path("/dev/shm")
DISK = Path("/var/tmp")
SPARE = 256 * 1024 * 1024
"""Bytes beside the data: an empty cluster, its log, what programs put down."""

STEP = "make-scratch"


def place_of(scene: Scene) -> Path:
    """The folder of this drill, made by an earlier step."""
    return Path(str(scene.gave[STEP]["place"]))


def check(scene: Scene, declared: str | None) -> Todo | Done | Unseen:
    """Whether the folder is there."""
    known = str(scene.was.get("place", ""))
    for place in [Path(known)] if known else [base / _name(scene) for base in _bases(declared)]:
        try:
            status = place.lstat()
        except FileNotFoundError:
            continue
        except OSError as error:
            return Unseen(Reason.DENIED, f"nobody can look into {place.parent}: {error.strerror}")
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (os.geteuid(), cut_off(network=True).owner[0]):
            return Unseen(Reason.INCOMPLETE, f"{place} is somebody else's")
        return Done(_described(place))
    return Todo({"place": known}) if known else Todo()


def make(scene: Scene, declared: str | None, needed: int) -> Values | Unseen:
    """Make the folder where there is room for so many bytes: in memory if they fit, else on the declared disk."""
    lacking: list[str] = []
    for base in _bases(declared):
        if trouble := _no_room(base, needed):
            lacking.append(trouble)
            continue
        place = base / _name(scene)
        try:
            place.mkdir(mode=0o700)
            cut_off(network=True).own(place)
        except OSError as error:
            lacking.append(f"{base}: {error.strerror}")
            continue
        return _described(place)
    return Unseen(Reason.INCOMPLETE, f"no room for the restored data: {'; '.join(lacking)}")


def prove(scene: Scene) -> Proven | Refuted:
    """That nobody else can look into it."""
    place = place_of(scene)
    if stat.S_IMODE(place.lstat().st_mode) != 0o700:
        return Refuted(f"{place} is open to others")
    return Proven(f"{place}, {scene.gave[STEP]['kind']}")


def wipe(scene: Scene, declared: str | None) -> None:
    """Remove the folder and all that is in it."""
    for base in _bases(declared):
        place = base / _name(scene)
        if place.is_symlink() or not place.exists():
            continue
        for _ in range(2):  # a program that has just been killed may still have been writing
            shutil.rmtree(place, ignore_errors=True)
        if place.exists():
            raise StepError(f"{place} cannot be removed")


def empty(place: Path) -> Path:
    """A folder of mode 0700 with nothing in it. Raises OSError."""
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(mode=0o700)
    return place


def _name(scene: Scene) -> str:
    return f"prodproof-{scene.drill}"


def _bases(declared: str | None) -> Iterator[Path]:
    if declared is not None:
        yield Path(declared)
        return
    yield MEMORY
    yield DISK


def _no_room(base: Path, needed: int) -> str:
    wanted = needed + SPARE
    if not base.is_dir() or not reachable(base):
        return f"{base} is no folder in which the server's user may work"
    free = shutil.disk_usage(base).free
    if free < wanted:
        return f"{base} has {_size(free)} free, and {_size(wanted)} are needed"
    if _kind(base) is ScratchKind.MEMORY and (memory := available_memory()) < 2 * wanted:
        return f"{base} is memory, of which {_size(memory)} are free; twice {_size(wanted)} are wanted"
    return ""


def _described(place: Path) -> dict[str, str]:
    return {"place": os.fspath(place), "kind": _kind(place).value}


def _kind(place: Path) -> ScratchKind:
    """On what a folder lies: proc_pid_mountinfo(5), and the device mapper's names in sysfs."""
    device = place.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            fields, _, more = line.partition(" - ")
            if fields.split()[2] == number and more.split()[0] in ("tmpfs", "ramfs"):
                return ScratchKind.MEMORY
        if Path(f"/sys/dev/block/{number}/dm/uuid").read_text().startswith("CRYPT-"):
            return ScratchKind.ENCRYPTED
    except OSError:
        pass
    return ScratchKind.DISK


def _size(number: int) -> str:
    return f"{number / 2**30:.1f} GB" if number >= 2**30 else f"{number / 2**20:.0f} MB"
