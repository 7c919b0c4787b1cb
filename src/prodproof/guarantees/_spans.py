"""How judges say how long something is."""

from datetime import timedelta

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(time: float | timedelta) -> str:
    """A length of time (a number is seconds) in words, the two largest units of it: `5 min`, `30 min 1 s`, `21 d`."""
    left = int(time.total_seconds() if isinstance(time, timedelta) else time)
    said: list[str] = []
    for length, unit in _UNITS:
        number, left = divmod(left, length)
        said += [f"{number} {unit}"] * bool(number)
    return " ".join(said[:2]) or "0 s"
