"""An export: one file of JSON lines that can be verified by itself. `docs/ledger.md` is its specification."""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from prodproof.facts.codec import canonical
from prodproof.ledger.entry import SCHEMA, SPECIAL
from prodproof.ledger.errors import LedgerError, NotALedgerError
from prodproof.ledger.store import BATCH, Head, Row, Store

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

MAX_LINE = 256 * 1024 * 1024
"""Bytes; a longer line is refused, so that a hostile file cannot fill the memory."""

_ENTRY = re.compile(rb'\{"entry":(\{.*\}),"hash":"([0-9a-f]{64})"\}\n', re.DOTALL)
_PAYLOAD = re.compile(rb'\{"digest":"([0-9a-f]{64})","payload":(.*)\}\n', re.DOTALL)
_ABOUT = re.compile(rb'\{"about":\["[^"\\]*","[^"\\]*","[^"\\]*"\],"at":')
_ANY, _ANY_SPECIAL = 0, 1
_SPECIAL = tuple(b'{"about":["%b"' % kind.encode() for kind in SPECIAL)
MAX_TOPICS, MAX_TOPIC = 100_000, 4096
"""How many beginnings are remembered, and how long ones; verification is slower for what is beyond."""


class ExportSource:
    """Reads an export line by line; never more of it in memory than a batch."""

    def __init__(self, path: Path) -> None:
        """Read the header. Raises NotALedgerError when there is none."""
        self.path = path
        self.prefixes: dict[int, bytes] = {_ANY: b'{"about":[', _ANY_SPECIAL: b'{"about":['}
        self.special = {_ANY_SPECIAL}
        self._topics: dict[bytes, int] = {}
        self._end: Head | None = None
        with self._open() as file:
            try:
                header = json.loads(file.readline(64 * 1024))
                schema, self.system = header["schema"], str(header["system"])
            except (ValueError, KeyError, TypeError, RecursionError):
                raise NotALedgerError(
                    f"{path}: not an export of a ledger; make one with: prodproof ledger export"
                ) from None
        if schema != SCHEMA:
            raise NotALedgerError(f"{path}: its schema is {str(schema)[:80]!r}, this prodproof reads {SCHEMA}")

    def rows(self, after: int = 0) -> Iterator[list[Row]]:
        """Entries from the line after the first `after` ones."""
        with self._open() as file:
            file.readline(MAX_LINE)
            batch: list[Row] = []
            number = 0
            while match := _ENTRY.fullmatch(line := self._line(file)):
                number += 1
                if number <= after:
                    continue
                body, stored = match.groups()
                batch.append((number, bytes.fromhex(stored.decode()), body, self._topic(body)))
                if len(batch) == BATCH:
                    yield batch
                    batch = []
            if line.startswith(b'{"entry":') and line.endswith(b"\n"):
                # A whole line that lost its form: shown to the verifier as an entry that does not fit.
                batch.append((number + 1, b"", line, _ANY))
            if batch:
                yield batch

    def _topic(self, body: bytes) -> int:
        """A number for what a body is about, so that verification can compare beginnings without reading them."""
        prefix = body[: body.find(b'],"at":', 0, MAX_TOPIC) + 7]
        if (known := self._topics.get(prefix)) is not None:
            return known
        special = body.startswith(_SPECIAL)
        if not _ABOUT.fullmatch(prefix) or len(self._topics) >= MAX_TOPICS:
            return _ANY_SPECIAL if special else _ANY
        number = self._topics[prefix] = len(self.prefixes)
        self.prefixes[number] = prefix
        if special:
            self.special.add(number)
        return number

    def claimed(self) -> Head | None:
        """The head that the last line names; None when the file breaks off before it."""
        if self._end is None:
            for _ in self.payloads():
                pass
        return self._end

    def payloads(self) -> Iterator[list[tuple[bytes, bytes]]]:
        """Payloads, and then the last line."""
        with self._open() as file:
            file.readline(MAX_LINE)
            while (line := self._line(file)).startswith(b'{"entry":'):
                pass
            while match := _PAYLOAD.fullmatch(line):
                yield [(bytes.fromhex(match[1].decode()), match[2])]
                line = self._line(file)
            try:
                end = json.loads(line)["end"]
                head = Head(int(end["entries"]), bytes.fromhex(end["hash"]))
            except (ValueError, KeyError, TypeError, RecursionError):
                return
            # Byte for byte as it was written: another blank would be a change, too.
            if line == _end_of(head) and not file.read(1):
                self._end = head

    def hash_at(self, sequence: int) -> bytes | None:
        """The hash of one entry, or None when the export does not reach it."""
        return next((row[1] for batch in self.rows(sequence - 1) for row in batch), None)

    def _open(self) -> BinaryIO:
        try:
            return open(self.path, "rb")
        except (OSError, ValueError) as error:
            raise NotALedgerError(f"{self.path}: cannot be read: {getattr(error, 'strerror', error)}") from None

    def _line(self, file: BinaryIO) -> bytes:
        try:
            line = file.readline(MAX_LINE)
        except OSError as error:
            raise LedgerError(f"{self.path}: cannot be read: {error.strerror}") from None
        if len(line) == MAX_LINE:
            raise LedgerError(f"{self.path}: a line is longer than {MAX_LINE // 2**20} MB; this is no export")
        return line


class StoreSource:
    """A database within one unchanging view, as verification reads it."""

    def __init__(self, store: Store, cursor: "CursorWrapper") -> None:
        self._store, self._cursor = store, cursor
        self.system = store.system
        topics = store.topics(cursor)
        self.prefixes: Mapping[int, bytes] = {number: about.prefix for number, about in topics.items()}
        self.special = frozenset(number for number, about in topics.items() if about.kind in SPECIAL)

    def rows(self, after: int = 0) -> Iterator[list[Row]]:
        """Entries by number."""
        return self._store.rows(self._cursor, after)

    def claimed(self) -> Head | None:
        """The head that writers would go on from."""
        return self._store.head(self._cursor)

    def payloads(self) -> Iterator[list[tuple[bytes, bytes]]]:
        """Every payload."""
        return self._store.payloads(self._cursor)


def lines(store: Store, cursor: "CursorWrapper") -> Iterator[bytes]:
    """The lines of an export."""
    yield canonical({"schema": SCHEMA, "system": store.system}) + b"\n"
    for batch in store.rows(cursor):
        yield from (b'{"entry":%b,"hash":"%b"}\n' % (body, hash.hex().encode()) for _, hash, body, _ in batch)
    for payloads in store.payloads(cursor):
        yield from (b'{"digest":"%b","payload":%b}\n' % (digest.hex().encode(), body) for digest, body in payloads)
    head = store.head(cursor)
    yield _end_of(head)


def _end_of(head: Head) -> bytes:
    return canonical({"end": {"entries": head.sequence, "hash": head.hash.hex()}}) + b"\n"


def write_whole(path: Path, content: Iterable[bytes]) -> None:
    """Write a file that is there whole or not at all; raises LedgerError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        except BaseException:
            os.unlink(draft)
            raise
    except OSError as error:
        raise LedgerError(f"{path}: cannot be written: {error.strerror}") from error
