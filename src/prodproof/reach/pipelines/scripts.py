"""What the scripts of a pipeline do, followed into make files, package scripts and shell scripts of the repository."""

import json
import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeGuard

from prodproof.facts import Reason, Unseen
from prodproof.facts.pipeline import Activity, Role
from prodproof.reach.files.placed import PlacedMap, read_documents, walk
from prodproof.reach.git.repository import shown
from prodproof.reach.pipelines import tools as pipeline_tools
from prodproof.reach.pipelines.actions import Recognised
from prodproof.reach.pipelines.shell import MAX_SCRIPT, Command, commands, unwrapped

MAX_DEPTH = 8
"""Scripts that call each other."""

MAX_FOLLOWED = 400
"""Scripts that are opened for one repository."""

MAX_MAKEFILE = 500_000
"""Characters."""

_SECURITY = {Role.STATIC_ANALYSIS, Role.DEPENDENCY_SCAN, Role.SECRET_DETECTION, Role.VULNERABILITY_SCAN}
_HOOKS = {
    "bandit": Role.STATIC_ANALYSIS,
    "semgrep": Role.STATIC_ANALYSIS,
    "gosec": Role.STATIC_ANALYSIS,
    "gitleaks": Role.SECRET_DETECTION,
    "gitleaks-docker": Role.SECRET_DETECTION,
    "gitleaks-system": Role.SECRET_DETECTION,
    "detect-secrets": Role.SECRET_DETECTION,
    "trufflehog": Role.SECRET_DETECTION,
    "ggshield": Role.SECRET_DETECTION,
    "kingfisher": Role.SECRET_DETECTION,
    "pip-audit": Role.DEPENDENCY_SCAN,
    "python-safety-dependencies-check": Role.DEPENDENCY_SCAN,
    "osv-scanner": Role.DEPENDENCY_SCAN,
    "uv-secure": Role.DEPENDENCY_SCAN,
    "cargo-deny": Role.DEPENDENCY_SCAN,
}
_HELD = re.compile(r"^\s*(echo|printf|true|:|exit 0|#)")


@dataclass(frozen=True)
class Unread:
    """A file that a script calls and that could not be read, so that it may do anything."""

    what: str
    """Its path, with the reason in brackets."""


@dataclass(frozen=True)
class Followed:
    """What a script does, with all that it calls."""

    activities: tuple[Activity, ...]
    opaque: tuple[str, ...] = ()
    """What it calls and could not be read, each with the reason."""


class ScriptReader:
    """Recognises what scripts do; one per repository, so that each followed file is read once."""

    def __init__(self, read: Callable[[str], str | Unseen], exists: Callable[[str], bool]) -> None:
        self.exists = exists
        self._read = read
        self.read = cache(self._bounded)
        self._opened = 0
        self._scripts: dict[tuple[str, str, bool, bool], tuple[tuple[int, Recognised | Unread], ...]] = {}
        self._followed: dict[tuple[str, ...], tuple[Recognised | Unread, ...]] = {}

    def _bounded(self, path: str) -> str | Unseen:
        """A file's text, empty where there is none, or why it cannot be read."""
        if not self.exists(path):
            return ""
        if self._opened >= MAX_FOLLOWED:
            return Unseen(Reason.INCOMPLETE, f"more than {MAX_FOLLOWED} scripts are called")
        self._opened += 1
        return self._read(path)

    def activities(
        self,
        script: str,
        line: int,
        step: int,
        *,
        directory: str = "",
        pipefail: bool = False,
        errexit: bool = True,
        weak: str = "",
        condition: str = "",
    ) -> Followed:
        """What a script does.

        Args:
            script: its text.
            line: of its first command in the pipeline's file.
            step: its place within the job.
            directory: in which it runs, relative to the repository.
            weak: why the step's failure is ignored whatever the script does.
        """
        known = self._known(script, directory, pipefail, errexit)
        return Followed(
            activities=tuple(
                Activity(item.role, item.tool, line + at, step, weak or item.weak, condition)
                for at, item in known
                if isinstance(item, Recognised)
            ),
            opaque=unread_of(item for _, item in known),
        )

    def _known(
        self, script: str, directory: str, pipefail: bool, errexit: bool
    ) -> tuple[tuple[int, Recognised | Unread], ...]:
        # One anchor can hand the same script to a thousand steps, so each text is read once.
        key = (script, directory, pipefail, errexit)
        if key not in self._scripts:
            read: Iterable[tuple[int, Recognised | Unread]] = (
                (one.line, _ignored(item, one))
                for one in commands(script, pipefail, errexit)
                for item in self._recognised(one, directory, 0)
            )
            self._scripts[key] = (*dict.fromkeys(read), *((0, item) for item in _cut(script)))
        return self._scripts[key]

    def _recognised(self, one: Command, directory: str, depth: int) -> tuple[Recognised | Unread, ...]:
        words = unwrapped(one.words)
        if not words:
            return ()
        known: tuple[Recognised | Unread, ...] = pipeline_tools.command(words, one.fed)
        if words[0] == "ruff":
            known = (*known, *self._ruff(directory, "ruff (S rules)"))
        if words[0] in ("bash", "sh") and "-c" in words[:4] and depth < MAX_DEPTH:
            inner = words[words.index("-c") + 1 :][:1]
            return (*known, *self._script(inner[0] if inner else "", directory, depth + 1))
        followed = self._follow(words, directory, depth)
        if any(_is_test(item) and item.weak.startswith("does nothing") for item in followed):
            known = tuple(item for item in known if not _is_test(item))
        return (*known, *followed)

    def _script(self, text: str, directory: str, depth: int) -> tuple[Recognised | Unread, ...]:
        if depth > MAX_DEPTH:
            return (Unread(f"scripts that call each other more than {MAX_DEPTH} deep"),) if text else ()
        found = [_ignored(item, one) for one in commands(text) for item in self._recognised(one, directory, depth)]
        return (*dict.fromkeys(found), *_cut(text))

    def _file(self, path: str, directory: str, depth: int) -> tuple[Recognised | Unread, ...]:
        text = self.read(path)
        if isinstance(text, Unseen):
            return (_unread(path, text),)
        if "\0" in text:
            return (Unread(f"{shown(path)} (is no text)"),)
        return self._script(text, directory, depth)

    def _follow(self, words: tuple[str, ...], directory: str, depth: int) -> tuple[Recognised | Unread, ...]:
        key = (directory, *words[:6])
        if key not in self._followed:
            if len(self._followed) >= MAX_FOLLOWED * 20:
                return (Unread(f"more than {MAX_FOLLOWED * 20} commands"),)
            self._followed[key] = ()  # what calls itself ends here
            self._followed[key] = tuple(self._opened_up(words, directory, depth))
        return self._followed[key]

    def _opened_up(self, words: tuple[str, ...], directory: str, depth: int) -> Iterable[Recognised | Unread]:
        name, rest = words[0], words[1:]
        if name in ("make", "gmake"):
            for target in [word for word in rest if re.fullmatch(r"[\w.\-/]+", word) and not word.startswith("-")][:4]:
                recipe = self._make_recipe(directory, target)
                yield from (recipe,) if isinstance(recipe, Unread) else self._script(recipe, directory, depth + 1)
        elif name in ("npm", "yarn", "pnpm", "bun"):
            yield from self._package_script(rest, directory, depth)
        elif name == "tox":
            yield from _only_security(self._file(_at(directory, "tox.ini"), directory, depth + 1))
        elif name == "nox":
            path = _at(directory, "noxfile.py")
            text = self.read(path)
            if isinstance(text, Unseen):
                yield _unread(path, text)
                return
            lines = (re.sub(r"[\"',]+", " ", call) for call in re.findall(r"session\.run\(([^)]{0,300})\)", text))
            yield from _only_security(self._script("\n".join(lines), directory, depth + 1))
        elif name in ("pre-commit", "prek") and ("run" in rest[:1] or not rest):
            yield from self.hooks(frozenset(rest[1:]))
        else:
            path = rest[0] if name in ("bash", "sh", "source", ".") and rest else name
            if path.endswith(".sh") or path.startswith("./"):
                yield from self._file(_at(directory, path), directory, depth + 1)

    def hooks(self, named: frozenset[str] = frozenset()) -> tuple[Recognised | Unread, ...]:
        """Scanners among the pre-commit hooks."""
        path = ".pre-commit-config.yaml"
        if not self.exists(path):
            return ()
        text = self.read(path)
        documents = text if isinstance(text, Unseen) else read_documents(text, rendered=True)
        if isinstance(documents, Unseen):
            return (_unread(path, documents),)
        if not any(isinstance(document, PlacedMap) for document in documents):
            return (Unread(f"{path} (is no mapping)"),)
        only = {word for word in named if not word.startswith("-")}
        found: list[Recognised | Unread] = []
        for entry in (item for document in documents for item in walk(document)):
            hook = entry.text("id") or ""
            if hook in _HOOKS and (not only or hook in only) and "manual" not in entry.texts("stages"):
                found.append(Recognised(_HOOKS[hook], f"pre-commit ({hook})"))
            elif hook.startswith("ruff") and "format" not in hook:
                found.extend(self._ruff("", "pre-commit (ruff, S rules)"))
        return tuple(found)

    def _ruff(self, directory: str, tool: str) -> tuple[Recognised | Unread, ...]:
        """Ruff is a security scanner where its settings select the S rules."""
        unread: list[Recognised | Unread] = []
        for name in ("ruff.toml", ".ruff.toml", "pyproject.toml"):
            path = _at(directory, name)
            text = self.read(path)
            if isinstance(text, Unseen):
                unread.append(_unread(path, text))
                continue
            for listed in re.findall(r"(?m)^[ \t]*(?:extend-)?select\s*=\s*\[([^\]]{0,4000})\]", text):
                if re.search(r"[\"'](S|S\d{1,3}|ALL)[\"']", listed):
                    return (Recognised(Role.STATIC_ANALYSIS, tool),)
        return tuple(unread)

    def _make_recipe(self, directory: str, target: str) -> str | Unread:
        path = next(
            (found for name in ("Makefile", "makefile", "GNUmakefile") if self.exists(found := _at(directory, name))),
            "",
        )
        text = self.read(path)
        if isinstance(text, Unseen):
            return _unread(path, text)
        if len(text) > MAX_MAKEFILE:
            return Unread(f"{shown(path)} (is larger than {MAX_MAKEFILE // 1000} KB)")
        match = re.search(rf"(?m)^{re.escape(target)}\s*:(?!=)([^\n#]*)[^\n]*\n((?:(?:\t[^\n]*|[ \t]*)\n?)*)", text)
        if not match:
            return ""
        before = [
            f"make {name}" for name in match[1].split()[:20] if re.fullmatch(r"[\w.\-]+", name) and name != target
        ]
        recipe = [
            line.strip().replace("$(MAKE)", "make").lstrip("@-+") + (" || true" if line.strip().startswith("-") else "")
            for line in match[2].splitlines()
        ]
        return "\n".join([*before, *recipe])

    def _package_script(self, rest: tuple[str, ...], directory: str, depth: int) -> Iterable[Recognised | Unread]:
        name = next((word for word in rest if not word.startswith("-") and word not in ("run", "run-script")), "")
        path = _at(directory, "package.json")
        if not self.exists(path):
            return
        scripts = self._package_scripts(path)
        if isinstance(scripts, Unread):
            yield scripts
            return
        script = scripts.get("test" if name in ("t", "tst") else name, "")
        if not isinstance(script, str):
            yield Unread(f"{shown(path)} (its script {shown(name)[:100]} is no text)")
            return
        if name.startswith("test") and script and all(_HELD.match(part) for part in re.split(r"&&|;", script)):
            yield Recognised(Role.TESTS, f"npm {name}", "does nothing: the package's script runs no test")
            return
        yield from self._script(script, directory, depth + 1)

    def _package_scripts(self, path: str) -> dict[str, Any] | Unread:
        text = self.read(path)
        if isinstance(text, Unseen):
            return _unread(path, text)
        try:
            data: Any = json.loads(text)
        except (ValueError, RecursionError):
            return Unread(f"{shown(path)} (is not JSON)")
        scripts = data.get("scripts", {}) if isinstance(data, dict) else None
        return scripts if isinstance(scripts, dict) else Unread(f"{shown(path)} (is no package description)")


def unread_of(items: Iterable[Recognised | Unread]) -> tuple[str, ...]:
    """What could not be read, each once."""
    return tuple(dict.fromkeys(item.what for item in items if isinstance(item, Unread)))


def _unread(path: str, unseen: Unseen) -> Unread:
    name = shown(path)
    return Unread(f"{name} ({unseen.detail.removeprefix(name).lstrip(': ')})")


def _cut(text: str) -> tuple[Unread, ...]:
    return (Unread(f"the end of a script of more than {MAX_SCRIPT // 1024} KB"),) if len(text) > MAX_SCRIPT else ()


def _ignored(item: Recognised | Unread, one: Command) -> Recognised | Unread:
    return item if isinstance(item, Unread) else replace(item, weak=item.weak or one.ignored)


def _is_test(item: Recognised | Unread) -> TypeGuard[Recognised]:
    return isinstance(item, Recognised) and item.role is Role.TESTS


def _only_security(items: Iterable[Recognised | Unread]) -> Iterable[Recognised | Unread]:
    return (item for item in items if isinstance(item, Unread) or item.role in _SECURITY)


def _at(directory: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(directory, path)).lstrip("/")


def texts_of(inputs: PlacedMap) -> dict[str, str]:
    """The scalars of a mapping as text, names in lower case."""
    return {key.lower(): value for key in inputs if (value := inputs.text(key)) is not None}
