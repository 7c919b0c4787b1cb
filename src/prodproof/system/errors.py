"""The one error family for wrong use: said in plain lines, exit code 2, never a traceback."""

from dataclasses import dataclass
from pathlib import Path

MAX_SHOWN = 20
"""Problems that are printed; the rest is counted."""


class UserError(Exception):
    """Wrong use, or an input that cannot be used. `messages` are printed one a line; the exit code is 2."""

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with a system file."""

    file: str
    line: int
    """Counted from 1; 0 when the whole file is meant."""

    key: str
    """As a person would say it: `entry_point.url`; empty when the whole file is meant."""

    message: str
    """What was expected, and where it can be told, what to write instead. Never a secret."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class SystemFileError(UserError):
    """A system file that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...], left_out: int = 0) -> None:
        """Args:
        problems: what is wrong; the first `MAX_SHOWN` are printed.
        left_out: how many more there are that are not in `problems`.
        """
        self.problems = problems
        shown = [str(problem) for problem in problems[:MAX_SHOWN]]
        more = len(problems) - len(shown) + left_out
        if more:
            shown.append(f"{problems[0].file}: and {more} more problem{'s' if more > 1 else ''} of this file")
        super().__init__(*shown)


def unusable(path: Path | str, message: str, line: int = 0) -> SystemFileError:
    """The error for a file that cannot be read as a whole."""
    return SystemFileError((Problem(inert(str(path), 200), line, "", message),))


def inert(text: str, limit: int = 60) -> str:
    """Text from a file as it may be shown: without control characters or broken encodings, and bounded."""
    clean = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if not clean.isprintable():
        clean = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in clean[: limit + 1])
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
