"""What a runbook names and does not exist, found before anything of it is run."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from prodproof.drills.runbook import Block, Problem, Runbook
from prodproof.facts import Unseen
from prodproof.facts.alerting import RunbookLink, RunbookPlace
from prodproof.probes._runbook_pages import read_pages
from prodproof.reach.files.runbooks import steps as steps_below
from prodproof.reach.pipelines.shell import Command, commands, unwrapped
from prodproof.reach.process import run
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


def missing(book: Runbook, root: Path, find: Callable[[str], str | None]) -> tuple[Problem, ...]:
    """Commands, files and links of a runbook that are not there, and scripts that no shell can read.

    Args:
        book: the runbook.
        root: of the repository, where its commands run.
        find: path of an installed program, or None.
    """
    found = {*_links(book, root)}
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


def dead_pages(book: Runbook, world: World) -> tuple[Problem, ...]:
    """Links to pages of declared sites that do not answer; no other site is asked."""
    links = {target: line for target, line in _targets(book) if target.startswith(("http://", "https://"))}
    pages = read_pages([RunbookLink(target=target, place=RunbookPlace.URL) for target in links], world)
    dead = (RunbookPlace.MISSING, RunbookPlace.NO_HEADING)
    return tuple(
        sorted(
            Problem(links[target], f"{inert(target, 200)} is not there")
            for target, page in pages.items()
            if page.place in dead
        )
    )


def _unreadable(block: Block) -> Iterator[Problem]:
    ran = run([block.language, "-n", "-c", block.script], timeout=10)  # reads it, and runs nothing
    if isinstance(ran, Unseen):
        yield Problem(block.line, f"{block.role}={block.step}: {ran.detail}")
    elif ran.code != 0:
        yield Problem(
            block.line, f"{block.role}={block.step}: {block.language} cannot read it: {inert(ran.error_line(), 120)}"
        )


def _not_there(block: Block, root: Path, find: Callable[[str], str | None], made: set[str]) -> Iterator[Problem]:
    script = _CASE.sub(r"\1\n", block.script)
    own = {*BUILT_IN, *_FUNCTION.findall(script)}
    for command in commands(script):
        line = block.line + command.line
        for name in dict.fromkeys((command.words[0], *unwrapped(command.words)[:1])):
            if name not in own and not _OPEN.search(name) and not _program(name, root, find) and name not in made:
                yield Problem(line, f"{block.step}: there is no command {inert(name)}")
        for file in _read_by(command):
            if not _OPEN.search(file) and file not in made and not (root / file).exists():
                yield Problem(line, f"{block.step}: there is no file {inert(file, 200)}")
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


def _links(book: Runbook, root: Path) -> Iterator[Problem]:
    folder = PurePosixPath(book.path).parent
    for target, line in _targets(book):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        place = root / folder / path if path else root / book.path
        if not place.exists():
            yield Problem(line, f"the link {inert(target, 200)} leads nowhere")
        elif anchor and place.suffix == ".md" and _without_heading(place, anchor):
            yield Problem(line, f"the link {inert(target, 200)} leads to no heading")


def _without_heading(path: Path, anchor: str) -> bool:
    try:
        return steps_below(path.read_text(encoding="utf-8", errors="replace"), anchor) is None
    except OSError:
        return True


def _targets(book: Runbook) -> Iterator[tuple[str, int]]:
    fenced = False
    for number, line in enumerate(book.text.splitlines(), 1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            for match in _LINK.finditer(line):
                yield match[1], number
