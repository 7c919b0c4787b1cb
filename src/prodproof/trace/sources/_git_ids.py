"""Sets of object ids, small in memory: a history has hundreds of thousands, or millions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Ids:
    """A set of ids of one length. It answers for many ids at once; not for one, which would cost as much.

    Args:
        raw: the ids as bytes, one behind the other, in any order.
        width: bytes of one id: 20 (SHA-1) or 32 (SHA-256).
    """

    def __init__(self, raw: bytes | bytearray | memoryview, width: int) -> None:
        self.width = width
        # Trailing zeros are no part of a fixed-width string for numpy; all have one width, so nothing is confused.
        self._sorted: NDArray[np.bytes_] = np.unique(np.frombuffer(raw, f"S{width}"))

    @property
    def raw(self) -> bytes:
        """The ids, sorted, one behind the other."""
        return self._sorted.tobytes()

    def __len__(self) -> int:
        return len(self._sorted)

    def holds(self, ids: Sequence[bytes]) -> NDArray[np.bool_]:
        """For each id (hexadecimal) whether it is in the set."""
        if not len(self._sorted) or not ids:
            return np.zeros(len(ids), np.bool_)
        asked = np.frombuffer(bytes.fromhex(b"".join(ids).decode("ascii")), f"S{self.width}")
        at = np.searchsorted(self._sorted, asked)
        at[at == len(self._sorted)] = 0
        return np.asarray(self._sorted[at] == asked)

    def without(self, ids: Sequence[bytes]) -> list[bytes]:
        """Those of `ids` that are not in the set, in their order."""
        if not len(self._sorted):
            return list(ids)
        return [id for id, held in zip(ids, self.holds(ids).tolist(), strict=True) if not held]

    def common(self, other: "Ids") -> "Ids":
        """The ids that are in both."""
        return Ids(np.intersect1d(self._sorted, other._sorted, assume_unique=True).tobytes(), self.width)
