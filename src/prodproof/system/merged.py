"""A system file together with the files it includes, and where each table stands."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from prodproof.facts import Location
from prodproof.system.errors import Problem, SystemFileError, inert
from prodproof.system.migrate import migrate
from prodproof.system.problems import told
from prodproof.system.schema import ARRAYS, FILE_NAME, VERSION, SystemTables
from prodproof.system.source import Source, parse, read_text

MAX_INCLUDED = 20


@dataclass(frozen=True)
class SystemFile:
    """What the files say, checked for form; `checks.py` checks the sense."""

    path: Path
    """The system file, absolute, links resolved."""

    tables: SystemTables
    """Its own tables followed by those of the included files."""

    origins: dict[str, tuple[tuple[Source, int], ...]]
    """For each array of tables, the file and index there of each of its elements."""

    source: Source
    notices: tuple[str, ...] = ()
    """Lines that a reader should see: an old format was migrated."""

    @property
    def root(self) -> Path:
        """The directory that its paths are relative to."""
        return self.path.parent

    def place(self, table: str, index: int | None = None, key: str | None = None) -> tuple[str, int]:
        """The shown file name and line of a table, or of one of its keys."""
        if index is None:
            path = (table,) if key is None else (table, key)
            return self.source.shown, self.source.line(path)
        source, local = self.origins[table][index]
        return source.shown, source.line((table, local) if key is None else (table, local, key))

    def problem(self, table: str, index: int | None, key: str | None, message: str) -> Problem:
        """A problem at that place."""
        file, line = self.place(table, index, key)
        return Problem(file, line, table if key is None else f"{table}.{key}", message)

    def location(self, table: str, index: int) -> Location:
        """The place of a table, by its path from the system file's directory."""
        source, local = self.origins[table][index]
        path = os.path.relpath(source.path, self.root)
        return Location(path.replace(os.sep, "/"), source.line((table, local)) or None)


def shown_path(path: Path) -> str:
    """A path as messages name it: relative where it lies below the present directory."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        return inert(str(path), 200)
    return inert(relative if not relative.startswith("..") else str(path), 200)


def read(path: Path) -> SystemFile:
    """Read a system file and what it includes.

    Raises SystemFileError with all that is wrong with the first file that cannot be used.
    """
    if os.path.isdir(path) and path.name != FILE_NAME:
        path = path / FILE_NAME
    shown = shown_path(path)
    text = read_text(path, shown)
    path = path.resolve()
    migrated = migrate(parse(text, path, shown))
    source = migrated.source
    tables = _validated(source, source.data)
    merged = {name: list(getattr(tables, name)) for name in ARRAYS}
    origins = {name: [(source, index) for index in range(len(merged[name]))] for name in ARRAYS}
    for name, included in _included(path.parent, tables, source):
        extra = _validated(included, {"version": VERSION, "name": name, **included.data})
        for table in ARRAYS:
            items = getattr(extra, table)
            merged[table] += items
            origins[table] += [(included, index) for index in range(len(items))]
    notices: tuple[str, ...] = ()
    if migrated.from_version is not None:
        old = migrated.from_version
        notices = (
            f"{shown} is written in format {old}; it was read as {VERSION}. To rewrite it: prodproof init --migrate",
        )
    return SystemFile(
        path=path,
        tables=tables.model_copy(update=merged),
        origins={name: tuple(items) for name, items in origins.items()},
        source=source,
        notices=notices,
    )


def _validated(source: Source, data: dict[str, object]) -> SystemTables:
    try:
        return SystemTables.model_validate(data)
    except ValidationError as error:
        raise told(error, source) from None


def _included(root: Path, tables: SystemTables, source: Source) -> list[tuple[str, Source]]:
    if len(tables.include) > MAX_INCLUDED:
        message = f"names more than {MAX_INCLUDED} files"
        raise SystemFileError((Problem(source.shown, source.line(("include",)), "include", message),))
    found = []
    for index, name in enumerate(tables.include):
        line = source.line(("include", index))
        path = root / name
        try:
            inside = path.resolve().is_relative_to(root)
        except (OSError, RuntimeError):
            inside = True  # a loop of links; reading it says so
        if not inside:
            message = f'"{inert(name)}" lies outside the directory of the system file'
            raise SystemFileError((Problem(source.shown, line, "include", message),))
        shown = shown_path(path)
        included = parse(read_text(path, shown), path.resolve(), shown)
        for key in included.data:
            if key not in ARRAYS and key in SystemTables.model_fields:
                message = f"stands in {source.shown} only; an included file holds [[tables]]"
                raise SystemFileError((Problem(shown, included.line((key,)), inert(key), message),))
        found.append((name, included))
    return found
