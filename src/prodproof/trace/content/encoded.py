"""Finds base64 in what is read, and decodes what turns out to be text or a container.

Exact values are found in base64 without this; patterns are not.
"""

import base64
import binascii
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from prodproof.trace.content.recognise import BEGINS_CONTAINER, HEAD, Kind, recognise

SHORTEST = 24
"""Characters."""

LARGEST_RUN = 16 * 1024 * 1024
"""Characters; a longer run is not decoded."""

LARGEST_ALL = 32 * 1024 * 1024
"""Bytes that are decoded of one thing."""

MOST_RUNS = 100_000
_AT_ONCE = 512 * 1024
_FEW = 32 * 1024
"""Bytes that are not worth a look of their own."""

MANIFEST = 1024 * 1024
"""Bytes of a Kubernetes manifest that is looked into."""

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_OTHER = bytes(byte not in _ALPHABET for byte in range(256))
_URL = bytes.maketrans(b"-_", b"+/")
_PRINTABLE = bytes([9, 10, 13, *range(32, 127)])
_SIXES = np.zeros(256, np.uint8)
_SIXES[list(_ALPHABET[:64])] = range(64)
_SIXES[list(b"-_")] = (62, 63)
_SIXTEEN = np.arange(16)
_IS_PRINTABLE = np.zeros(256, np.bool_)
_IS_PRINTABLE[list(_PRINTABLE)] = True
_WRAPPED = (64, 76)
_ZERO = np.zeros(1, np.int64)
_ENTRY = re.compile(rb"""(?m)^[ \t]*"?([\w.-]{1,253})"?[ \t]*:[ \t]*["']?([A-Za-z0-9+/]{4,}={0,2})["']?,?[ \t]*\r?$""")
_SECRET = re.compile(rb"""(?m)^[ \t{]*"?kind"?[ \t]*:[ \t]*["']?Secret\b""")


class Tap:
    """Looks at bytes as they pass by and keeps what they decode to."""

    def __init__(self) -> None:
        self.found: list[tuple[int, bytes]] = []
        """Where each run begins, and what it decodes to."""
        self.bounded = False
        """Whether something was left out."""
        self._at = 0
        self._carry = b""
        self._few = bytearray()
        self._room = LARGEST_ALL
        self._looked = 0

    def look(self, view: memoryview, over: bool = False) -> None:
        """See the next bytes.

        Args:
            over: nothing follows.
        """
        if self._looked >= MOST_RUNS or self._room <= 0:
            self.bounded = self.bounded or len(view) > 0
            return
        if self._few or len(view) < _FEW:
            self._few += view
            if len(self._few) < _FEW and not over:
                return
            view, self._few = memoryview(self._few), bytearray()
        while len(view) > _AT_ONCE:
            self._window(view[:_AT_ONCE], False)
            view = view[_AT_ONCE:]
        self._window(view, over)

    def _window(self, view: memoryview, over: bool) -> None:
        data = self._carry + bytes(view)
        base = self._at - len(self._carry)
        self._at += len(view)
        array = np.frombuffer(data, np.uint8)
        others = np.flatnonzero(np.frombuffer(data.translate(_OTHER), np.bool_))
        starts = np.concatenate((_ZERO, others + 1))
        ends = np.append(others, len(data))
        kept = len(data) if over else int(starts[-1])
        done = -1
        long = np.flatnonzero(ends - starts >= SHORTEST)
        # The last run may only be the start of one: it is kept whatever it looks like.
        likely = _likely(array, starts[long]) | (ends[long] + 2 >= len(data))
        for first in long[likely].tolist():
            if first <= done:
                continue
            lines = _lines(data, starts, ends, first)
            done = lines[-1]
            end = int(ends[done])
            unfinished = end == len(data) or (end + 2 >= len(data) and end - int(starts[done]) in _WRAPPED)
            if unfinished and not over:
                kept = int(starts[first])
                break
            parts = (data[int(starts[line]) : int(ends[line])] for line in lines)
            self._decode(b"".join(parts), base + int(starts[first]))
        self._carry = data[kept:]
        if len(self._carry) > LARGEST_RUN:
            self.bounded = True
            self._carry = b""

    def _decode(self, run: bytes, at: int) -> None:
        if self._looked >= MOST_RUNS or self._room <= 0:
            self.bounded = True
            return
        self._looked += 1
        decoded = decode(run)
        if decoded is not None:
            self._room -= len(decoded)
            self.found.append((at, decoded))


def _likely(array: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the runs that begin there may decode to text or to a container, by their first sixteen characters.

    Hashes, identifiers and paths are far more frequent than base64, and decode to noise.
    """
    sixes = _SIXES[array[starts[:, None] + _SIXTEEN]].reshape(len(starts), 4, 4).astype(np.uint32)
    words = sixes[:, :, 0] << 18 | sixes[:, :, 1] << 12 | sixes[:, :, 2] << 6 | sixes[:, :, 3]
    letters = np.stack((words >> 16, words >> 8 & 255, words & 255), axis=2)
    printable = _IS_PRINTABLE[letters].sum(axis=(1, 2))
    likely: NDArray[np.bool_] = (printable >= 11) | BEGINS_CONTAINER[words[:, 0] >> 8]
    return likely


def _lines(data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], first: int) -> list[int]:
    """The runs that are lines of one text, as mail and PEM wrap it."""
    lines = [first]
    while int(ends[lines[-1]] - starts[lines[-1]]) in _WRAPPED:
        end = int(ends[lines[-1]])
        after = data[end : end + 2]
        following = lines[-1] + (1 if after[:1] == b"\n" else 2 if after == b"\r\n" else len(starts))
        if following >= len(starts) or starts[following] == ends[following]:
            break
        lines.append(following)
    return lines


def decode(run: bytes) -> bytes | None:
    """What a run of base64 characters stands for, if it is text or a container; else None."""
    run = run.translate(_URL)
    if len(run) % 4 == 1:
        run = run[:-1]
    try:
        data = base64.b64decode(run + b"=" * (-len(run) % 4))
    except binascii.Error:
        return None
    if len(data.translate(None, _PRINTABLE)) * 20 <= len(data):
        return data
    kind = recognise(data[:HEAD])
    return data if kind is not None and kind is not Kind.UNSUPPORTED else None


def kubernetes_data(text: bytes) -> bytes | None:
    """The data of a Kubernetes Secret, one `key: value` a line, decoded; None if it is none.

    Short values too: the names beside them say that they are base64.
    """
    if not _SECRET.search(text):
        return None
    return b"".join(_decoded_entries(text)) or None


def _decoded_entries(text: bytes) -> Iterator[bytes]:
    for name, value in _ENTRY.findall(text):
        if len(value) % 4 == 0:
            data = base64.b64decode(value)
            if data and not data.translate(None, _PRINTABLE):
                yield name + b": " + data + b"\n"
