"""How judges say how long something is."""

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(seconds: float) -> str:
    """A length of time in words, cut off after two units: `5 min`, `30 min 1 s`, `21 d 4 h`."""
    left = int(seconds)
    said: list[str] = []
    for length, unit in _UNITS:
        number, left = divmod(left, length)
        if number or said:
            said.append(f"{number} {unit}" if number else "")
    return " ".join(part for part in said[:2] if part) or "0 s"
