"""Every way in which a value may be written: the byte strings to look for."""

import binascii
import functools
import html.entities
import json
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from prodproof.trace.values.tables import (
    ALPHANUMERIC,
    HTML,
    HTML_RARE,
    JSON,
    QUOTED_PRINTABLE,
    QUOTED_PRINTABLE_RARE,
    SHELL,
    SHELL_RARE,
    SQL,
    URL,
    Table,
)

PLAIN = "plain"
RANK = {
    name: rank
    for rank, name in enumerate(
        (
            PLAIN,
            "base64",
            "base64url",
            "basic",
            "url",
            "double-url",
            "hex",
            "json",
            "html",
            "shell",
            "sql",
            "quoted-printable",
            "utf-16-le",
            "utf-16-be",
        )
    )
}
"""The encodings by name; of several that fit one place, the first counts."""

WINDOW = 15
"""Bytes of a form that the word index knows: they contain a whole aligned word of 8."""

LONG_WINDOW = 23
"""The same where all forms are as long: two aligned words in a row."""

WIDE_WINDOW = 31
"""The same of a sparse form: three aligned words."""

RAREST = -1
"""The window where the value is rarest."""

FIRST_OF_TWO = -2
"""The same, but so that there is another one after it."""

BESIDE = -3
"""The window after that one."""

SOFT_BREAKS = (b"=\r\n", b"=\n")
LINE_BREAKS = (b"\r\n", b"\n")
_MOST_BREAK = 3
_COLUMNS = 60
"""No usual encoder breaks lines that are shorter (PEM 64, MIME 76)."""


class Form(NamedTuple):
    """One byte string to look for. It does not show it."""

    encoding: str
    data: bytes
    free: bool = False
    """Whether the case of letters does not matter."""

    sparse: bool = False
    """Whether a few bytes of it say little, since each byte of the value takes several in it."""

    before: bytes = b""
    """If not empty: one of these bytes must come before (base64 characters with bits of the value in them)."""

    after: bytes = b""
    breaks: tuple[bytes, ...] = ()
    """If not empty: any of them may stand in it at any place."""

    window: int = RAREST
    """Where the indexed window lies: bytes from the start, or one of the names above."""

    broken: bool = False
    """Whether it counts only with a break in it (another form stands for it without)."""

    def __repr__(self) -> str:
        return f"Form({self.encoding!r}, ...)"

    @property
    def wide(self) -> bool:
        """Whether the index knows it by a wide window."""
        return self.sparse and len(self.data) >= WIDE_WINDOW

    def width(self, window: int = WINDOW) -> int:
        """Bytes of the window by which the index knows it.

        Args:
            window: of forms that are not sparse.
        """
        return WIDE_WINDOW if self.wide else window

    @property
    def span(self) -> int:
        """The most bytes it takes, with breaks and neighbours."""
        size = len(self.data) + 2
        return size + _MOST_BREAK * (size // _COLUMNS + 2) if self.breaks else size


def forms(
    value: bytes,
    ignore_case: bool = False,
    rare: bool = True,
    broken: bool = True,
    anchor: int = 0,
    window: int = WINDOW,
) -> Iterator[Form]:
    """Every form of a value, none of them twice; the same arguments give the same ones in the same order.

    Args:
        value: as it is.
        ignore_case: whether the case of ASCII letters does not matter. Where the case changes other characters than
            letters (base64, hexadecimal), the forms are those of the value as it is, in small and in capital letters.
        rare: whether forms are wanted too that hardly any encoder makes: the last of these three, and marks that need
            no escape written as entities or behind a backslash.
        broken: whether forms with line breaks in them are wanted.
        anchor: where the window of the value begins that is seen least.
        window: bytes of a form that the index knows.
    """
    whole = []
    for form in chain([Form(PLAIN, value, ignore_case)], _opaque(value, ignore_case)):
        yield form
        whole.append(form)
    for form in tail(value, whole[:], ignore_case, rare):
        yield form
        whole.append(form)
    if broken:
        yield from _with_breaks(value, whole, anchor, window)


def tail(value: bytes, head: list[Form], ignore_case: bool, rare: bool) -> Iterator[Form]:
    """The forms after those that every value has, without what is among these already.

    Args:
        head: those. Of usual values (`bulk.is_usual`) the plain form is enough.
    """
    known = {(form.data, form.before, form.after) for form in head}
    for form in _others(value, head, ignore_case, rare):
        mark = (form.data, form.before, form.after)
        if mark not in known:
            known.add(mark)
            yield form


def _others(value: bytes, head: list[Form], ignore_case: bool, rare: bool) -> Iterator[Form]:
    yield from _url_safe(head)
    user, colon, password = value.partition(b":")
    if colon and user and password and user != password and b":" not in password and not password.startswith(b"/"):
        reversed_halves = list(_base64(password + b":" + user, "basic"))
        yield from reversed_halves
        yield from _url_safe(reversed_halves)
    if ignore_case:
        for version in (value.lower(), value.upper())[: 2 if rare else 1]:
            if version != value:
                again = list(_opaque(version, ignore_case))
                yield from again
                yield from _url_safe(again)
    yield from _partly(value, ignore_case, rare)


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


# base64: of a value that begins at byte 0, 1 or 2 of a group of three, the characters that depend on it alone, and the
# characters that may stand at its ends, of which some bits depend on it (RFC 4648, sections 4 and 5).
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_INDEXED = [*((character, index) for index, character in enumerate(ALPHABET)), (45, 62), (95, 63)]
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
BASE64_FIRST = (0, 2, 3)
"""Of a value at byte 0, 1 or 2 of a group, the first character that depends on it alone."""


def _ending(bits: int) -> list[bytes]:
    """For each number of so many bits, the characters that end with them."""
    return [bytes(c for c, index in _INDEXED if index % (1 << bits) == n) for n in range(1 << bits)]


def _beginning(bits: int) -> list[bytes]:
    return [bytes(c for c, index in _INDEXED if index >> (6 - bits) == n) for n in range(1 << bits)]


_ENDING = {4: _ending(4), 2: _ending(2)}
_BEGINNING = {2: _beginning(2), 4: _beginning(4)}


def _base64(value: bytes, name: str) -> Iterator[Form]:
    for shift in range(3):
        text = binascii.b2a_base64(b"\0" * shift + value, newline=False)
        bits = 8 * (shift + len(value))
        before = after = b""
        if shift:
            before = _ENDING[4][value[0] >> 4] if shift == 1 else _ENDING[2][value[0] >> 6]
        if bits % 6:
            after = _BEGINNING[2][value[-1] & 3] if bits % 6 == 2 else _BEGINNING[4][value[-1] & 15]
        yield Form(name, text[BASE64_FIRST[shift] : bits // 6], before=before, after=after)


def _url_safe(forms: list[Form]) -> Iterator[Form]:
    """The same with the two other characters, where they differ."""
    for form in forms:
        if form.encoding in ("base64", "basic"):
            other = form.data.translate(_URL_SAFE)
            if other != form.data:
                yield form._replace(encoding="base64url" if form.encoding == "base64" else "basic", data=other)


def _opaque(value: bytes, ignore_case: bool) -> Iterator[Form]:
    """Forms in which every byte of the value is written otherwise. `bulk` knows their order."""
    yield from _base64(value, "base64")
    digits = value.hex("%")
    yield Form("hex", digits.replace("%", "").encode(), True)
    yield Form("url", f"%{digits}".encode(), True, True)
    yield Form("double-url", f"%25{digits.replace('%', '%25')}".encode(), True, True)
    yield Form("quoted-printable", f"={digits.replace('%', '=')}".encode(), True, True)
    text = _text(value)
    if text is None:
        return
    units = text.encode("utf-16-be").hex("%", 2)
    yield Form("json", "\\u{}".format(units.replace("%", "\\u")).encode(), True, True)
    if len(text) == len(value):
        yield Form("html", f"&#x{digits.replace('%', ';&#x')};".encode(), True, True)
        yield Form("html", b"".join([DECIMAL[byte] for byte in value]), False, True)
    else:
        yield Form("html", "".join([f"&#x{ord(character):x};" for character in text]).encode(), True, True)
        yield Form("html", "".join([f"&#{ord(character)};" for character in text]).encode(), False, True)
    yield Form("utf-16-le", text.encode("utf-16-le"), ignore_case, True)
    yield Form("utf-16-be", text.encode("utf-16-be"), ignore_case, True)


DECIMAL = [f"&#{byte};".encode() for byte in range(256)]


def _partly(value: bytes, ignore_case: bool, rare: bool) -> Iterator[Form]:
    """Forms in which only some characters are escaped."""
    odd = frozenset(value) - ALPHANUMERIC
    if not odd:
        return
    url, escapes, entities, others = _tables(odd, rare)
    for data in [table.apply(value) for table in url]:
        yield Form("url", data, ignore_case)
        if b"%" in data:
            yield Form("double-url", data.replace(b"%", b"%25"), ignore_case)
            yield Form("double-url", URL[0].apply(data), ignore_case)
    for name, tables in (("json", escapes), ("html", entities)):
        for data in [table.apply(value) for table in tables]:
            yield Form(name, data, ignore_case)
            yield from (Form(name, other, ignore_case) for other in _other_scripts(name, data))
            if name == "json":
                yield Form(name, JSON[0].apply(data), ignore_case)
    for table in others:
        yield Form(table.encoding, table.apply(value), ignore_case)
    for name, least in (("json", JSON[0]), ("html", HTML[0])):
        if least.changed.isdisjoint(odd):
            yield from (Form(name, other, ignore_case) for other in _other_scripts(name, value))


@functools.lru_cache(maxsize=1024)
def _tables(odd: frozenset[int], rare: bool) -> tuple[list[Table], ...]:
    """The tables that differ for values with these characters: addresses of mail, say, all have the same few."""
    different: list[list[Table]] = []
    groups = [URL, JSON, HTML, [*SHELL, *SQL, *QUOTED_PRINTABLE]]
    if rare:
        groups[2:] = [[*HTML, *HTML_RARE], [*groups[3], *SHELL_RARE, *QUOTED_PRINTABLE_RARE]]
    for tables in groups:
        by_effect: dict[tuple[bytes, ...], Table] = {}
        for table in tables:
            if not table.changed.isdisjoint(odd):
                by_effect.setdefault(tuple([table.parts[byte] for byte in sorted(odd)]), table)
        different.append(list(by_effect.values()))
    return tuple(different)


def _other_scripts(name: str, data: bytes) -> Iterator[bytes]:
    """What lies beyond ASCII written as JSON or HTML may write it."""
    if data.isascii() or (text := _text(data)) is None:
        return
    if name == "json":
        escaped = "".join([c if c.isascii() else json.dumps(c)[1:-1] for c in text])
        yield escaped.encode()
        yield "".join([c if c.isascii() else json.dumps(c)[1:-1].upper().replace("U", "u") for c in text]).encode()
        yield escaped.replace("\\u", "\\\\u").encode()
    else:
        yield text.encode("ascii", "xmlcharrefreplace")
        names = html.entities.codepoint2name
        yield "".join([c if c.isascii() or ord(c) not in names else f"&{names[ord(c)]};" for c in text]).encode()


def _with_breaks(value: bytes, whole: list[Form], anchor: int, window: int) -> Iterator[Form]:
    """The forms that encoders break over lines."""
    quoted = QUOTED_PRINTABLE[0].apply(value)
    for form in whole:
        rarest = min(anchor * len(form.data) // len(value), len(form.data) - form.width(window))
        if form.encoding in ("base64", "base64url", "basic"):
            yield from _broken(form, LINE_BREAKS, rarest, True, window)
        elif form.encoding == "quoted-printable" or form.data == quoted:
            part = form.data[max(0, rarest - window) : rarest + 2 * window]
            yield from _broken(form._replace(encoding="quoted-printable"), SOFT_BREAKS, rarest, _random(part), window)


def _random(data: bytes) -> bool:
    """Whether text looks so much like a token that any part of it is rare; the end of a mail address is not."""
    return 3 * len(data.translate(None, _DULL)) >= len(data)


_DULL = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))


def _broken(form: Form, breaks: tuple[bytes, ...], rarest: int, rare: bool, width: int) -> Iterator[Form]:
    """One form with breaks in it. A break outside of the form's window does no harm. Where everything is rare, a second
    window beside that one helps against those inside: lines are so long that one of the two is whole. Otherwise each
    break is written out, in each place.

    Args:
        rarest: where the form's window begins.
        rare: whether a window beside it is as good.
        width: bytes of the window, unless the form is sparse.
    """
    data = form.data
    size = len(data)
    if size >= width:
        if rare and size >= 2 * form.width(width):
            yield form._replace(breaks=breaks, broken=True, window=FIRST_OF_TWO)
            yield form._replace(breaks=breaks, broken=True, window=BESIDE)
            return
        yield form._replace(breaks=breaks, broken=True)
    encoding, free, before, after = form.encoding, form.free, form.before, form.after
    for place in range(max(1, rarest + 1), min(size, rarest + form.width(width))):
        start, end = data[:place], data[place:]
        for text in breaks:
            length = len(text)
            window = max(0, min(place + length - 1 - width // 2, size + length - width))
            yield Form(encoding, start + text + end, free, False, before, after, breaks, window)
