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

import hashlib
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prodproof.drills.drill import Done, PersonStep, Proven, Refuted, Scene, Step, StepError, Todo, Values
from prodproof.facts import Reason, Unseen
from prodproof.reach.marked import MARK
from prodproof.reach.process import Finished, run
from prodproof.system.errors import UserError, inert

MAX_BYTES = 1024 * 1024
MAX_STEPS = 200
SHELLS = {"sh": ("sh", "-eu", "-c"), "bash": ("bash", "-euo", "pipefail", "-c")}
"""Languages of blocks that are run, and what runs them."""

DEFAULT_SECONDS = 60.0
PERSON_SECONDS = 1800.0
_UNITS = {"s": 1, "m": 60, "h": 3600}
_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?P<info>.*)$")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(?P<title>.*?)(?:\s+#+)?\s*$")
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_ROLES = ("step", "check", "prove", "undo")
_KEYS = {"time", "objective", "repeat", "irreversible", "looks", "lasting", "whom"}


@dataclass(frozen=True, order=True)
class Problem:
    """Something that keeps a runbook from being followed."""

    line: int
    message: str


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
    """A runbook that can be followed."""

    path: str
    """Relative to the repository."""

    text: str
    steps: tuple[BookStep, ...]


def parse(text: str, path: str) -> Runbook:
    """Read a runbook. Raises RunbookError with everything that is wrong with its form."""
    problems: list[Problem] = []
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


def steps_of(book: Runbook) -> tuple[Step | PersonStep, ...]:
    """The steps of a drill that follows a runbook. Its commands run in the repository, and need its trust."""
    return tuple(_person(step) if step.act.language == "person" else _step(step) for step in book.steps)


# ---- reading


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
        if key in terms and _seconds(terms[key]) is None
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


def _seconds(text: str) -> float | None:
    match = re.fullmatch(r"(\d{1,6})(s|m|h)", text)
    return float(match[1]) * _UNITS[match[2]] if match else None


# ---- following


def _person(step: BookStep) -> PersonStep:
    terms = step.act.terms
    return PersonStep(
        name=step.id,
        says=" ".join(step.act.script.split()),
        time_limit=_seconds(terms.get("time", "")) or PERSON_SECONDS,
        objective=_seconds(terms.get("objective", "")),
        whom=terms.get("whom", ""),
    )


def _step(step: BookStep) -> Step:
    terms = step.act.terms
    seconds = _seconds(terms.get("time", "")) or DEFAULT_SECONDS
    undo = step.blocks.get("undo")

    def check(scene: Scene) -> Todo | Done | Unseen:
        if (block := step.blocks.get("check")) is None:
            return Todo()
        ran = _run(block, scene, seconds)
        match ran:
            case Finished(0):
                return Done(_gave(ran))
            case Finished(1):
                return Todo()
            case Finished(code):
                return Unseen(Reason.INCOMPLETE, f"its check ended with exit code {code}; 0 and 1 are answers")
            case Unseen():
                return ran

    def do(scene: Scene) -> Values | Unseen:
        ran = _run(step.act, scene, seconds)
        if isinstance(ran, Unseen):
            return ran
        if ran.code != 0:
            raise StepError(f"exit code {ran.code}, line {step.act.line} of the runbook")
        return _gave(ran)

    def prove(scene: Scene) -> Proven | Refuted | Unseen:
        block = step.blocks.get("prove") or step.blocks.get("check")
        if block is None:
            return Proven("it ended with exit code 0")
        ran = _run(block, scene, seconds)
        if isinstance(ran, Unseen):
            return ran
        return Proven() if ran.code == 0 else Refuted(f"{block.role} ended with exit code {ran.code}")

    def go_back(scene: Scene) -> None:
        assert undo is not None
        ran = _run(undo, scene, seconds)
        if isinstance(ran, Unseen):
            raise StepError(ran.detail)
        if ran.code != 0:
            raise StepError(f"its undo ended with exit code {ran.code}")

    return Step(
        name=step.id,
        says=step.title,
        check=check,
        do=do,
        prove=prove,
        undo=go_back if undo else None,
        undo_says=f"line {undo.line} of the runbook" if undo else "",
        irreversible=terms.get("irreversible", ""),
        changes="looks" not in terms,
        lasting="lasting" in terms,
        time_limit=seconds,
        objective=_seconds(terms.get("objective", "")),
    )


def _run(block: Block, scene: Scene, seconds: float) -> Finished | Unseen:
    """Run a block in the repository; it finds the step's own name, the same at each attempt, in PRODPROOF_STEP."""
    assert scene.declared.root is not None
    return run(
        [*SHELLS[block.language], block.script],
        timeout=seconds,
        cwd=Path(scene.declared.root),
        env={MARK: scene.key},
    )


def _gave(ran: Finished) -> Values:
    # What a command prints may hold a secret, so only its digest is kept.
    return {"output": hashlib.sha256(ran.stdout).hexdigest(), "lines": ran.stdout.count(b"\n")}
