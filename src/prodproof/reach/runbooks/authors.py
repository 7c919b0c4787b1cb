"""Who wrote the steps of a runbook, as they stand: by the history of their lines."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Person
from prodproof.reach.git.command import Git
from prodproof.reach.runbooks.book import Runbook

_NOBODY = "0" * 40
_NO_REPLY = re.compile(r"(?:\d+\+)?([^@+]+)@users\.noreply\.[\w.-]+", re.IGNORECASE)


@dataclass(frozen=True)
class Authors:
    """Who wrote the steps."""

    persons: tuple[str, ...]
    """Ids of the roster."""

    strangers: int
    """Others, and one for lines that nobody has committed yet."""


def authors_of(book: Runbook, root: Path, people: Collection[Person]) -> Authors | Unseen:
    """Who wrote the lines of a runbook's steps that stand today; prose beside them does not count.

    Args:
        book: the runbook as it lies in the work tree.
        root: of the repository.
        people: the roster.
    """
    git = Git(root)
    shallow = git("rev-parse", "--is-shallow-repository", timeout=10)
    if isinstance(shallow, Unseen):
        return shallow
    if shallow.code != 0:
        return Unseen(Reason.NOT_CONFIGURED, "the runbook lies in no repository of git, so nobody knows who wrote it")
    if shallow.stdout.strip() != b"false":
        return Unseen(Reason.INCOMPLETE, "the repository's history is cut off, so nobody knows who wrote the runbook")
    # A file in the repository may ask for commits to be passed over: not here.
    blamed = git("-c", "blame.ignoreRevsFile=", "blame", "--line-porcelain", "-w", *_lines(book), "--", book.path)
    if isinstance(blamed, Unseen):
        return blamed
    if blamed.code != 0:
        return Unseen(Reason.INCOMPLETE, "git has no history of the runbook: it is not committed")
    found = {_person(name, address, people) or (name, address) for name, address in _written(blamed.stdout)}
    persons = sorted(item for item in found if isinstance(item, str))
    return Authors(tuple(persons), len(found) - len(persons))


def _lines(book: Runbook) -> list[str]:
    """The fenced blocks with the lines that begin and end them."""
    words = []
    last = max(len(book.text.splitlines()), 1)
    for step in book.steps:
        for block in step.blocks.values():
            end = min(block.line + block.script.count("\n"), last)
            words += ["-L", f"{block.line - 1},{end}"]
    return words


def _written(output: bytes) -> set[tuple[str, str]]:
    found = set()
    commit = name = address = ""
    for line in output.decode("utf-8", "replace").split("\n"):
        if head := re.match(r"([0-9a-f]{40,64}) \d+ \d+", line):
            commit = head[1]
        elif line.startswith("author "):
            name = line.removeprefix("author ")
        elif line.startswith("author-mail "):
            address = line.removeprefix("author-mail ").strip("<>")
            uncommitted = commit.startswith(_NOBODY)
            found.add(("", "") if uncommitted else (name, address.casefold()))
    return found


def _person(name: str, address: str, people: Collection[Person]) -> str | None:
    login = _NO_REPLY.fullmatch(address)
    for person in people:
        accounts = {account.casefold() for _, account in person.accounts}
        if (address and address == person.email.casefold()) or (login and login[1].casefold() in accounts):
            return person.id
    return next((person.id for person in people if name and name == person.name), None)
