"""Lists the files below a folder, and says what it left out."""

import errno
import os
import stat
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prodproof.facts import Reason

_DEPTH = 200
"""Folders within each other."""

_MOST_GAPS = 1_000
_DENIED = (errno.EACCES, errno.EPERM)
_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, as it was when it was listed."""

    path: str
    """Within the root; empty if the root is the file."""

    label: str
    """As findings name it."""

    size: int
    config: bool = False
    """Whether it is the configuration of a container image."""


class Walk:
    """The files below a folder, or the one file."""

    def __init__(
        self,
        path: Path,
        left_out: Callable[[str, str], bool],
        only: Sequence[str] | None,
        *,
        most_files: int,
        most_bytes: int | None,
        marks: Collection[str] = (),
    ) -> None:
        """
        Args:
            path: a file or a folder; may be a link.
            left_out: whether a name, with the path of what bears it, is left out.
            only: the paths of the files that are wanted; all if None.
            most_files: how many are listed.
            most_bytes: how many bytes they may have in all.
            marks: names of files whose folders are to be told in `marked`.
        """
        self.root = path
        self.sizes = array("Q")
        self.gaps: list[tuple[str, Reason, str]] = []
        self.marked: set[str] = set()
        self._marks = marks
        self._paths: list[str] = []
        self._left_out = left_out
        self._most_files = most_files
        self._bytes_left = most_bytes
        self._full = False
        self._seen: set[tuple[int, int]] = set()
        self._pseudo = {device for device in map(_device, ("/proc", "/sys")) if device is not None}
        try:
            status = path.stat()
            self._real = os.path.realpath(path)
        except OSError as error:
            self._failed("", error)
            return
        if not stat.S_ISDIR(status.st_mode):
            self._file("", status)
        elif only is not None:
            for name in only:
                self._named(name)
        else:
            if status.st_dev in self._pseudo:
                self._gap("", "it holds no files, but the kernel's state")
                return
            self._folders(status)

    def entries(self) -> Iterator[Entry]:
        """What was listed, neighbours together."""
        for path, size in zip(self._paths, self.sizes):
            yield Entry(path, path or self.root.name, size)

    def _folders(self, status: os.stat_result) -> None:
        self._seen.add((status.st_dev, status.st_ino))
        waiting = [("", 0)]
        while waiting and not self._full:
            folder, depth = waiting.pop()
            try:
                with os.scandir(self.root / folder) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError as error:
                self._failed(folder, error)
                continue
            below: list[tuple[str, int]] = []
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if not self._left_out(entry.name, path) and self._below(path, entry) and not self._full:
                    below.append((path, depth + 1))
            if depth >= _DEPTH and below:
                self._gap(folder, "the folders in it lie too deep")
            else:
                waiting += reversed(below)

    def _below(self, path: str, entry: "os.DirEntry[str]") -> bool:
        """Take what a folder holds; true if it is a folder to look into."""
        try:
            if entry.is_symlink():
                self._link(path)
                return False
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            self._failed(path, error)
            return False
        if not stat.S_ISDIR(status.st_mode):
            self._file(path, status)
            return False
        if status.st_dev in self._pseudo:
            self._gap(path, "it holds no files, but the kernel's state")
            return False
        if (status.st_dev, status.st_ino) in self._seen:
            return False  # mounted a second time
        self._seen.add((status.st_dev, status.st_ino))
        return True

    def _named(self, name: str) -> None:
        path = os.path.normpath(name)
        if self._full or path.startswith(("/", "..")) or self._left_out(os.path.basename(path), path):
            return
        try:
            status = os.lstat(self.root / path)
        except (FileNotFoundError, ValueError):
            return  # tracked, and deleted in the work tree; or no name that a file can have
        except OSError as error:
            self._failed(path, error)
            return
        if stat.S_ISLNK(status.st_mode):
            self._link(path)
        elif not stat.S_ISDIR(status.st_mode):  # a submodule
            self._file(path, status)

    def _link(self, path: str) -> None:
        """What a link within the tree leads to is listed by its own name."""
        try:
            target = os.path.realpath(self.root / path, strict=True)
        except FileNotFoundError:
            return  # it leads nowhere
        except OSError as error:
            if error.errno != errno.ELOOP:
                self._failed(path, error)
            return
        if not (target + "/").startswith(self._real.rstrip("/") + "/"):
            self._gap(path, "it is a link that leads out of the folder, and is not followed")

    def _file(self, path: str, status: os.stat_result) -> None:
        if self._full:
            return
        if not stat.S_ISREG(status.st_mode):
            kind = next((name for test, name in _KINDS if test(status.st_mode)), "no regular file")
            self._gap(path, f"it is {kind}, and is not read")
            return
        if status.st_dev in self._pseudo:
            self._gap(path, "it is no file, but the kernel's state")
            return
        if len(self._paths) >= self._most_files:
            self._full = True
            self._gap("", f"it has more than {self._most_files} files; the rest is not searched")
            return
        if self._bytes_left is not None:
            self._bytes_left -= status.st_size
            if self._bytes_left < 0:
                self._full = True
                self._gap("", "its files have more bytes than were asked for; the rest is not searched")
                return
        self._paths.append(path)
        folder, _, name = path.rpartition("/")
        if name in self._marks:
            self.marked.add(folder)
        self.sizes.append(status.st_size)

    def _failed(self, path: str, error: OSError) -> None:
        why = Reason.DENIED if error.errno in _DENIED else Reason.INCOMPLETE
        if isinstance(error, FileNotFoundError):
            self._gap(path, "it vanished while the folder was read")
        else:
            self._gap(path, f"it cannot be read: {os.strerror(error.errno or 0)}", why)

    def _gap(self, path: str, detail: str, why: Reason = Reason.INCOMPLETE) -> None:
        if len(self.gaps) < _MOST_GAPS:
            self.gaps.append((path, why, detail))
        elif len(self.gaps) == _MOST_GAPS:
            self.gaps.append(("", Reason.INCOMPLETE, "more in it was left out than is listed"))


def _device(path: str) -> int | None:
    try:
        return os.stat(path).st_dev
    except OSError:
        return None
