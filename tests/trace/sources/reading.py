"""Reads a whole source as a search would, and keeps what came."""

import threading
from dataclasses import dataclass, field

from prodproof.facts import Reason
from prodproof.trace.stream import Sink, Slab, Source

OVERLAP = 256


@dataclass
class Read:
    """What a source fed."""

    items: dict[str, bytes] = field(default_factory=dict)
    """By path; several items of one path one after the other."""

    gaps: list[tuple[str, Reason, str]] = field(default_factory=list)

    def reasons(self, path: str) -> set[Reason]:
        """Why something at a path was not read."""
        return {why for where, why, _ in self.gaps if where == path}

    def where(self, value: bytes) -> set[str]:
        """The paths at which a value stands."""
        return {path for path, data in self.items.items() if value in data}


def read(
    source: Source,
    threads: int = 1,
    size: int = 1024 * 1024,
    stop: threading.Event | None = None,
    kept: int | None = None,
) -> Read:
    """Read all parts, on some threads.

    Args:
        kept: bytes of each piece that are kept; all of them if None.
    """
    found = Read()
    lock = threading.Lock()
    pieces: dict[str, list[bytes]] = {}

    def keep(slab: Slab) -> None:
        with lock:
            for piece in slab.pieces:
                new = piece.start + (slab.fresh_from if piece.offset else 0)
                end = piece.start + piece.length
                data = slab.bytes_of(new, end if kept is None else min(end, new + kept))
                pieces.setdefault(piece.item.path, []).append(data)

    def gap(path: str, why: Reason, detail: str) -> None:
        with lock:
            found.gaps.append((path, why, detail))

    parts = list(source.parts(threads))
    failures: list[BaseException] = []

    def work() -> None:
        sink = Sink(keep, OVERLAP, gap, stop=stop, size=size)
        try:
            while True:
                try:
                    part = parts.pop(0)
                except IndexError:
                    break
                part.read(sink)
                sink.flush()
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    if failures:
        raise failures[0]
    found.items = {path: b"".join(data) for path, data in pieces.items()}
    return found
