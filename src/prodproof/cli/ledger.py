"""`prodproof ledger`: verify, export, sign, carry and prune the evidence."""

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from prodproof.cli.main import Exit
from prodproof.cli.options import State
from prodproof.facts import Unseen
from prodproof.ledger import (
    Checkpoint,
    DivergedError,
    Head,
    Ledger,
    LedgerError,
    MovedError,
    NotALedgerError,
    Verification,
    known_public_key,
    open_ledger,
    read_public_key,
    signer,
)
from prodproof.ledger.database import FILE_NAME
from prodproof.ledger.export import ExportSource, write_whole
from prodproof.ledger.folder import Folder
from prodproof.ledger.keys import file_name
from prodproof.ledger.verification import verify as verify_source
from prodproof.reach.git.ref import GitRef, Moved
from prodproof.system.errors import UserError, inert
from prodproof.system.load import find_system_file

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="The evidence, kept.")

System = Annotated[str | None, typer.Option("--system", help="Which system, if the database holds several.")]
PublicKey = Annotated[
    list[str] | None, typer.Option("--public-key", help="A key to trust: its 64 hexadecimal digits, or a file.")
]
Since = Annotated[Path | None, typer.Option("--checkpoint", help="A checkpoint that was kept elsewhere.")]
Target = Annotated[str, typer.Argument(help="A folder; or git:REF, git:REMOTE, git:REMOTE/NAME.")]
Join = Annotated[bool, typer.Option("--join", help="If both sides went on, append our entries to theirs.")]

_AGE = re.compile(r"(\d{1,5})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


@app.command()
def verify(
    file: Annotated[Path | None, typer.Argument(help="An export; the ledger of this directory if left out.")] = None,
    public_key: PublicKey = None,
    checkpoint: Since = None,
    state: State = None,
    system: System = None,
) -> None:
    """Is it what was written? Names the first entry that was altered, is missing, out of place or cut off."""
    with _failures():
        kept = Checkpoint.read(checkpoint) if checkpoint else None
        given = [read_public_key(text) for text in public_key or ()]
        if file is not None:
            source = ExportSource(file)
            found = verify_source(source, given or _own_key(source.system), kept)
        else:
            with _existing(state, system) as ledger:
                found = ledger.verify(given or _own_key(ledger.system), kept)
    _report(found, str(file) if file else "the ledger")
    if not found.ok:
        raise typer.Exit(Exit.BROKEN)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it.")], state: State = None, system: System = None
) -> None:
    """Write everything into one file that can be verified by itself, offline."""
    with _failures(), _existing(state, system) as ledger:
        head = ledger.export(file)
    typer.echo(f"{head.sequence:,} entries, head {head.hash.hex()[:8]}, in {file}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An export.")],
    public_key: PublicKey = None,
    join: Join = False,
    state: State = None,
    system: System = None,
) -> None:
    """Take over what an export has and the ledger here lacks."""
    with _failures():
        name = system or ExportSource(file).system
        with _opened(state, name) as ledger:
            _merge(ledger, file, public_key, join)


@app.command()
def checkpoint(
    file: Annotated[Path | None, typer.Argument(help="Where to keep it; standard output if left out.")] = None,
    state: State = None,
    system: System = None,
) -> None:
    """Sign how far the ledger goes. Keep the file elsewhere: it shows later that nothing was cut off or rewritten."""
    with _failures(), _existing(state, system) as ledger:
        key = signer(ledger.system)
        made = ledger.checkpoint(_now())
        text = json.dumps(made.as_data(), indent=2) + "\n"
        if file is None:
            typer.echo(text, nl=False)
        else:
            write_whole(file, [text.encode()])
            typer.echo(f"entries 1 to {made.sequence:,} signed, in {file}; keep it outside this machine")
    typer.echo(f"public key {key.public}", err=file is None)


@app.command()
def push(target: Target = "git:", state: State = None, system: System = None) -> None:
    """Write the ledger to a folder or a git ref, for the next machine. Refused when the target has more than we do."""
    with _failures(), _existing(state, system) as ledger, tempfile.TemporaryDirectory() as scratch:
        name = f"{file_name(ledger.system)}.jsonl"
        if not target.startswith("git:"):
            head = Folder(Path(target)).push(ledger, name)
        else:
            head = _push_git(ledger, GitRef.parse(target[4:], _beside()), name, Path(scratch))
    typer.echo(f"{head.sequence:,} entries, head {head.hash.hex()[:8]}, pushed to {inert(target, 200)}")


@app.command()
def pull(
    target: Target = "git:",
    public_key: PublicKey = None,
    join: Join = False,
    state: State = None,
    system: System = None,
) -> None:
    """Take over what a folder or a git ref has and the ledger here lacks."""
    with _failures(), tempfile.TemporaryDirectory() as scratch:
        name = system or _declared_system()
        file = f"{file_name(name)}.jsonl"
        if not target.startswith("git:"):
            path = Path(target) / file
            if not path.exists():
                _nothing_there(target, name)
                return
        else:
            kept = GitRef.parse(target[4:], _beside()).read(file)
            if isinstance(kept, Unseen):
                raise LedgerError(f"{target}: {kept.why}: {kept.detail}")
            if kept.content is None:
                _nothing_there(target, name)
                return
            path = Path(scratch) / file
            path.write_bytes(kept.content)
        with _opened(state, name) as ledger:
            _merge(ledger, path, public_key, join)


@app.command()
def prune(
    older_than: Annotated[str, typer.Option("--older-than", help="An age: 90d, 12w, 6m, 2y.")],
    state: State = None,
    system: System = None,
) -> None:
    """Remove old evidence that no current verdict rests on. The chain stays, and a signed entry says what went."""
    now = _now()
    with _failures(), _existing(state, system) as ledger:
        removed = ledger.prune(now - _age(older_than), now)
    typer.echo(f"{removed:,} payloads removed")


@app.command()
def erase(
    digest: Annotated[str, typer.Argument(help="The payload's digest, or at least its first 8 digits.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the ledger for good.")],
    state: State = None,
    system: System = None,
) -> None:
    """Remove one piece of evidence for good, with the verdicts that were worded from it."""
    with _failures(), _existing(state, system) as ledger:
        whole = ledger.erase(digest.lower(), reason, _now())
    typer.echo(f"{whole} removed here; exports, folders and refs that have it need a new push")


def _push_git(ledger: Ledger, ref: GitRef, name: str, scratch: Path) -> Head:
    kept = ref.read(name)
    if isinstance(kept, Unseen):
        raise LedgerError(f"git: {kept.why}: {kept.detail}")
    if kept.content is not None:
        there = scratch / "there.jsonl"
        there.write_bytes(kept.content)
        ledger.may_replace(ExportSource(there).claimed())
    head = ledger.export(scratch / name)
    written = ref.write(name, scratch / name, kept.commit)
    if isinstance(written, Moved):
        raise MovedError("somebody else pushed meanwhile; run `prodproof ledger pull --join`, then push again")
    if isinstance(written, Unseen):
        raise LedgerError(f"git: {written.why}: {written.detail}")
    return head


def _merge(ledger: Ledger, path: Path, public_key: list[str] | None, join: bool) -> None:
    merged = ledger.merge(path, _now(), [read_public_key(text) for text in public_key or ()], join)
    anew = f"; {merged.joined:,} of ours appended to them" if merged.joined else ""
    typer.echo(f"{merged.received:,} entries received{anew}; {ledger.head().sequence:,} in all")


def _nothing_there(target: str, system: str) -> None:
    # The first run of all: a pipeline that always pulls first must not fail on it.
    typer.echo(f"{inert(target, 200)} holds no ledger of {inert(system, 200)} yet; nothing to pull")


def _report(found: Verification, what: str) -> None:
    typer.echo(f"{inert(found.system, 200)}: {found.entries:,} entries, {found.payloads:,} payloads, head {found.head}")
    if found.problem is not None:
        typer.echo(f"NOT as written: {found.problem}")
        return
    if found.removed:
        typer.echo(f"{found.removed:,} payloads were removed, each by a signed entry")
    if found.joined:
        typer.echo(f"{found.joined:,} segments written elsewhere were joined; each can be computed again")
    if found.foreign:
        typer.echo(f"{found.foreign:,} checkpoints are by other keys; give them with --public-key to count them")
    unsigned = found.entries - found.signed_through
    if not found.trusted:
        typer.echo("no public key was given and this machine has none: whoever holds the ledger could have remade it")
    elif unsigned:
        typer.echo(f"signed through entry {found.signed_through:,}; the {unsigned:,} after it are only chained")
    typer.echo(f"{inert(what, 200)} is as it was written")


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except NotALedgerError as error:
        raise UserError(str(error)) from None
    except (DivergedError, MovedError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(Exit.WRONG_USE) from None
    except LedgerError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(Exit.FAILED) from None


def _existing(state: Path | None, system: str | None) -> Ledger:
    """A ledger that is there: looking at one must not make one."""
    directory = _state(state)
    if not os.environ.get("PRODPROOF_DATABASE_URL") and not (directory / FILE_NAME).exists():
        raise UserError(f"{directory} holds no ledger; prodproof verify makes one, --state names another directory")
    return open_ledger(directory, system=system)


def _opened(state: Path | None, system: str) -> Ledger:
    return open_ledger(_state(state), system=system)


def _state(state: Path | None) -> Path:
    if state is not None:
        return state
    file = find_system_file(Path())
    if file is None and not os.environ.get("PRODPROOF_DATABASE_URL"):
        raise UserError("no prodproof.toml here or above; name the ledger's directory with --state")
    return (file.resolve().parent if file else Path()) / ".prodproof"


def _beside() -> Path:
    """The directory whose repository holds the ref."""
    file = find_system_file(Path())
    return file.resolve().parent if file else Path()


def _declared_system() -> str:
    file = find_system_file(Path())
    if file is None:
        raise UserError("no prodproof.toml here or above; name the system with --system")
    try:
        return str(tomllib.loads(file.read_text("utf-8"))["name"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{file}: the system's name cannot be read; name it with --system") from None


def _own_key(system: str) -> list[str]:
    key = known_public_key(system)
    return [key] if key else []


def _age(text: str) -> timedelta:
    match = _AGE.fullmatch(text)
    if not match:
        raise UserError(f"--older-than: {inert(text)} is no age; write 90d, 12w, 6m or 2y")
    return timedelta(days=int(match[1]) * _DAYS[match[2]])


def _now() -> datetime:
    return datetime.now(UTC)
