"""What a runbook names and does not exist, found before anything of it is run."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from prodproof.facts import Unseen
from prodproof.facts.alerting import RunbookLink, RunbookPlace
from prodproof.facts.declared import Person
from prodproof.facts.runbooks import RunbookProblem
from prodproof.facts.runbooks import RunbookProblemKind as Kind
from prodproof.reach.files.runbooks import steps as steps_below
from prodproof.reach.pipelines.shell import Command, commands, unwrapped
from prodproof.reach.process import run
from prodproof.reach.runbooks.book import Block, Runbook
from prodproof.reach.runbooks.lifted import lifted
from prodproof.reach.runbooks.pages import read_pages
from prodproof.reach.world import World
from prodproof.system.errors import inert

BUILT_IN = frozenset(
    """. : [ [[ alias bg break case cd command continue declare do done echo elif else esac eval exec exit export false
    fg fi for function getopts hash if in jobs kill let local popd printf pushd pwd read readonly return select set
    shift shopt source test then time times trap true type typeset ulimit umask unalias unset until wait while { }
    !""".split()  # noqa: SIM905 (a list of words)
)
"""What a shell knows by itself (POSIX.1-2024, 2.15, and bash)."""

READERS = re.compile(r"(?:ba|da|k|z)?sh|source|\.|python[\d.]*|perl|ruby|node|psql|ansible-playbook")
"""Programs whose first argument, or that of `-f`, is a file that they read."""

_LINK = re.compile(r"(?<!\!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^\"']*[\"'])?\s*\)")
_CASE = re.compile(r"(\bin\b|;;)\s*\(?[^()\n;]*\)")
_FUNCTION = re.compile(r"^[ \t]*(?:function[ \t]+)?([A-Za-z_][\w-]*)[ \t]*\(\)", re.MULTILINE)
_OPEN = re.compile(r"[$*?`~{]")
"""What a word holds that only the shell can tell the meaning of."""


def missing(book: Runbook, root: Path, find: Callable[[str], str | None]) -> tuple[RunbookProblem, ...]:
    """Commands, files and links of a runbook that are not there, and scripts that no shell can read.

    Args:
        book: the runbook.
        root: of the repository, where its commands run.
        find: path of an installed program, or None.
    """
    found = {*dead_links(book.text, book.path, root)}
    made: set[str] = set()
    for step in book.steps:
        for block in step.blocks.values():
            if block.language != "person":
                found.update(_unreadable(block))
                found.update(_not_there(block, root, find, made))
    return tuple(sorted(found))


def lacking(book: Runbook) -> Callable[[World], Iterator[str]]:
    """For `Exercise.lacks`: what a runbook names and is not there, and pages of declared sites that do not answer."""

    def look(world: World) -> Iterator[str]:
        root = Path(world.declared.root or ".")
        for item in (*missing(book, root, world.tools), *dead_pages(book, world)):
            yield f"{inert(book.path, 200)}:{item.line}: {item.message}"

    return look


@dataclass(frozen=True)
class LinkedPages:
    """What came of the links of a runbook to sites."""

    dead: tuple[RunbookProblem, ...]
    """Links to pages of declared sites that are not there."""

    unread: tuple[str, ...]
    """Links of which nobody saw whether they lead somewhere: to sites that are not the team's own, which are not asked,
    and to pages that could not be read."""


def linked_pages(book: Runbook, world: World) -> LinkedPages:
    """Follow the links to pages of declared sites; no other site is asked."""
    links = {target: line for target, line in _targets(book.text) if target.startswith(("http://", "https://"))}
    pages = read_pages([RunbookLink(target=target, place=RunbookPlace.URL) for target in links], world)
    dead = {target for target, page in pages.items() if page.place in (RunbookPlace.MISSING, RunbookPlace.NO_HEADING)}
    read = dead | {target for target, page in pages.items() if page.place is RunbookPlace.FILE}
    return LinkedPages(
        dead=tuple(
            sorted(RunbookProblem(links[target], f"{inert(target, 200)} is not there", Kind.LINK) for target in dead)
        ),
        unread=tuple(sorted(inert(target, 200) for target in links.keys() - read)),
    )


def dead_pages(book: Runbook, world: World) -> tuple[RunbookProblem, ...]:
    """Links to pages of declared sites that are not there."""
    return linked_pages(book, world).dead


def unowned(book: Runbook, people: Collection[Person], *, owned: bool = False) -> Iterator[RunbookProblem]:
    """Steps of persons whom the roster does not know.

    Args:
        book: the runbook.
        people: the roster; without any, everybody is known.
        owned: whether each step must say who answers for it; else anybody may do it.
    """
    known = {name for person in people for name in (person.id, person.name, person.email, *person.roles) if name}
    for step in book.steps:
        if step.act.language != "person":
            continue
        whom = step.act.terms.get("whom", "")
        if not whom and owned:
            says = f"{step.id}: nobody owns it: whom=…"
            yield RunbookProblem(step.act.line - 1, says, Kind.OWNER)
        elif whom and people and whom not in known:
            says = f"{step.id}: nobody of the roster is {inert(whom, 60)}"
            yield RunbookProblem(step.act.line - 1, says, Kind.OWNER)


def _unreadable(block: Block) -> Iterator[RunbookProblem]:
    ran = run([block.language, "-n", "-c", block.script], timeout=10)  # reads it, and runs nothing
    if isinstance(ran, Unseen):
        yield RunbookProblem(block.line, f"{block.role}={block.step}: {ran.detail}", Kind.PROGRAM)
    elif ran.code != 0:
        says = f"{block.role}={block.step}: {block.language} cannot read it: {inert(ran.error_line(), 120)}"
        yield RunbookProblem(block.line, says, Kind.SCRIPT)


def _not_there(block: Block, root: Path, find: Callable[[str], str | None], made: set[str]) -> Iterator[RunbookProblem]:
    script = _CASE.sub(r"\1\n", block.script)
    own = {*BUILT_IN, *_FUNCTION.findall(script)}
    for start, part in lifted(script):
        yield from _of_part(block, part, block.line + start, own, root, find, made)


def _of_part(
    block: Block, part: str, first: int, own: set[str], root: Path, find: Callable[[str], str | None], made: set[str]
) -> Iterator[RunbookProblem]:
    for command in commands(part):
        line = first + command.line
        for name in dict.fromkeys((command.words[0], *unwrapped(command.words)[:1])):
            if name not in own and not _OPEN.search(name) and not _program(name, root, find) and name not in made:
                kind = Kind.COMMAND if "/" in name else Kind.PROGRAM
                yield RunbookProblem(line, f"{block.step}: there is no command {inert(name)}", kind)
        for file in _read_by(command):
            if not _OPEN.search(file) and file not in made and not (root / file).exists():
                yield RunbookProblem(line, f"{block.step}: there is no file {inert(file, 200)}", Kind.FILE)
        made.update(word.lstrip(">") for word in command.words[1:])


def _program(name: str, root: Path, find: Callable[[str], str | None]) -> bool:
    return (root / name).is_file() if "/" in name else find(name) is not None


def _read_by(command: Command) -> Iterator[str]:
    words = unwrapped(command.words) or command.words
    for word, following in zip(words, (*words[1:], "")):
        if word == "<" and following:
            yield following
        elif re.fullmatch(r"<[^<&(].*", word):
            yield word[1:]
    if not READERS.fullmatch(words[0]):
        return
    arguments = list(words[1:])
    while arguments and arguments[0].startswith("-"):
        option = arguments.pop(0)
        if option in ("-c", "-m", "-e", "-"):
            return
        if option in ("-f", "--file") and arguments:
            yield arguments[0]
            return
    if arguments and words[0] != "psql" and not arguments[0].startswith(("<", ">")):
        yield arguments[0]


def dead_links(text: str, path: str, root: Path) -> Iterator[RunbookProblem]:
    """Links of a document within its repository that lead nowhere.

    Args:
        text: of the document.
        path: of its file, relative to the repository.
        root: of the repository.
    """
    folder = PurePosixPath(path).parent
    for target, line in _targets(text):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        to, _, anchor = target.partition("#")
        place = root / folder / to if to else root / path
        if not place.exists():
            yield RunbookProblem(line, f"the link {inert(target, 200)} leads nowhere", Kind.LINK)
        elif anchor and place.suffix == ".md" and _without_heading(place, anchor):
            yield RunbookProblem(line, f"the link {inert(target, 200)} leads to no heading", Kind.LINK)


def _without_heading(path: Path, anchor: str) -> bool:
    try:
        return steps_below(path.read_text(encoding="utf-8", errors="replace"), anchor) is None
    except OSError:
        return True


def _targets(text: str) -> Iterator[tuple[str, int]]:
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            for match in _LINK.finditer(line):
                yield match[1], number
