"""Writes values as encoders do, with the standard library and not with what is tested; and reads them back."""

import base64
import html
import json
import quopri
import random
import re
import shlex
import string
import urllib.parse
from collections.abc import Callable, Iterable
from typing import NamedTuple

from hypothesis import strategies as st

from prodproof.reach.secret import Secret
from prodproof.trace.stream import Hit, Item, Sink, Slab
from prodproof.trace.values import ValueMatcher, Wanted

KEY = b"k" * 32
FILL = b"\x02"
"""A byte that is part of no form of any value here."""

ALPHABET = string.ascii_letters + string.digits + string.punctuation + " äéß€ж😀"


class Planted(NamedTuple):
    """A value as it was written."""

    text: bytes
    first: int
    """Where the first byte that depends on the value is."""

    last: int


def _whole(text: bytes) -> Planted:
    return Planted(text, 0, len(text))


def _base64(value: str, shift: int, after: int, encode: Callable[[bytes], bytes], pad: bool) -> Planted:
    octets = value.encode()
    text = encode(b"\0" * shift + octets + b"\xff" * after)
    if not pad:
        text = text.rstrip(b"=")
    return Planted(text, shift * 8 // 6, -(-(shift + len(octets)) * 8 // 6))


def _percent_all(octets: bytes, sign: str, digits: str) -> bytes:
    return "".join(f"{sign}{byte:{digits}}" for byte in octets).encode()


def _backslashed(value: str) -> bytes:
    return re.sub(r"(['\"\\])", r"\\\1", value).encode()


def _units(value: str) -> Iterable[int]:
    octets = value.encode("utf-16-be")
    return (octets[at] << 8 | octets[at + 1] for at in range(0, len(octets), 2))


WRITERS: dict[str, tuple[str, Callable[[str], Planted]]] = {
    "as it is": ("plain", lambda v: _whole(v.encode())),
    **{
        f"base64, {shift} before, {after} after{', no padding' * (not pad)}": (
            "base64",
            lambda v, shift=shift, after=after, pad=pad: _base64(v, shift, after, base64.b64encode, pad),  # type: ignore[misc]
        )
        for shift in (0, 1, 2, 5)
        for after in (0, 1, 2)
        for pad in (True, False)
    },
    **{
        f"base64url, {shift} before": (
            "base64url",
            lambda v, shift=shift: _base64(v, shift, 1, base64.urlsafe_b64encode, False),  # type: ignore[misc]
        )
        for shift in (0, 1, 2)
    },
    "quote": ("url", lambda v: _whole(urllib.parse.quote(v, safe="").encode())),
    "quote with slashes": ("url", lambda v: _whole(urllib.parse.quote(v).encode())),
    "quote in small letters": (
        "url",
        lambda v: _whole(re.sub("%..", lambda m: m[0].lower(), urllib.parse.quote(v, safe="")).encode()),
    ),
    "form": ("url", lambda v: _whole(urllib.parse.urlencode({"": v})[1:].encode())),
    "encodeURIComponent": ("url", lambda v: _whole(urllib.parse.quote(v, safe="!'()*").encode())),
    "percent of everything": ("url", lambda v: _whole(_percent_all(v.encode(), "%", "02X"))),
    "quote of quote": (
        "double-url",
        lambda v: _whole(urllib.parse.quote(urllib.parse.quote(v, safe=""), safe="").encode()),
    ),
    "percent of everything, twice": ("double-url", lambda v: _whole(_percent_all(v.encode(), "%25", "02x"))),
    "hex": ("hex", lambda v: _whole(v.encode().hex().encode())),
    "HEX": ("hex", lambda v: _whole(v.encode().hex().upper().encode())),
    "JSON": ("json", lambda v: _whole(json.dumps(v)[1:-1].encode())),
    "JSON in UTF-8": ("json", lambda v: _whole(json.dumps(v, ensure_ascii=False)[1:-1].encode())),
    "JSON of PHP": ("json", lambda v: _whole(json.dumps(v)[1:-1].replace("/", "\\/").encode())),
    "JSON, all escaped": ("json", lambda v: _whole("".join(f"\\u{unit:04X}" for unit in _units(v)).encode())),
    "html.escape": ("html", lambda v: _whole(html.escape(v).encode())),
    "html.escape without quotes": ("html", lambda v: _whole(html.escape(v, quote=False).encode())),
    "HTML in ASCII": ("html", lambda v: _whole(html.escape(v).encode("ascii", "xmlcharrefreplace"))),
    "HTML decimal": ("html", lambda v: _whole("".join(f"&#{ord(c)};" for c in v).encode())),
    "HTML hexadecimal": ("html", lambda v: _whole("".join(f"&#x{ord(c):X};" for c in v).encode())),
    "shell": ("shell", lambda v: _whole(shlex.quote(v)[1:-1].encode() if shlex.quote(v) != v else v.encode())),
    "SQL": ("sql", lambda v: _whole(v.replace("'", "''").encode())),
    "SQL with backslashes": ("sql", lambda v: _whole(_backslashed(v))),
    "UTF-16 LE": ("utf-16-le", lambda v: _whole(v.encode("utf-16-le"))),
    "UTF-16 BE": ("utf-16-be", lambda v: _whole(v.encode("utf-16-be"))),
    "quoted-printable, all": ("quoted-printable", lambda v: _whole(_percent_all(v.encode(), "=", "02X"))),
}


def _unquoted(text: bytes) -> set[bytes]:
    return {urllib.parse.unquote_to_bytes(text), urllib.parse.unquote_to_bytes(text.replace(b"+", b" "))}


READERS: dict[str, Callable[[bytes], set[bytes]]] = {
    "plain": lambda text: {text},
    "url": _unquoted,
    "double-url": lambda text: {twice for once in _unquoted(text) for twice in _unquoted(once)},
    "hex": lambda text: {bytes.fromhex(text.decode())},
    "json": lambda text: {json.loads(f'"{text.decode()}"').encode("utf-16", "surrogatepass").decode("utf-16").encode()},
    "html": lambda text: {html.unescape(text.decode()).encode()},
    "shell": lambda text: (
        {
            shlex.split(quoted)[0].encode()
            for quoted in (text.decode(), f"'{text.decode()}'", f'"{text.decode()}"')
            if _closed(quoted)
        }
        | {re.sub(rb"\\([\\'])", rb"\1", text)}  # as in $'…'
    ),
    "sql": lambda text: {
        text.replace(b"''", b"'"),
        text.replace(b'""', b'"'),
        re.sub(rb"\\(.)", rb"\1", text),
        text.replace(b"''", b"'").replace(rb"\\", b"\\"),
        text.replace(rb"\\", b"\\"),
    },
    "quoted-printable": lambda text: {quopri.decodestring(text), quopri.decodestring(text, header=True)},
    "utf-16-le": lambda text: {text.decode("utf-16-le").encode()},
    "utf-16-be": lambda text: {text.decode("utf-16-be").encode()},
}
"""What a text of each encoding may mean; base64 depends on what stands around it."""


def _closed(quoted: str) -> bool:
    try:
        return len(shlex.split(quoted)) == 1
    except ValueError:
        return False


def values(least: int = 8, most: int = 200, alphabet: str = ALPHABET) -> st.SearchStrategy[str]:
    """Values by the length of their UTF-8 text; not of so few characters that they occur in themselves."""
    return (
        st.text(alphabet, min_size=least // 2, max_size=most)
        .filter(lambda text: least <= len(text.encode()) <= most)
        .filter(lambda text: len(set(text)) >= min(5, least // 2))
    )


def matcher_of(*values: str, ignore_case: bool = False) -> ValueMatcher:
    """A matcher of some values."""
    return ValueMatcher([Wanted("wanted", Secret(value), ignore_case) for value in values], KEY)


def found_in(matcher: ValueMatcher, text: bytes, chunk: int = 1 << 20) -> list[tuple[int, int, Hit]]:
    """From where to where in a streamed text something was found, over slabs as small as the sink makes them."""
    found = []

    def search(slab: Slab) -> None:
        for hit in matcher.search(slab):
            piece = slab.piece_at(hit.start)
            assert piece is not None
            before = piece.offset - piece.start
            found.append((hit.start + before, hit.end + before, hit))

    sink = Sink(search, matcher.overlap, lambda path, why, detail: None, size=1)
    left = memoryview(text)

    def readinto(into: memoryview) -> int:
        nonlocal left
        count = min(len(into), len(left), chunk)
        into[:count] = left[:count]
        left = left[count:]
        return count

    sink.stream(Item("text"), readinto)
    sink.flush()
    return found


def noise(size: int, seed: int) -> bytes:
    """Text in which chance has no part."""
    chance = random.Random(seed)
    words = [
        base64.b64encode(chance.randbytes(40)),
        b'{"user": "a.name@example.org"}',
        b"&#65;&#66;&#67;",
        b"%41%42%43%44",
    ]
    text = b" ".join(chance.choice(words) + b" %d" % chance.randrange(10**9) for _ in range(size // 16))
    return text[:size]
