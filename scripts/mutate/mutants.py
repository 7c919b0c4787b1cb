"""Reads a file and names every mutant of it: one span of its text and what stands there instead."""

import ast
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scripts.mutate.operators import changes
from scripts.mutate.prose import skipped

ROOT = Path(__file__).parent.parent.parent
SOURCE = ROOT / "src"
ROOMS = ("guarantees", "verdicts")


@dataclass(frozen=True)
class Mutant:
    """One small wrong change of one file."""

    path: str
    """Of the file, from the root of the project."""

    function: str
    """The function or constant that it is in."""

    operator: str
    before: str
    after: str
    number: int
    """Tells apart what is otherwise alike, from 0 in the order of the file."""

    line: int
    span: tuple[int, int]

    @property
    def key(self) -> str:
        """Stable while other parts of the file change."""
        number = f" #{self.number + 1}" if self.number else ""
        return f"{self.path}: {self.function}: {self.operator}: {self.before} -> {self.after}{number}"

    @property
    def module(self) -> str:
        """The name by which the file is imported."""
        return module_of(ROOT / self.path)

    def source(self) -> str:
        """The whole file with this change."""
        text = _read(ROOT / self.path)
        return (text[: self.span[0]] + self.after.encode() + text[self.span[1] :]).decode()


def module_of(path: Path) -> str:
    """The dotted name of a file below `src`."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _read(path: Path) -> bytes:
    # Once for the whole run: somebody may edit the file meanwhile.
    return path.read_bytes()


def files() -> list[Path]:
    """Every file of the rooms that are mutated, sorted."""
    return sorted(path for room in ROOMS for path in (SOURCE / "prodproof" / room).rglob("*.py"))


def mutants_of(path: Path) -> list[Mutant]:
    """Every mutant of a file, in the order of its text."""
    data = _read(path)
    tree = ast.parse(data)
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    owners = _owners(tree)
    counted: Counter[tuple[str, str, str, str]] = Counter()
    found = []
    for node, operator, after in changes(tree, skipped(tree)):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        before = " ".join(data[begin:end].decode().split())
        identity = (owners[node], operator, before, after)
        found.append(
            Mutant(str(path.relative_to(ROOT)), *identity, counted[identity], node.lineno, (begin, end)),
        )
        counted[identity] += 1
    return found


def _owners(tree: ast.Module) -> dict[ast.AST, str]:
    owners: dict[ast.AST, str] = {}

    def walk(node: ast.AST, owner: str) -> None:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            owner = f"{owner}.{node.name}" if owner else node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and not owner:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            owner = ast.unparse(target)
        owners[node] = owner
        for child in ast.iter_child_nodes(node):
            walk(child, owner)

    walk(tree, "")
    return owners
