"""Whether a site shows strangers the debug pages of its framework."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DebugSign:
    """A debug page that was answered."""

    asked: str
    """What was asked for, in words: `an unknown path`."""

    framework: str
    sign: str
    """What gave it away: a fixed text of the framework, never of the page."""

    status: int


@dataclass(frozen=True, kw_only=True)
class DebugPages:
    """What an entry point answers to what it does not know."""

    asked: tuple[str, ...]
    """What was asked for and answered."""

    signs: tuple[DebugSign, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EnvironmentPages:
    """Which of the application's open pages print the server's environment to strangers."""

    asked: tuple[str, ...]
    """Paths of its URL table that could, and that answered."""

    printed: tuple[str, ...] = ()
    """Those that did."""
