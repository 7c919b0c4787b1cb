"""Reads a repository's own Python code and templates for data that becomes code, and for debug switches."""

import ast
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from prodproof.facts import Location, Observation, Proof, Reason, Survey, Unseen
from prodproof.facts.code import CodeFinding, CodeFindings, DebugSwitches, Hole, Taint
from prodproof.facts.declared import Repository
from prodproof.probes._debug_switches import debug_switches
from prodproof.probes._files import is_sample
from prodproof.probes._sinks import Contexts, Module
from prodproof.probes._taint import Builders
from prodproof.probes._templates import unescaped
from prodproof.probes.probe import probe
from prodproof.reach.files.python_source import parse
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.scanners.bandit import BanditIssue, check
from prodproof.reach.world import World

MAX_SOURCE = 1024 * 1024
MAX_TEMPLATE = 512 * 1024
MAX_PYTHON = 20_000
TEMPLATES = ("**/*.html", "**/*.htm", "**/*.jinja", "**/*.jinja2", "**/*.html.j2", "**/*.djhtml")

_TEST_FILE = re.compile(r"(^|/)(tests?|testing|conftest|test_[^/]*|[^/]*_tests?|factories)(\.py|/)")
_OPERATORS = re.compile(
    r"(^|/)(migrations|management/commands|scripts?|bin|tools|hack|deploy|benchmarks?|build|ci|\.github|\.circleci)/"
    r"|(^|/)(setup|manage|fabfile|noxfile|tasks|conf|build|release)\.py$"
)
"""Code that operators run with their own words: only what comes from a request counts there."""

_THIRD_PARTY = re.compile(r"(^|/)(vendor(ed)?|third_?party|site-packages|node_modules|static|staticfiles|_vendor)/")
_OTHER_LANGUAGES = {
    "c": "C", "cc": "C++", "cpp": "C++", "cs": "C#", "ex": "Elixir", "go": "Go", "java": "Java", "js": "JavaScript",
    "jsx": "JavaScript", "kt": "Kotlin", "mjs": "JavaScript", "php": "PHP", "pl": "Perl", "rb": "Ruby", "rs": "Rust",
    "scala": "Scala", "svelte": "JavaScript", "swift": "Swift", "ts": "TypeScript", "tsx": "TypeScript",
    "vue": "JavaScript",
}  # fmt: skip
_SETTINGS_OF_TOOLS = re.compile(r"(^|/)(\.[^/]+|[^/]*\.config\.\w+)$")
_DEFINED = re.compile(r"\bdef\s+(\w+)")
_HOLES = {"B102": Hole.EVAL, "B307": Hole.EVAL, "B506": Hole.DESERIALISE, "B602": Hole.SHELL, "B605": Hole.SHELL,
          "B608": Hole.SQL, "B610": Hole.SQL, "B611": Hole.SQL, "B702": Hole.HTML}  # fmt: skip


@probe(
    CodeFindings,
    DebugSwitches,
    per=Repository,
    proof=Proof.INSIDE,
    optional_tools=("bandit",),
    by_commit=True,
    time_limit=300,
)
def observe(about: Repository, world: World) -> tuple[Survey[CodeFindings], Survey[DebugSwitches]]:
    """Read one repository's code; a file that cannot be read or parsed is a gap."""
    reader = world.repositories[about.path]
    if isinstance(reader, Unseen):
        unseen: Observation[Any] = world.inside(about.subject, reader)
        return Survey(CodeFindings, (unseen,)), Survey(DebugSwitches, (), (reader,))
    read = _Reading(reader)
    read.python()
    read.templates()
    read.second_opinion()
    gaps = (*reader.gaps, *read.gaps)
    unread = tuple(_other_languages(reader))
    seen = CodeFindings(findings=tuple(read.sorted()), files=read.files)
    observed: Observation[Any] = world.inside(about.subject, seen, reader.commit)
    switches = debug_switches(reader, read.sources, read.trees)
    found: tuple[Observation[Any], ...] = (
        () if switches is None else (world.inside(about.subject, switches, reader.commit),)
    )
    observations = (observed,) if read.files else ()
    return Survey(CodeFindings, observations, (*gaps, *unread)), Survey(DebugSwitches, found, gaps)


def _other_languages(reader: RepositoryReader) -> Iterator[Unseen]:
    """Code that nobody here reads: a repository of Go has injections too."""
    counted: Counter[str] = Counter()
    for path in reader.files:
        language = _OTHER_LANGUAGES.get(path.rpartition(".")[2].lower())
        if language and _is_own(path) and not _SETTINGS_OF_TOOLS.search(path):
            counted[language] += 1
    if counted:
        names = ", ".join(sorted(counted))
        files = "1 file" if counted.total() == 1 else f"{counted.total()} files"
        said = f"{files} of {names}: this version reads Python and HTML templates only"
        yield Unseen(Reason.INSUFFICIENT_PROOF, said)


class _Reading:
    def __init__(self, reader: RepositoryReader) -> None:
        self.reader = reader
        self.found: list[CodeFinding] = []
        self.gaps: list[Unseen] = []
        self.sources: dict[str, str] = {}
        self.trees: dict[str, ast.Module] = {}
        self.contexts: Contexts = {}
        self.builders: Builders = {}
        self.everywhere: frozenset[str] = frozenset()
        self.files = 0

    def python(self) -> None:
        paths = [path for path in self.reader.glob("**/*.py") if _is_own(path)]
        if len(paths) > MAX_PYTHON:
            self.gaps.append(Unseen(Reason.INCOMPLETE, f"more than {MAX_PYTHON} Python files; the rest was not read"))
        for path in paths[:MAX_PYTHON]:
            self.parse(path)
        calls: dict[str, set[int]] = defaultdict(set)
        self.everywhere = frozenset(name for text in self.sources.values() for name in _DEFINED.findall(text))
        modules = {path: self.read(path, calls) for path in self.trees}
        for module in modules.values():
            self.builders.update(module.builds)
            for name, positions in module.passed.items():
                calls[name] |= positions
        for path, module in list(modules.items()):
            # What one file passes on, another takes in: those are read once more, knowing it.
            if module.defined & calls.keys() or module.called & self.builders.keys():
                modules[path] = self.read(path, calls)
        self.found = [item for module in modules.values() for item in module.found if self.counts(item)]

    def parse(self, path: str) -> None:
        text = self.reader.text(path, MAX_SOURCE)
        if isinstance(text, Unseen):
            self.gaps.append(text)
            return
        self.files += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.gaps.append(Unseen(Reason.INCOMPLETE, f"{shown(path)} is not Python of this version"))
            return
        self.sources[path], self.trees[path] = text, tree

    def read(self, path: str, calls: dict[str, set[int]]) -> Module:
        module = Module(
            shown(path), self.sources[path], self.trees[path], self.everywhere, calls, self.contexts, self.builders
        )
        try:
            module.read()
        except RecursionError:
            self.gaps.append(Unseen(Reason.INCOMPLETE, f"{module.path} is nested too deeply to be read"))
        return module

    def counts(self, item: CodeFinding) -> bool:
        return item.taint is Taint.REQUEST or not _OPERATORS.search(item.location.path)

    def templates(self) -> None:
        for path in self.reader.glob(*TEMPLATES):
            if is_sample(path) or _THIRD_PARTY.search(path) or _TEST_FILE.search(path):
                continue
            text = self.reader.text(path, MAX_TEMPLATE)
            if isinstance(text, Unseen):
                self.gaps.append(text)
                continue
            self.files += 1
            if "safe" in text or "autoescape" in text:
                self.found.extend(unescaped(shown(path), text, self.contexts))

    def second_opinion(self) -> None:
        """What bandit is sure of and was not found by following the data."""
        if self.reader.bare or not self.trees:
            return
        paths = [path for path, text in self.sources.items() if _WORTH.search(text) and not _OPERATORS.search(path)]
        issues = check(self.reader.directory, paths) if paths else []
        if isinstance(issues, Unseen):
            self.gaps.append(issues)
            return
        known = {(item.location.path, item.hole) for item in self.found}
        for issue in issues:
            if (
                issue.severity == "LOW"
                or issue.confidence != "HIGH"
                or (shown(issue.path), _HOLES[issue.test]) in known
            ):
                continue
            self.found.append(_from_bandit(issue))

    def sorted(self) -> list[CodeFinding]:
        return sorted(self.found, key=lambda item: (item.location.path, item.location.line or 0, item.call))


_WORTH = re.compile(r"\bexec\b|\beval\b|yaml|shell\s*=\s*True|popen|\.system\(|execute|\.extra\(|RawSQL|mako")


def _from_bandit(issue: BanditIssue) -> CodeFinding:
    return CodeFinding(
        hole=_HOLES[issue.test],
        call=issue.text,
        function="",
        taint=Taint.UNKNOWN,
        tool=f"bandit {issue.test}",
        location=Location(shown(issue.path), issue.line),
    )


def _is_own(path: str) -> bool:
    name = PurePosixPath(path).name
    return not (is_sample(path) or _THIRD_PARTY.search(path) or _TEST_FILE.search(path) or name == "versioneer.py")
