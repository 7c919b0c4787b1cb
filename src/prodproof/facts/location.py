"""A place in a file, for reports that can point at it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """Where something stands in a repository."""

    path: str
    """Relative to the repository's root, with forward slashes; undecodable bytes are escaped as `\\xNN`."""

    line: int | None = None
    """Counted from 1; None when the whole file is meant."""

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"
