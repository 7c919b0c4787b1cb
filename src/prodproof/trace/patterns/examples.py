"""Fills the templates of rules' examples, so that nothing that looks like a real token stands in the repository.

`{alnum:24}` becomes 24 letters and digits, always the same ones for the same rule and example. docs/rules.md lists
the names. `{{` and `}}` are braces; a brace that begins no field stands for itself.
"""

import base64
import hashlib
import re
import string
from collections.abc import Mapping
from typing import Final

from prodproof.trace.patterns.checksum import SUMS

_DIGITS, _LOWER, _UPPER = string.digits, string.ascii_lowercase, string.ascii_uppercase
ALPHABETS: Final[Mapping[str, str]] = {
    "alnum": _DIGITS + _UPPER + _LOWER,
    "lower": _DIGITS + _LOWER,
    "upper": _DIGITS + _UPPER,
    "letters": _UPPER + _LOWER,
    "digits": _DIGITS,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "b64": _UPPER + _LOWER + _DIGITS + "+/",
    "b64url": _UPPER + _LOWER + _DIGITS + "-_",
    "b32": _UPPER + "234567",
    "base58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "bech32": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "word": _LOWER.translate(str.maketrans("", "", "aeiou")),
}
_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>[A-Za-z0-9]+):(?P<rest>[A-Za-z0-9:-]+)\}|\{(?P<uuid>uuid)\}")
_TOKEN_END = re.compile(rb"[A-Za-z0-9_.+/-]+\Z")


class ExampleError(ValueError):
    """A template with a field that is not known."""


def fill(template: str, seed: str) -> bytes:
    """A template with its fields filled.

    Args:
        seed: what the text follows from, besides the template; the rule's id.

    Raises:
        ExampleError: a field is not known.
    """
    source = _stream(f"{seed}\0{template}")
    done = bytearray()
    last = 0
    for field in _FIELD.finditer(template):
        done += template[last : field.start()].encode()
        last = field.end()
        if field["uuid"]:
            done += _uuid(source.text(ALPHABETS["hex"], 32))
        elif field["name"]:
            done += _field(field["name"], field["rest"], source, done)
        else:
            done += field[0][:1].encode()
    done += template[last:].encode()
    return bytes(done)


def _uuid(digits: str) -> bytes:
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}".encode()


def _field(name: str, rest: str, source: "_Numbers", before: bytearray) -> bytes:
    if name == "sum" and rest in SUMS:
        token = _TOKEN_END.search(before)
        return SUMS[rest](token[0] if token else b"")
    if name == "b64of":
        # {b64of:user:alnum:20} is base64 of the text `user:` and 20 characters; {b64of:alnum:20} of these alone.
        text, _, last = rest.rpartition(":")
        prefix, _, alphabet = text.rpartition(":")
        if alphabet in ALPHABETS and last.isdigit():
            plain = (prefix + ":" if prefix else "") + source.text(ALPHABETS[alphabet], int(last))
            return base64.b64encode(plain.encode())
    if name in ALPHABETS and rest.isdigit():
        return source.text(ALPHABETS[name], int(rest)).encode()
    raise ExampleError(f"{{{name}:{rest}}}: no such field; a brace is written {{{{")


class _Numbers:
    """Numbers that follow from a seed, the same in every version of Python."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._count = 0

    def text(self, alphabet: str, length: int) -> str:
        made = ""
        while len(made) < length:
            block = hashlib.sha256(self._seed + self._count.to_bytes(8, "big")).digest()
            self._count += 1
            made += "".join(alphabet[byte % len(alphabet)] for byte in block)
        return made[:length]


def _stream(seed: str) -> _Numbers:
    return _Numbers(hashlib.sha256(seed.encode()).digest())
