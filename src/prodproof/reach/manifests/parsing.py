"""What the readers of manifests share: a failure of their own, hosts without credentials, typed access to JSON."""

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from prodproof.facts.dependencies import Dependency, Ecosystem, Manifest, Role

MAX_DEPENDENCIES = 100_000
MAX_WRITTEN = 120
_CREDENTIALS = re.compile(r"(?<=//)[^/@\s]*@")
_QUERY = re.compile(r"\?[^\s#;]*")

Read = Callable[[str, str], Manifest]
"""Reads one file: path and text in, manifest out; raises UnparsableError."""

Wanted = TypeVar("Wanted")


class UnparsableError(Exception):
    """A file is not in its format; the message says where, and never quotes more than a name."""


def plain(written: str) -> str:
    """A requirement or URL as it may be kept: without credentials and query, on one line, shortened."""
    return " ".join(_QUERY.sub("", _CREDENTIALS.sub("", written)).split())[:MAX_WRITTEN]


def host_of(url: str) -> str | None:
    """The host of a URL, with its port if it has one; None when there is none."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
        port = parts.port
    except ValueError:
        return None
    if not host:
        return None
    return host.lower() if port is None else f"{host.lower()}:{port}"


def is_insecure(url: str) -> bool:
    """Whether what a URL names is fetched without TLS (loopback counts as safe)."""
    lowered = url.strip().lower().removeprefix("git+")
    if not lowered.startswith(("http://", "git://", "ftp://")):
        return False
    return (host_of(lowered) or "").partition(":")[0] not in ("localhost", "127.0.0.1")


def table(value: object) -> dict[str, object]:
    """A JSON, TOML or YAML table; empty for anything else."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def listed(value: object) -> list[object]:
    """A list; empty for anything else."""
    return value if isinstance(value, list) else []


def string(value: object) -> str | None:
    """A non-empty string or None."""
    return value if isinstance(value, str) and value else None


def made(
    path: str,
    ecosystem: Ecosystem,
    form: str,
    role: Role,
    dependencies: list[Dependency],
    *,
    unread: tuple[int, ...] = (),
    whole: bool | None = None,
) -> Manifest:
    """A manifest; raises UnparsableError for one with more entries than anybody has."""
    if len(dependencies) > MAX_DEPENDENCIES:
        raise UnparsableError(f"more than {MAX_DEPENDENCIES} packages")
    return Manifest(
        path=path,
        ecosystem=ecosystem,
        form=form,
        role=role,
        dependencies=tuple(dependencies),
        whole=role is Role.LOCK if whole is None else whole,
        unread=unread,
    )


class Lines:
    """Finds the line on which a name stands, for formats whose parsers keep no positions."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] | None = None
        self._cursor = 0

    def of(self, *words: str) -> int | None:
        """Line, counted from 1, of one of these texts; entries are best asked for in the file's order."""
        for word in words:
            # Files name their entries in the order they are asked for, mostly: looking on from the last hit keeps a
            # large lock file from being searched from its start for each package.
            found = self._text.find(word, self._cursor)
            if found < 0:
                found = self._text.find(word)
            if found >= 0:
                self._cursor = found
                return self._line_at(found + (word[0] == "\n"))
        return None

    def _line_at(self, offset: int) -> int:
        if self._starts is None:
            self._starts = [0] + [match.end() for match in re.finditer("\n", self._text)]
        return bisect_right(self._starts, offset)
