"""Names of the segments of PostgreSQL's write-ahead log, and which of them are missing."""

import re
from collections.abc import Iterable

SEGMENT = re.compile(r"[0-9A-F]{24}")
_USUAL_SIZE = 16 << 20


def missing_between(present: Iterable[str], first: str, last: str) -> str | None:
    """The first segment that is missing from `first` to `last`; None if there is none.

    Names are timeline, log and segment in hexadecimal. How many segments a log has depends on their size, which shows
    in the highest number that is there.

    Args:
        present: names of segments, in any order; other names are passed over.
        first: the segment where a restore begins.
        last: the segment that it must come to, of the same timeline.
    """
    have = {name for name in present if SEGMENT.fullmatch(name)}
    if first not in have:
        return first
    per_log = _segments_per_log(have | {first, last})
    name = first
    while name < last:
        name = _next(name, per_log)
        if name not in have:
            return name
    return None


def log_bytes(first: str, last: str) -> int:
    """About how much log there is from one segment to another, if its segments are of the usual size."""
    if not (SEGMENT.fullmatch(first) and SEGMENT.fullmatch(last)):
        return 0
    numbers = [int(name[8:16], 16) * 256 + int(name[16:], 16) for name in (first, last)]
    return max(0, numbers[1] - numbers[0] + 1) * _USUAL_SIZE


def newest_of_timeline(present: Iterable[str], first: str) -> str:
    """The last segment of the timeline on which a backup was made."""
    return max((name for name in present if SEGMENT.fullmatch(name) and name[:8] == first[:8]), default=first)


def _segments_per_log(names: Iterable[str]) -> int:
    # 16 MB segments, the usual size, are 256 to a log of 4 GB; at most they are 1 GB large, at least 1 MB.
    logs: dict[str, int] = {}
    for name in names:
        logs[name[:16]] = max(logs.get(name[:16], 0), int(name[16:], 16))
    highest = max(logs.values())
    if highest >= 256 or len(logs) > 1:
        return 1 << highest.bit_length()
    return 256


def _next(name: str, per_log: int) -> str:
    log, segment = int(name[8:16], 16), int(name[16:], 16) + 1
    if segment >= per_log:
        log, segment = log + 1, 0
    return f"{name[:8]}{log:08X}{segment:08X}"
