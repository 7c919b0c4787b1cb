"""A matcher and a source of the simplest kind, for the tests of what lies between them."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from prodproof.trace.finding import Finding, fingerprint
from prodproof.trace.stream import Hit, Item, Part, Sink, Slab

KEY = b"k" * 32
CONTROL = b"the marker of this search"


class Literal:
    """Finds one byte string as it stands."""

    borrows = False

    def __init__(self, wanted: bytes, overlap: int | None = None, blind: bool = False) -> None:
        self.wanted = wanted
        self.overlap = len(wanted) if overlap is None else overlap
        self.blind = blind
        self.slabs = 0

    def fork(self) -> "Literal":
        return Literal(self.wanted, self.overlap, self.blind)

    def control(self) -> bytes:
        return CONTROL

    def is_control(self, hit: Hit) -> bool:
        return hit.kind == "control"

    def search(self, slab: Slab) -> Iterator[Hit]:
        self.slabs += 1
        for piece in slab.pieces:
            data = slab.bytes_of(piece.start, piece.start + piece.length)
            for wanted, kind in ((self.wanted, "wanted"), (CONTROL, "control")):
                position = -1 if self.blind else data.find(wanted)
                while position >= 0:
                    start = piece.start + position
                    yield Hit(start, start + len(wanted), kind, "value", "plain", fingerprint(KEY, wanted))
                    position = data.find(wanted, position + 1)

    def keeps(self, finding: Finding) -> bool:
        return True

    def redact(self, text: bytes) -> bytes:
        return text.replace(self.wanted, "…".encode())

    def shown_path(self, path: str) -> str:
        return path


class Texts:
    """A source over texts by path, one part for each group."""

    def __init__(self, place: str, *groups: Mapping[str, bytes], reads: Callable[[Sink], None] | None = None) -> None:
        self.place = place
        self.groups = groups
        self.reads = reads

    def parts(self, count: int) -> Iterator[Part]:
        for group in self.groups:
            yield _Part(group, self.reads)

    def size(self) -> int | None:
        return sum(len(text) for group in self.groups for text in group.values())

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        return findings


class _Part:
    def __init__(self, texts: Mapping[str, bytes], reads: Callable[[Sink], None] | None) -> None:
        self.texts = texts
        self.reads = reads

    def read(self, sink: Sink) -> None:
        for path, text in self.texts.items():
            sink.put(Item(path), text)
        if self.reads is not None:
            self.reads(sink)
