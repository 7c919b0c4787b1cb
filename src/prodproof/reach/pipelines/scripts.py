"""What the scripts of a pipeline do, followed into make files, package scripts and shell scripts of the repository."""

import json
import posixpath
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from prodproof.facts import Unseen
from prodproof.facts.pipeline import Activity, Role
from prodproof.reach.files.placed import PlacedMap, read_documents, walk
from prodproof.reach.pipelines import tools as pipeline_tools
from prodproof.reach.pipelines.actions import Recognised
from prodproof.reach.pipelines.shell import Command, commands, unwrapped

MAX_DEPTH = 4
MAX_FOLLOWED = 400
"""Scripts that are opened for one repository."""

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


class ScriptReader:
    """Recognises what scripts do; one per repository, so that each followed file is read once."""

    def __init__(self, read: Callable[[str], str | Unseen], exists: Callable[[str], bool]) -> None:
        self.exists = exists
        self._read = read
        self.read = cache(self._bounded)
        self._opened = 0
        self._scripts: dict[tuple[str, str, bool, bool], tuple[tuple[int, Recognised], ...]] = {}
        self._followed: dict[tuple[str, ...], tuple[Recognised, ...]] = {}

    def _bounded(self, path: str) -> str:
        if self._opened >= MAX_FOLLOWED or not self.exists(path):
            return ""
        self._opened += 1
        text = self._read(path)
        return "" if isinstance(text, Unseen) else text

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
    ) -> list[Activity]:
        """What a script does.

        Args:
            script: its text.
            line: of its first command in the pipeline's file.
            step: its place within the job.
            directory: in which it runs, relative to the repository.
            weak: why the step's failure is ignored whatever the script does.
        """
        known = self._known(script, directory, pipefail, errexit)
        return [Activity(item.role, item.tool, line + at, step, weak or item.weak, condition) for at, item in known]

    def _known(self, script: str, directory: str, pipefail: bool, errexit: bool) -> tuple[tuple[int, Recognised], ...]:
        # One anchor can hand the same script to a thousand steps, so each text is read once.
        key = (script, directory, pipefail, errexit)
        if key not in self._scripts:
            found = (
                (one.line, Recognised(item.role, item.tool, item.weak or one.ignored))
                for one in commands(script, pipefail, errexit)
                for item in self._recognised(one, directory, 0)
            )
            self._scripts[key] = tuple(dict.fromkeys(found))
        return self._scripts[key]

    def _recognised(self, one: Command, directory: str, depth: int) -> tuple[Recognised, ...]:
        words = unwrapped(one.words)
        if not words:
            return ()
        known = pipeline_tools.command(words, one.fed)
        if words[0] == "ruff" and self._ruff_selects_security(directory):
            known = (*known, Recognised(Role.STATIC_ANALYSIS, "ruff (S rules)"))
        if words[0] in ("bash", "sh") and "-c" in words[:4] and depth < MAX_DEPTH:
            inner = words[words.index("-c") + 1 :][:1]
            return (*known, *self._script(inner[0] if inner else "", directory, depth + 1))
        followed = self._follow(words, directory, depth)
        if any(item.role is Role.TESTS and item.weak.startswith("does nothing") for item in followed):
            known = tuple(item for item in known if item.role is not Role.TESTS)
        return (*known, *followed)

    def _script(self, text: str, directory: str, depth: int) -> tuple[Recognised, ...]:
        if depth > MAX_DEPTH:
            return ()
        found: list[Recognised] = []
        for one in commands(text):
            inner = self._recognised(one, directory, depth)
            found += [Recognised(item.role, item.tool, item.weak or one.ignored) for item in inner]
        return tuple(dict.fromkeys(found))

    def _follow(self, words: tuple[str, ...], directory: str, depth: int) -> tuple[Recognised, ...]:
        key = (directory, *words[:6])
        if key not in self._followed:
            self._followed[key] = ()  # what calls itself ends here
            if depth < MAX_DEPTH and len(self._followed) < MAX_FOLLOWED * 20:
                self._followed[key] = tuple(self._opened_up(words, directory, depth))
        return self._followed[key]

    def _opened_up(self, words: tuple[str, ...], directory: str, depth: int) -> Iterable[Recognised]:
        name, rest = words[0], words[1:]
        if name in ("make", "gmake"):
            for target in [word for word in rest if re.fullmatch(r"[\w.\-/]+", word) and not word.startswith("-")][:4]:
                yield from self._script(self._make_recipe(directory, target), directory, depth + 1)
        elif name in ("npm", "yarn", "pnpm", "bun"):
            yield from self._package_script(rest, directory, depth)
        elif name == "tox":
            yield from (
                item
                for item in self._script(self.read(_at(directory, "tox.ini")), directory, depth + 1)
                if item.role in _SECURITY
            )
        elif name == "nox":
            text = self.read(_at(directory, "noxfile.py"))
            lines = (re.sub(r"[\"',]+", " ", call) for call in re.findall(r"session\.run\(([^)]{0,300})\)", text))
            yield from (item for item in self._script("\n".join(lines), directory, depth + 1) if item.role in _SECURITY)
        elif name in ("pre-commit", "prek") and ("run" in rest[:1] or not rest):
            yield from self.hooks(set(rest[1:]))
        else:
            path = rest[0] if name in ("bash", "sh", "source", ".") and rest else name
            if path.endswith(".sh") or path.startswith("./"):
                yield from self._script(self.read(_at(directory, path)), directory, depth + 1)

    def hooks(self, named: set[str] = frozenset()) -> tuple[Recognised, ...]:  # type: ignore[assignment]  # an empty default that is not shared
        """Scanners among the pre-commit hooks."""
        documents = read_documents(self.read(".pre-commit-config.yaml"), rendered=True)
        if isinstance(documents, Unseen):
            return ()
        only = {word for word in named if not word.startswith("-")}
        found = []
        for entry in (item for document in documents for item in walk(document)):
            hook = entry.text("id") or ""
            if hook in _HOOKS and (not only or hook in only) and "manual" not in entry.texts("stages"):
                found.append(Recognised(_HOOKS[hook], f"pre-commit ({hook})"))
            elif hook.startswith("ruff") and "format" not in hook and self._ruff_selects_security(""):
                found.append(Recognised(Role.STATIC_ANALYSIS, "pre-commit (ruff, S rules)"))
        return tuple(found)

    def _ruff_selects_security(self, directory: str) -> bool:
        for name in ("ruff.toml", ".ruff.toml", "pyproject.toml"):
            text = self.read(_at(directory, name))
            for listed in re.findall(r"(?m)^[ \t]*(?:extend-)?select\s*=\s*\[([^\]]{0,4000})\]", text):
                if re.search(r"[\"'](S|S\d{1,3}|ALL)[\"']", listed):
                    return True
        return False

    def _make_recipe(self, directory: str, target: str) -> str:
        text = next(
            (found for name in ("Makefile", "makefile", "GNUmakefile") if (found := self.read(_at(directory, name)))),
            "",
        )
        match = re.search(
            rf"(?m)^{re.escape(target)}\s*:(?!=)([^\n#]*)[^\n]*\n((?:(?:\t[^\n]*|[ \t]*)\n?)*)", text[:500_000]
        )
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

    def _package_script(self, rest: tuple[str, ...], directory: str, depth: int) -> Iterable[Recognised]:
        name = next((word for word in rest if not word.startswith("-") and word not in ("run", "run-script")), "")
        try:
            data: Any = json.loads(self.read(_at(directory, "package.json")) or "{}")
        except (ValueError, RecursionError):
            return
        scripts = data.get("scripts") if isinstance(data, dict) else None
        script = scripts.get("test" if name in ("t", "tst") else name) if isinstance(scripts, dict) else None
        if not isinstance(script, str):
            return
        if name.startswith("test") and all(_HELD.match(part) for part in re.split(r"&&|;", script)):
            yield Recognised(Role.TESTS, f"npm {name}", "does nothing: the package's script runs no test")
            return
        yield from self._script(script, directory, depth + 1)


def _at(directory: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(directory, path)).lstrip("/")


def texts_of(inputs: PlacedMap) -> dict[str, str]:
    """The scalars of a mapping as text, names in lower case."""
    return {key.lower(): value for key in inputs if (value := inputs.text(key)) is not None}
