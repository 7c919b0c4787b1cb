"""From a command's target and options to what is declared, where state lies, and how to behave towards others."""

import hashlib
import os
import re
import shlex
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from prodproof.facts import Unseen
from prodproof.facts.declared import Declared, DjangoApp, EntryPoint, Environment
from prodproof.guarantees import Entry, catalogue
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.git.tree import read_tree
from prodproof.reach.programs import find_program
from prodproof.reach.world import Settings
from prodproof.system.checks import check
from prodproof.system.discovery import infer, summary
from prodproof.system.errors import UserError, inert
from prodproof.system.load import declare, find_system_file
from prodproof.system.merged import read
from prodproof.system.trust import TrustStore


@dataclass(frozen=True)
class Session:
    """What a command works on."""

    declared: Declared
    state: Path
    """Directory of the ledger and of reports."""

    settings: Settings
    system_file: Path | None
    notes: tuple[str, ...] = ()


def open_session(
    target: str,
    *,
    env: str | None = None,
    state: Path | None = None,
    trust: bool = False,
    django: str | None = None,
    settings: Settings | None = None,
    today: date | None = None,
) -> Session:
    """Find out what a target is, and read what is declared about it.

    Raises UserError for a target that is nothing of the kind, or a system file that cannot be used.
    """
    settings = settings or Settings()
    if "://" in target:
        return _visit(target, state, settings, env, django)
    file = find_system_file(Path(target))
    if file is None:
        return _inferred(Path(target), env, state, trust, django, settings)
    ids = {item.id for item in catalogue()}
    read_file = read(file)
    check(read_file, ids, today)
    trusted = trust or TrustStore(os.environ).standing(read_file).trusted
    declared = _with_django(declare(read_file, env, trusted=trusted), django)
    state = state or file.resolve().parent / ".prodproof"
    return Session(declared, state, settings, file, tuple(read_file.notices))


def _visit(url: str, state: Path | None, settings: Settings, env: str | None, django: str | None) -> Session:
    if env or django:
        raise UserError("a bare URL has no environments and no application to ask; declare a system for that")
    entry = EntryPoint(url=_checked_url(url), purpose="named on the command line", canonical=True)
    declared = Declared(
        system=entry.authority,
        environment=Environment(name="production"),
        inferred=True,
        visitor=True,
        entry_points=(entry,),
        all_entry_points=(entry,),
    )
    return Session(declared, state or _user_state(entry.url, entry.authority), settings, None)


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UserError(f"{inert(url, 100)}: not a URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise UserError(f"{inert(url, 100)}: only http and https can be visited")
    if not parts.hostname or not re.fullmatch(r"[A-Za-z0-9_.:-]+", parts.hostname) or port == 0:
        raise UserError(f"{inert(url, 100)}: no usable host name; write https://shop.example")
    if parts.username or parts.password:
        raise UserError("a URL with a password in it is not taken: it would be written down; leave the password out")
    return url


def _inferred(
    path: Path, env: str | None, state: Path | None, trust: bool, django: str | None, settings: Settings
) -> Session:
    reader = RepositoryReader.open(path)
    if isinstance(reader, Unseen):
        raise UserError(reader.detail)
    tree = read_tree(reader)
    declared = replace(infer(tree, str(reader.directory)), trusted=trust)
    if env is not None and env != declared.environment.name:
        raise UserError(f'there is no environment "{inert(env)}" to verify without prodproof.toml; prodproof init')
    notes = (
        "no prodproof.toml: what is declared was inferred from the repository; prodproof init writes the file",
        summary(tree),
    )
    state = state or _user_state(str(reader.directory), reader.directory.name)
    return Session(_with_django(declared, django), state, settings, None, notes)


def _with_django(declared: Declared, command: str | None) -> Declared:
    if command is None:
        return declared
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise UserError(f"--django: {error}") from None
    if not words:
        raise UserError("--django: name the command, for example 'python manage.py'")
    app = DjangoApp(environment=declared.environment.name, manage=words)
    return replace(declared, django=(app,))


def _user_state(target: str, name: str) -> Path:
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    safe = re.sub(r"[^A-Za-z0-9.-]+", "-", name)[:60] or "system"
    return base / "prodproof" / f"{safe}-{hashlib.sha256(os.fsencode(target)).hexdigest()[:8]}"


def choose(only: Collection[str], areas: Collection[str]) -> tuple[Entry, ...]:
    """The claims that `--only` and `--area` name; all of them if neither does. Raises UserError for no match."""
    every = catalogue()
    known = {item.guarantee.area for item in every}
    for area in areas:
        if area not in known:
            raise UserError(f"there is no area {inert(area)}; there are: {', '.join(sorted(known))}")
    for pattern in only:
        if not any(fnmatchcase(item.id, pattern) for item in every):
            raise UserError(f"--only {inert(pattern)} matches no guarantee; prodproof guarantees lists them")
    if not only and not areas:
        return every
    return tuple(
        item for item in every if item.guarantee.area in areas or any(fnmatchcase(item.id, pattern) for pattern in only)
    )


def tool(name: str) -> str | None:
    """Path of an installed program."""
    return find_program(name)
