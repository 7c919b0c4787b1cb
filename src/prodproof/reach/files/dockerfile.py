"""Dockerfiles and Containerfiles, read without building them.

Source: https://docs.docker.com/reference/dockerfile/ (parser directives, line continuation, here-documents,
`ARG` before `FROM`, multi-stage builds).
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from prodproof.facts import Reason, Unseen

_INSTRUCTIONS = re.compile(
    "ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME"
    "|WORKDIR"
)
_NAMES = ("dockerfile", "dockerfile.*", "*.dockerfile", "containerfile", "containerfile.*", "*.containerfile")
_TEMPLATES = (".dockerignore", ".j2", ".jinja", ".jinja2", ".tmpl", ".template", ".erb", ".md", ".in")
_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(\S+)\s*")
_HEREDOC = re.compile(r"<<-?\s*(?:\"([^\"\s]+)\"|'([^'\s]+)'|([A-Za-z_][A-Za-z0-9_.-]*))")
_FLAG = re.compile(r"--([a-z][a-z-]*)(?:=(\S*))?(?:\s+|$)")
_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-+])([^{}]*))?\})")
MAX_LINES = 200_000


@dataclass(frozen=True)
class Instruction:
    """One instruction, continuation lines joined."""

    line: int
    """Of its first line, counted from 1."""

    name: str
    """In capitals; `ONBUILD USER root` keeps the name ONBUILD and the value `USER root`."""

    value: str
    """What follows the name, without comments in between; variables are not replaced."""

    heredocs: tuple[str, ...] = ()
    """Contents of its here-documents."""

    @property
    def flags(self) -> dict[str, str]:
        """Leading `--name=value` flags; `--link` alone has the value `true`."""
        return _flags(self.value)[0]

    @property
    def arguments(self) -> str:
        """The value after its flags."""
        return _flags(self.value)[1]


@dataclass(frozen=True)
class Stage:
    """One `FROM` and what follows it."""

    line: int
    written: str
    """The image as it stands in the file."""

    image: str | None
    """The image with build arguments replaced by their defaults; None where only the build decides."""

    alias: str | None
    """Lower case, without `AS`."""

    platform: str | None
    instructions: tuple[Instruction, ...]
    """Without the `FROM` itself."""

    parent: int | None = None
    """Index of the earlier stage that it continues; None where it starts from an image or from `scratch`."""


@dataclass(frozen=True)
class Dockerfile:
    """A whole file."""

    stages: tuple[Stage, ...]
    arguments: tuple[tuple[str, str | None], ...] = ()
    """`ARG`s before the first `FROM`, with their defaults."""

    syntax: str | None = None
    """The frontend image of a `# syntax=` directive."""

    def stage(self, name: str) -> int | None:
        """Index of the stage that `COPY --from=name` means; None for an image or an unknown name."""
        if name.isdecimal() and len(name) < 6 and int(name) < len(self.stages):
            return int(name)
        lowered = name.lower()
        return next((index for index, stage in enumerate(self.stages) if stage.alias == lowered), None)


def is_dockerfile(path: str) -> bool:
    """Whether a file's name says that it is a Dockerfile (not one that still has to be rendered)."""
    name = path.rpartition("/")[2].lower()
    return any(fnmatchcase(name, pattern) for pattern in _NAMES) and not name.endswith(_TEMPLATES)


def parse_dockerfile(text: str) -> Dockerfile | Unseen:
    """Read a Dockerfile; Unseen(incomplete) for a text that is none (unknown instruction, no `FROM`, open document)."""
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        return Unseen(Reason.INCOMPLETE, f"more than {MAX_LINES} lines")
    syntax, escape = _directives(lines)
    instructions = _instructions(lines, escape)
    if isinstance(instructions, Unseen):
        return instructions
    return _staged(instructions, syntax)


def _directives(lines: list[str]) -> tuple[str | None, str]:
    found = {}
    for line in lines:
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None:
            break
        found[match[1].lower()] = match[2]
    return found.get("syntax"), "`" if found.get("escape") == "`" else "\\"


def _instructions(lines: list[str], escape: str) -> list[Instruction] | Unseen:
    made: list[Instruction] = []
    number = 0
    while number < len(lines):
        start = number
        stripped = lines[number].strip()
        number += 1
        if not stripped or stripped.startswith("#"):
            continue
        parts: list[str] = []
        joined = stripped
        while joined.endswith(escape):
            parts.append(joined[:-1])
            # Comments and empty lines between continued lines do not end the instruction.
            while number < len(lines) and (not lines[number].strip() or lines[number].lstrip().startswith("#")):
                number += 1
            if number >= len(lines):
                joined = ""
                break
            joined = lines[number].strip()
            number += 1
        parts.append(joined)
        name, _, value = "".join(_spaced(parts)).replace("\t", " ").partition(" ")
        name, value = name.upper(), value.strip()
        if not _INSTRUCTIONS.fullmatch(name):
            return Unseen(Reason.INCOMPLETE, f"line {start + 1} is no Dockerfile instruction")
        documents: list[str] = []
        if name in ("RUN", "COPY", "ADD") or (name == "ONBUILD" and value.upper().startswith(("RUN", "COPY", "ADD"))):
            for delimiter in _delimiters(value):
                body: list[str] = []
                while number < len(lines) and lines[number].lstrip("\t").rstrip("\r") != delimiter:
                    body.append(lines[number])
                    number += 1
                if number >= len(lines):
                    return Unseen(Reason.INCOMPLETE, f"the here-document of line {start + 1} does not end")
                number += 1
                documents.append("\n".join(body))
        made.append(Instruction(start + 1, name, value, tuple(documents)))
    return made


def _spaced(parts: list[str]) -> list[str]:
    # Continued lines were stripped; a blank keeps words of neighbouring lines apart, as their indentation did.
    return [part if index == 0 else f" {part}" for index, part in enumerate(parts)]


def _delimiters(value: str) -> list[str]:
    # `<<<` is the shell's here-string, `$((1<<N))` arithmetic; neither opens a document.
    cleaned = re.sub(r"<<<|\$\(\([^)]*\)\)", " ", value)
    return [match[1] or match[2] or match[3] for match in _HEREDOC.finditer(cleaned)]


def _staged(instructions: list[Instruction], syntax: str | None) -> Dockerfile | Unseen:
    arguments: dict[str, str | None] = {}
    stages: list[Stage] = []
    body: list[Instruction] = []
    for instruction in instructions:
        if instruction.name == "FROM":
            if stages:
                stages[-1] = _with(stages[-1], body)
            body = []
            stage = _stage(instruction, arguments, stages)
            if isinstance(stage, Unseen):
                return stage
            stages.append(stage)
        elif stages:
            body.append(instruction)
        elif instruction.name == "ARG":
            for name, default in _assignments(instruction.value):
                arguments[name] = replaced(default, arguments) if default is not None else None
        else:
            return Unseen(Reason.INCOMPLETE, f"line {instruction.line}: {instruction.name} before any FROM")
    if not stages:
        return Unseen(Reason.INCOMPLETE, "it has no FROM")
    stages[-1] = _with(stages[-1], body)
    return Dockerfile(tuple(stages), tuple(arguments.items()), syntax)


def _with(stage: Stage, body: list[Instruction]) -> Stage:
    return Stage(stage.line, stage.written, stage.image, stage.alias, stage.platform, tuple(body), stage.parent)


def _stage(instruction: Instruction, arguments: dict[str, str | None], before: list[Stage]) -> Stage | Unseen:
    flags, rest = _flags(instruction.value)
    words = rest.split()
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].upper() != "AS"):
        return Unseen(Reason.INCOMPLETE, f"line {instruction.line}: FROM names no image")
    written = words[0].strip("\"'")
    image = replaced(written, arguments)
    alias = words[2].lower() if len(words) == 3 else None
    parent = None
    if image is not None:
        parents = [index for index, stage in enumerate(before) if stage.alias == image.lower()]
        parent = parents[-1] if parents else None
    return Stage(instruction.line, written, image, alias, flags.get("platform"), (), parent)


def _assignments(value: str) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for match in re.finditer(r"([A-Za-z_]\w*)(?:=(\"[^\"]*\"|'[^']*'|\S*))?", value):
        default = match[2]
        if default is not None and len(default) > 1 and default[0] == default[-1] and default[0] in "\"'":
            default = default[1:-1]
        found.append((match[1], default))
    return found


def replaced(text: str, arguments: dict[str, str | None]) -> str | None:
    """A text with its variables replaced; None when one has no value, or uses a form that is not understood."""
    unknown = False

    def value(match: re.Match[str]) -> str:
        nonlocal unknown
        name, operator, word = match[1] or match[2], match[3] or "", match[4] or ""
        held = arguments.get(name)
        filled = held if not operator.startswith(":") else held or None
        if operator.endswith("-"):
            return filled if filled is not None else word
        if operator.endswith("+"):
            return word if filled is not None else ""
        if not held:
            unknown = True
            return ""
        return held

    result = _VARIABLE.sub(value, text)
    return None if unknown or "$" in result or not result else result


def _flags(value: str) -> tuple[dict[str, str], str]:
    flags: dict[str, str] = {}
    rest = value
    while match := _FLAG.match(rest):
        flags[match[1]] = "true" if match[2] is None else match[2].strip("\"'")
        rest = rest[match.end() :]
    return flags, rest
