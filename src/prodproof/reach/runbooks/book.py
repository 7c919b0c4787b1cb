"""Executable runbooks: Markdown whose prose is for people, and whose fenced steps a drill follows.

    ## Stop the writers

    ```sh step=stop-writers time=1m objective=20s
    systemctl stop shop
    ```
    ```sh check=stop-writers
    ! systemctl is-active --quiet shop
    ```
    ```sh undo=stop-writers
    systemctl start shop
    ```
    ```person step=tell time=15m whom=on-call
    Say in the channel that the shop is closed.
    ```

A block belongs to a step by its id. `check` exits with 0 when the step is done and with 1 when it is not; `prove` exits
with 0 when it worked (`check` stands for it where there is none); `undo` puts back. The information after the language
says the rest: `time`, `objective`, `repeat=safe` in place of a check, `irreversible="why"` in place of an undo, `looks`
for a step that changes nothing, `lasting` for one that stays. What the commands print is not kept, but for its digest.
"""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from prodproof.facts.runbooks import RunbookProblem as Problem
from prodproof.facts.runbooks import RunbookProblemKind
from prodproof.reach.files.runbooks import section
from prodproof.system.errors import UserError, inert

MAX_BYTES = 1024 * 1024
MAX_STEPS = 200
SHELLS = {"sh": ("sh", "-eu", "-c"), "bash": ("bash", "-euo", "pipefail", "-c")}
"""Languages of blocks that are run, and what runs them."""

_UNITS = {"s": 1, "m": 60, "h": 3600}
_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?P<info>.*)$")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(?P<title>.*?)(?:\s+#+)?\s*$")
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_ROLES = ("step", "check", "prove", "undo")
_KEYS = {"time", "objective", "repeat", "irreversible", "looks", "lasting", "whom"}


class RunbookError(UserError):
    """A runbook that cannot be followed; one line for each problem."""

    def __init__(self, path: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__(*(f"{inert(path, 200)}:{item.line}: {item.message}" for item in self.problems[:20]))


@dataclass(frozen=True)
class Block:
    """One fenced block of a step."""

    language: str
    role: str
    step: str
    terms: Mapping[str, str]
    script: str
    line: int
    """Of its first line of text, counted from 1."""


@dataclass(frozen=True)
class BookStep:
    """One step with the blocks that belong to it."""

    id: str
    title: str
    """The heading that it stands under."""

    blocks: Mapping[str, Block] = field(default_factory=dict)
    """By role."""

    @property
    def act(self) -> Block:
        return self.blocks["step"]


@dataclass(frozen=True)
class Runbook:
    """A runbook that can be followed, or one section of it."""

    name: str
    """Its path, with `#` and the heading where it is one section."""

    text: str
    """Lines of other sections are blank."""

    steps: tuple[BookStep, ...]

    @property
    def path(self) -> str:
        """Of the file, relative to the repository."""
        return self.name.partition("#")[0]


def parse(text: str, path: str) -> Runbook:
    """Read a runbook, or the section of it that `path` names after a `#`.

    Raises RunbookError with everything that is wrong with its form.
    """
    problems: list[Problem] = []
    if anchor := path.partition("#")[2]:
        below = section(text, anchor)
        if below is None:
            no_heading = Problem(1, f"has no heading {inert(anchor, 100)}", RunbookProblemKind.LINK)
            raise RunbookError(path, [no_heading])
        text = below
    if len(text) > MAX_BYTES:
        raise RunbookError(path, [Problem(1, f"is larger than {MAX_BYTES // 1024} KB")])
    found: dict[str, dict[str, Block]] = {}
    titles: dict[str, str] = {}
    for block, title in _blocks(text, problems):
        kept = found.setdefault(block.step, {})
        if block.role in kept:
            problems.append(Problem(block.line, f"{block.role}={block.step} stands twice"))
        kept[block.role] = block
        if block.role == "step":
            titles[block.step] = title
    steps = []
    for id, blocks in found.items():
        problems += _wrong(id, blocks)
        steps.append(BookStep(id, titles.get(id, id), blocks))
    if not steps:
        problems.append(Problem(1, "has no step: a fenced block that begins with ```sh step=some-name"))
    if len(steps) > MAX_STEPS:
        problems.append(Problem(1, f"has more than {MAX_STEPS} steps"))
    if problems:
        raise RunbookError(path, problems)
    order = sorted(steps, key=lambda step: step.act.line)
    return Runbook(path, text, tuple(order))


def is_prose(text: str) -> bool:
    """Whether a document holds no fenced block that a drill could follow."""
    return not any(True for _ in _blocks(text, []))


def _blocks(text: str, problems: list[Problem]) -> "Iterable[tuple[Block, str]]":
    lines = text.splitlines()
    title, number = "", 0
    while number < len(lines):
        heading, fence = _HEADING.match(lines[number]), _FENCE.match(lines[number])
        number += 1
        if heading:
            title = heading["title"]
        if not fence:
            continue
        opened = number
        closing = re.compile(rf"^ {{0,3}}{fence['mark'][0]}{{{len(fence['mark'])},}}\s*$")
        end = next((index for index in range(number, len(lines)) if closing.match(lines[index])), len(lines))
        body, number = "\n".join(lines[opened:end]) + "\n", end + 1
        block = _block(fence["info"], body, opened, problems)
        if block is not None:
            yield block, title


def _block(info: str, body: str, line: int, problems: list[Problem]) -> Block | None:
    try:
        words = shlex.split(info)
    except ValueError:
        words = info.split()
    terms: dict[str, str] = {}
    for word in words[1:]:
        key, _, terms[key] = word.partition("=")
    roles = [role for role in _ROLES if role in terms]
    if not roles:
        return None
    language, role = words[0], roles[0]
    id = terms.pop(role)
    if not _ID.fullmatch(id) or len(id) > 60:
        problems.append(Problem(line, f"{role}={inert(id)}: an id is of small letters, digits and hyphens"))
    if language not in (*SHELLS, "person"):
        problems.append(Problem(line, f"{inert(language)} is not run; the language of a step is sh, bash or person"))
    if unknown := sorted(set(terms) - _KEYS):
        problems.append(
            Problem(line, f"{', '.join(map(inert, unknown))}: not known; there are {', '.join(sorted(_KEYS))}")
        )
    problems += [
        Problem(line, f"{key}={inert(terms[key])}: write for example 30s, 5m or 1h")
        for key in ("time", "objective")
        if key in terms and seconds_of(terms[key]) is None
    ]
    return Block(language, role, id, terms, body, line + 1)


def _wrong(id: str, blocks: Mapping[str, Block]) -> Iterable[Problem]:
    act = blocks.get("step")
    if act is None:
        for block in blocks.values():
            yield Problem(block.line - 1, f"{block.role}={id}: there is no step={id}")
        return
    line = act.line - 1
    if act.language == "person":
        if len(blocks) > 1:
            yield Problem(line, f"{id}: what a person does has no check, prove or undo")
        if not act.script.strip():
            yield Problem(line, f"{id}: says nothing to the person")
        return
    looks = "looks" in act.terms
    ways = ("undo" in blocks, "irreversible" in act.terms, looks)
    if sum(ways) != 1:
        yield Problem(line, f'{id}: needs one of ```sh undo={id}, irreversible="why", or looks (changes nothing)')
    if "irreversible" in act.terms and not act.terms["irreversible"].strip():
        yield Problem(line, f'{id}: say why it cannot be undone: irreversible="why"')
    if not looks and ("check" in blocks) == (act.terms.get("repeat") == "safe"):
        yield Problem(line, f"{id}: needs ```sh check={id} or repeat=safe, so that a crash does not do it twice")
    if not looks and not {"check", "prove"} & set(blocks):
        yield Problem(line, f"{id}: nothing proves it; add ```sh prove={id}")


def seconds_of(text: str) -> float | None:
    """A time as runbooks write it (`30s`, `5m`, `1h`); None for what is none."""
    match = re.fullmatch(r"(\d{1,6})(s|m|h)", text)
    return float(match[1]) * _UNITS[match[2]] if match else None
