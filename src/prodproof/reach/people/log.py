"""The log of erased people: append-only, and without anything by which somebody could be known.

One line of JSON for each erasure: when, what kind of people, and a keyed digest of what identified the person in the
database (HMAC-SHA256, RFC 2104). Each line is sealed together with the one before it, so that none can be changed or
taken out unnoticed without the key. The file lies apart from the data that it is about: what is restored must not bring
back an old log. An append that was cut off leaves a line without its end; nobody was told that it succeeded, so the
next one overwrites it.
"""

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prodproof.facts import Reason, Unseen

MAX_BYTES = 512 * 1024 * 1024
MAX_LINE = 1024
_FIRST = "0" * 64


@dataclass(frozen=True)
class Erasure:
    """Somebody was erased."""

    at: datetime
    people: str
    digest: str


class ErasureLog:
    """One log file."""

    def __init__(self, path: Path, key: bytes) -> None:
        """
        Args:
            path: of the file; made with the first entry, mode 0600.
            key: at least 16 bytes, kept where the log is not; without it the log is of no use to anybody.
        """
        if len(key) < 16:
            raise ValueError("the key of the log of erasures has less than 16 bytes")
        self._path, self._key = path, key

    def digest(self, people: str, identifier: str) -> str:
        """What stands for a person in the log."""
        return self._mac("person", people, identifier)

    def append(self, people: str, identifier: str, at: datetime) -> None:
        """Write down that somebody was erased; on disk when this returns. Raises OSError, ValueError for a damaged log.

        Args:
            people: what the kind of people is called.
            identifier: what identified the person in the database, as text.
            at: when; with a time zone.
        """
        with self._open() as file:
            kept = self._whole(file)
            seal = self._checked(kept)[1]
            content = {"at": at.isoformat(), "people": people, "digest": self.digest(people, identifier)}
            line = json.dumps({**content, "seal": self._seal(seal, content)}, sort_keys=True).encode() + b"\n"
            if len(line) > MAX_LINE:
                raise ValueError("what the people are called is too long")
            os.ftruncate(file, len(kept))
            os.lseek(file, len(kept), os.SEEK_SET)
            written = 0
            while written < len(line):
                written += os.write(file, line[written:])
            os.fsync(file)

    def read(self) -> tuple[Erasure, ...] | Unseen:
        """Every erasure, oldest first; incomplete for a log that was changed, denied for one that cannot be read."""
        try:
            with self._open(reading=True) as file:
                return tuple(self._checked(self._whole(file))[0])
        except FileNotFoundError:
            return Unseen(Reason.UNREACHABLE, "there is no log of erasures: nobody knows who was erased")
        except OSError as error:
            return Unseen(Reason.DENIED, f"the log of erasures cannot be read: {error.strerror}")
        except ValueError as error:
            return Unseen(Reason.INCOMPLETE, str(error))

    def _checked(self, text: bytes) -> tuple[list[Erasure], str]:
        found, seal = [], _FIRST
        for number, line in enumerate(text.splitlines(), 1):
            try:
                item = json.loads(line)
                content = {name: str(item[name]) for name in ("at", "people", "digest")}
                at = datetime.fromisoformat(content["at"])
                sealed = str(item["seal"])
            except (ValueError, KeyError, TypeError, RecursionError):
                raise ValueError(f"line {number} of the log of erasures is damaged") from None
            if not hmac.compare_digest(sealed, self._seal(seal, content)):
                raise ValueError(f"the log of erasures was changed at line {number}, or this is not its key")
            found.append(Erasure(at, content["people"], content["digest"]))
            seal = sealed
        return found, seal

    def _seal(self, before: str, content: dict[str, str]) -> str:
        return self._mac("line", before, content["at"], content["people"], content["digest"])

    def _mac(self, *parts: str) -> str:
        text = "\0".join(part.replace("\\", "\\\\").replace("\0", "\\0") for part in parts)
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _whole(self, file: int) -> bytes:
        """The lines that have their end."""
        if os.fstat(file).st_size > MAX_BYTES:
            raise ValueError(f"the log of erasures is larger than {MAX_BYTES // 2**20} MB")
        with os.fdopen(os.dup(file), "rb") as reader:
            reader.seek(0)
            text = reader.read()
        return text[: text.rfind(b"\n") + 1]

    @contextmanager
    def _open(self, *, reading: bool = False) -> Iterator[int]:
        flags = os.O_RDONLY if reading else os.O_RDWR | os.O_CREAT
        file = os.open(self._path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_SH if reading else fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)
