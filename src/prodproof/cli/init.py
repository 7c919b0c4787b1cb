"""`prodproof init`: look at a repository, and write the system file that a person would have written."""

import os
import secrets
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, TextIO

import typer

from prodproof.facts import Unseen
from prodproof.facts.repository import RepositoryTree
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.git.tree import read_tree
from prodproof.system.discover.found import Found, Kind
from prodproof.system.discovery import discover
from prodproof.system.draft import SCHEMA_FILE, draft
from prodproof.system.errors import UserError, inert
from prodproof.system.merged import shown_path
from prodproof.system.migrate import migrated_text
from prodproof.system.schema import FILE_NAME, json_schema_text
from prodproof.system.source import parse, read_text

MAX_OF_A_KIND = 6

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="The repository or directory to look at.")] = Path("."),
    print_: Annotated[bool, typer.Option("--print", help="Print the file instead of writing it.")] = False,
    migrate: Annotated[bool, typer.Option("--migrate", help="Rewrite a system file of an old format.")] = False,
) -> None:
    """Look at a repository and write prodproof.toml. Nothing of it is run, nothing is contacted or overwritten."""
    if migrate:
        _migrate(path, print_)
        return
    target = path / FILE_NAME
    if not print_ and os.path.lexists(target):
        raise UserError(
            f"{shown_path(target)} exists and is not overwritten; prodproof init --print shows what init would write"
        )
    reader = RepositoryReader.open(path)
    if isinstance(reader, Unseen):
        raise UserError(inert(reader.detail, 300))
    if reader.bare and not print_:
        raise UserError(f"{inert(str(path), 200)} has no work tree to write into; use --print")
    tree = read_tree(reader)
    found = discover(tree)
    text = draft(tree, found)
    _report(tree, found, sys.stderr if print_ else sys.stdout, everything=print_)
    if print_:
        typer.echo(text, nl=False)
        return
    _create(target, text)
    _write_schema(path)
    waiting = sum("# TODO" in line for line in text.splitlines())
    print(f"\nwrote {shown_path(target)}: {waiting} places wait for you, marked TODO")
    print("next: prodproof verify")


def _report(tree: RepositoryTree, found: tuple[Found, ...], out: TextIO, everything: bool) -> None:
    shown: Counter[Kind] = Counter()
    total = Counter(item.kind for item in found)
    print(f"looked at {len(tree.paths)} files, read {len(tree.files)} of them", file=out)
    for item in found:
        shown[item.kind] += 1
        if not everything and shown[item.kind] > MAX_OF_A_KIND:
            if shown[item.kind] == MAX_OF_A_KIND + 1:
                print(f"  {'':14} … and {total[item.kind] - MAX_OF_A_KIND} more", file=out)
            continue
        label = item.kind if shown[item.kind] == 1 else ""
        detail = f" ({inert(item.detail, 80)})" if item.detail else ""
        place = inert(str(item.at), 120)
        name = inert(item.name, 80)
        print(f"  {label:14} {name}{detail}" + (f"  {place}" if place != name else ""), file=out)
    if not found:
        print("  nothing that prodproof knows was found; the file is a start to fill in", file=out)
    for gap in tree.gaps[:MAX_OF_A_KIND]:
        print(f"  {'not read':14} {inert(gap.detail, 200)}", file=out)


def _create(target: Path, text: str) -> None:
    try:
        # O_EXCL follows no link and overwrites nothing, whatever came in between.
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{shown_path(target)} exists and is not overwritten") from None
    except OSError as error:
        raise UserError(f"{shown_path(target)} cannot be written: {error.strerror}; use --print") from None


def _write_schema(root: Path) -> None:
    """Put the schema where the file's first line says. Only editors miss it, so that a failure is no error."""
    state = root / Path(SCHEMA_FILE).parent
    try:
        state.mkdir(mode=0o700, exist_ok=True)
        if state.is_symlink():
            return
        for name, text in ((".gitignore", "*\n"), (Path(SCHEMA_FILE).name, json_schema_text())):
            if not os.path.lexists(state / name):
                _create(state / name, text)
    except (OSError, UserError):
        return


def _migrate(path: Path, print_: bool) -> None:
    target = path if path.is_file() else path / FILE_NAME
    shown = shown_path(target)
    source = parse(read_text(target, shown), target, shown)
    text = migrated_text(target, source)
    if print_:
        typer.echo(text, nl=False)
        return
    backup = target.with_name(f"{target.name}.v{source.data['version']}")
    _create(backup, source.text)
    temporary = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    _create(temporary, text)
    os.replace(temporary, target.resolve())
    print(f"rewrote {shown} in the present format; the old one is {shown_path(backup)}")
