"""Reads ar archives (deb packages, static libraries) and cpio archives (initramfs, rpm contents) front to back."""

from collections.abc import Iterator

from prodproof.trace.content.reader import Damaged, Member, Reader, Slice, label

MAX_NAME = 64 * 1024


def ar_members(reader: Reader) -> Iterator[Member]:
    """Every member of an ar archive, GNU's and BSD's long names too.

    Raises:
        Damaged: it ends early, or something in it is no header.
    """
    reader.skip(8)
    names = b""
    while head := reader.peek(60):
        digits = head[48:58].strip(b" ")
        if len(head) < 60 or head[58:] != b"`\n" or not digits.isdigit():
            raise Damaged("what follows is no ar header")
        reader.skip(60)
        data = Slice(reader, int(digits))
        name = head[:16].rstrip(b" ")
        if name == b"//":
            names = data.read(min(data.left, MAX_NAME))
        else:
            if name.startswith(b"#1/") and name[3:].isdigit():
                name = data.exactly(min(int(name[3:]), MAX_NAME)).rstrip(b"\0")
            elif name.startswith(b"/") and name[1:].isdigit():
                name = names[int(name[1:]) :].split(b"\n", 1)[0]
            yield Member(label(name.removesuffix(b"/") or name), data)
        data.drain()
        if int(digits) % 2 and reader.peek(1):
            reader.skip(1)


def cpio_members(reader: Reader) -> Iterator[Member]:
    """Every member of a cpio archive of the new ASCII formats that has data.

    Raises:
        Damaged: it ends early, or something in it is no header.
    """
    while head := reader.peek(110):
        if head.strip(b"\0") == b"" or head[:1] == b"\0":
            reader.skip(len(head) - len(head.lstrip(b"\0")))
            continue  # several archives may follow each other, padded with zeros
        if len(head) < 110 or head[:6] not in (b"070701", b"070702"):
            raise Damaged("what follows is no cpio header")
        try:
            size, length = int(head[54:62], 16), int(head[94:102], 16)
        except ValueError:
            raise Damaged("a cpio header has no size") from None
        if length > MAX_NAME:
            raise Damaged("a cpio header has an impossible name")
        reader.skip(110)
        name = reader.exactly(length).rstrip(b"\0")
        _align(reader, 110 + length)
        if size:
            data = Slice(reader, size)
            yield Member(label(name), data)
            data.drain()
            _align(reader, size)


def _align(reader: Reader, count: int) -> None:
    padding = -count % 4
    if padding and len(reader.peek(padding)) == padding:
        reader.skip(padding)
