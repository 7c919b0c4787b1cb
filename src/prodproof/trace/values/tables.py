"""Escapes that change single characters: for each kind of escape, what becomes of each of the 256 bytes."""

import html.entities
import string
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

ALPHANUMERIC = frozenset(string.ascii_letters.encode() + string.digits.encode())
_UNRESERVED = "-._~"
_CONTROLS = {0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r"}


class Table(NamedTuple):
    """One way to escape."""

    encoding: str
    parts: list[bytes]
    """For each byte, what is written instead."""

    changed: frozenset[int]
    """The bytes that it changes: a value without any of them stays as it is."""

    def apply(self, value: bytes) -> bytes:
        """The value as it is written."""
        parts = self.parts
        return b"".join([parts[byte] for byte in value])


def _table(encoding: str, change: Callable[[int], str | None]) -> Table:
    parts = []
    for byte in range(256):
        text = change(byte)
        parts.append(bytes([byte]) if text is None else text.encode("ascii"))
    return Table(encoding, parts, frozenset(byte for byte in range(256) if parts[byte] != bytes([byte])))


def _percent(safe: str, upper: bool, plus: bool) -> Table:
    kept = ALPHANUMERIC | set(safe.encode())
    digits = "%{:02X}" if upper else "%{:02x}"

    def change(byte: int) -> str | None:
        if byte in kept:
            return None
        return "+" if plus and byte == 0x20 else digits.format(byte)

    return _table("url", change)


def _mapped(encoding: str, changes: Mapping[int, str], other: Callable[[int], str | None] = lambda byte: None) -> Table:
    return _table(encoding, lambda byte: changes[byte] if byte in changes else other(byte))


def _each(characters: str, form: str) -> dict[int, str]:
    """Every one of the characters in the same form: `c` the character, `o` its number."""
    return {ord(character): form.format(c=character, o=ord(character)) for character in characters}


def _json(escapes: Mapping[int, str]) -> Table:
    basic = {**_CONTROLS, 0x22: '\\"', 0x5C: "\\\\", **escapes}
    return _mapped("json", basic, lambda byte: f"\\u{byte:04x}" if byte < 0x20 else None)


def _html(escapes: Mapping[int, str]) -> Table:
    return _mapped("html", {0x26: "&amp;", 0x3C: "&lt;", 0x3E: "&gt;", **escapes})


def _quoted(escaped: str, upper: bool, header: bool) -> Table:
    digits = "={:02X}" if upper else "={:02x}"

    def change(byte: int) -> str | None:
        if byte == 0x20 and header:
            return "_"
        return digits.format(byte) if byte > 0x7E or byte < 0x20 or byte in escaped.encode() else None

    return _table("quoted-printable", change)


# RFC 3986: encodeURIComponent; quote; quote with slashes; the query and path characters; encodeURI. With a plus for the
# space: application/x-www-form-urlencoded of the URL standard and of Python.
_URL_SAFE: Iterable[tuple[str, bool]] = (
    (_UNRESERVED, False),
    (_UNRESERVED + "/", False),
    (_UNRESERVED + "!'()*", False),
    (_UNRESERVED + "!$&'()*+,;=:@", False),
    (_UNRESERVED + "!$&'()*+,;=:@/?", False),
    (_UNRESERVED + "!$&'()*+,;=:@/?#", False),
    (_UNRESERVED, True),
    ("-._*", True),
)
URL = [_percent(safe, upper, plus) for safe, plus in _URL_SAFE for upper in (True, False)]

JSON = [
    _json({}),
    _json({0x2F: "\\/"}),
    # Go, and what is meant to stand inside of HTML: Django, PHP, System.Text.Json.
    _json(_each("<>&", "\\u{o:04x}")),
    _json(_each("<>&", "\\u{o:04X}")),
    _json(_each("<>&'", "\\u{o:04X}")),
    _json({**_each("<>&'\"", "\\u{o:04X}"), 0x2F: "\\/"}),
    _json(_each("<>&'\"+`", "\\u{o:04X}")),
]

_NAMED = {
    ord(character): f"&{name}"
    # Of several names, the last one counts: the shortest in small letters.
    for name, character in sorted(html.entities.html5.items(), key=lambda pair: (pair[0].islower(), -len(pair[0])))
    if len(character) == 1 and 0x20 < ord(character) < 0x7F and name.endswith(";")
}
_PUNCTUATION = string.punctuation
HTML = [
    _html({}),
    _html({0x22: "&quot;"}),
    _html({0x22: "&quot;", 0x27: "&#x27;"}),
    _html({0x22: "&quot;", 0x27: "&#39;"}),
    _html({0x22: "&quot;", 0x27: "&apos;"}),
    _html({0x22: "&#34;", 0x27: "&#39;"}),
    _html({0x22: "&#34;", 0x27: "&#39;", 0x2B: "&#43;"}),
    _html({0x22: "&quot;", 0x27: "&#39;", **_each("/`=", "&#x{o:X};")}),
    _html({0x22: "&quot;", 0x27: "&#x27;", **_each("/`=", "&#x{o:X};")}),
]
HTML_RARE = [
    _html(_each(_PUNCTUATION, "&#{o};")),
    _html(_each(_PUNCTUATION, "&#x{o:x};")),
    _html(_each(_PUNCTUATION, "&#x{o:X};")),
    _html(_NAMED),
]

_ODD = "".join(chr(byte) for byte in range(0x20, 0x7F) if byte not in ALPHANUMERIC)


def _backslashed(kept: str) -> Table:
    return _mapped("shell", _each("".join(set(_ODD) - set(kept)), "\\{c}"))


SHELL = [
    _mapped("shell", {0x27: "'\\''"}),
    _mapped("shell", {0x27: "'\"'\"'"}),
    _mapped("shell", _each('\\"$`', "\\{c}")),
    _mapped("shell", _each('\\"$`!', "\\{c}")),
    _backslashed("_-./:,@%+="),
    # $'...', and how nginx and Apache write what was sent to them.
    _mapped("shell", {**_CONTROLS, **_each("\\'", "\\{c}")}, lambda byte: f"\\{byte:03o}" if byte > 0x7E else None),
    _mapped("shell", _each('"\\', "\\x{o:02X}"), lambda byte: f"\\x{byte:02X}" if not 0x20 <= byte < 0x7F else None),
    _mapped("shell", _each('"\\', "\\{c}"), lambda byte: f"\\x{byte:02x}" if not 0x20 <= byte < 0x7F else None),
]

SHELL_RARE = [_backslashed("_-./"), _backslashed("_")]

SQL = [
    _mapped("sql", {0x27: "''"}),
    _mapped("sql", {0x22: '""'}),
    _mapped("sql", {0x27: "''", 0x5C: "\\\\"}),
    _mapped("sql", _each("\\'", "\\{c}")),
    _mapped("sql", {0x00: "\\0", 0x0A: "\\n", 0x0D: "\\r", 0x1A: "\\Z", **_each("\\'\"", "\\{c}")}),
    # The text form of PostgreSQL's COPY, which dumps consist of.
    _mapped("sql", {**_CONTROLS, 0x0B: "\\v", 0x5C: "\\\\"}),
]

QUOTED_PRINTABLE = [
    _quoted("=", True, False),
    _quoted("=", False, False),
]
# In the headers of mail (RFC 2047), and by encoders that leave nothing to chance.
QUOTED_PRINTABLE_RARE = [
    _quoted("=?_", True, True),
    _quoted("= ", True, False),
    _quoted("=?_ ", True, False),
]
