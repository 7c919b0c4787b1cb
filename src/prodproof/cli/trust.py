"""`prodproof trust`: leave to run what a repository names, kept outside of it."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from prodproof.system.checks import check
from prodproof.system.errors import UserError
from prodproof.system.load import find_system_file
from prodproof.system.merged import read
from prodproof.system.trust import Standing, TrustStore, asks

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def trust(
    path: Annotated[Path, typer.Argument(help="The directory of a system file, or one below it.")] = Path("."),
    remove: Annotated[bool, typer.Option("--remove", help="Take trust back.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show the trusted directories.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Let prodproof run the commands, resolve the secret references and send the traffic that a system file names."""
    store = TrustStore(os.environ)
    if list_:
        for directory in store.directories():
            print(directory)
        return
    if remove:
        _remove(store, path)
        return
    found = find_system_file(path)
    if found is None:
        raise UserError(f"no prodproof.toml in {path} or above it; prodproof init writes one")
    file = read(found)
    check(file)
    standing = store.standing(file)
    if standing.trusted:
        print(f"{file.root} is trusted already, as {file.source.shown} is now")
        return
    _show(standing, file.source.shown, len(asks(file)))
    if not yes:
        if not sys.stdin.isatty():
            raise UserError("there is no terminal to ask on; say --yes if this is right")
        if not typer.confirm("Trust this, and the code that these commands run?", default=False):
            print("not trusted")
            raise typer.Exit(2)
    store.grant(file)
    print(f"trusted: {file.root}   (kept in {store.path})")


def _show(standing: Standing, shown: str, total: int) -> None:
    if standing.recorded:
        print(f"{shown} changed since it was trusted:")
        print(*(f"  {line}" for line in standing.lines), sep="\n")
    elif total:
        print(f"With trust, prodproof does what {shown} asks for:")
        print(*(f"  {ask}" for ask in standing.new), sep="\n")
    else:
        print(f"{shown} asks for nothing that needs trust yet; what it asks for later will need it again.")


def _remove(store: TrustStore, path: Path) -> None:
    try:
        directory = path.resolve()
    except (OSError, RuntimeError):
        raise UserError(f"{path} cannot be read") from None
    directory = directory.parent if directory.is_file() else directory
    for candidate in (directory, *directory.parents):
        if store.remove(candidate):
            print(f"no longer trusted: {candidate}")
            return
    raise UserError(f"{directory} is not trusted; prodproof trust --list shows what is")
