"""Where source turns the debug mode of Flask, FastAPI or Express on."""

import ast
import re
from collections.abc import Iterator, Mapping

from prodproof.facts import Location, Unseen
from prodproof.facts.code import DebugSwitch, DebugSwitches
from prodproof.probes._files import is_for_development, is_sample
from prodproof.reach.git.repository import RepositoryReader, shown

_IMPORTS = {
    "Flask": re.compile(r"^[ \t]*(from|import)\s+flask\b", re.MULTILINE),
    "FastAPI": re.compile(r"^[ \t]*(from|import)\s+(fastapi|starlette)\b", re.MULTILINE),
    "Django": re.compile(r"^[ \t]*(from|import)\s+django\b", re.MULTILINE),
}
_DEPLOYMENT = (
    "**/Dockerfile*",
    "**/docker-compose*.y*ml",
    "**/compose*.y*ml",
    "**/Procfile",
    "**/*.service",
    "**/.env.prod*",
)
_SWITCHED = re.compile(
    r"(?i)\bFLASK_DEBUG\s*[=:]\s*[\"']?(1|true)\b|\bFLASK_ENV\s*[=:]\s*[\"']?development\b"
    r"|\bflask\b[^\n]*\s--debug\b|\bNODE_ENV\s*[=:]\s*[\"']?development\b"
)
MAX_DEPLOYMENT = 512 * 1024


def debug_switches(
    reader: RepositoryReader, sources: Mapping[str, str], trees: Mapping[str, ast.Module]
) -> DebugSwitches | None:
    """The switches of one repository; None where it uses none of these frameworks, nor Django."""
    frameworks = {name for name, pattern in _IMPORTS.items() if any(pattern.search(text) for text in sources.values())}
    if _uses_express(reader):
        frameworks.add("Express")
    if not frameworks:
        return None
    others = frameworks - {"Django"}
    deployment = dict(_deployment(reader)) if others else {}
    started = " ".join(deployment.values())
    found: list[DebugSwitch] = []
    for path, tree in trees.items():
        if any(_IMPORTS[name].search(sources[path]) for name in others & _IMPORTS.keys()):
            found.extend(_in_module(path, tree, started))
    for path, text in deployment.items():
        for match in _SWITCHED.finditer(text):
            framework = "Express" if "NODE_ENV" in match[0].upper() else "Flask"
            if framework in others:
                line = text.count("\n", 0, match.start()) + 1
                switch = re.sub(r"\s+", " ", match[0])[:60]
                found.append(
                    DebugSwitch(framework=framework, switch=switch, reached=True, location=Location(shown(path), line))
                )
    return DebugSwitches(frameworks=tuple(sorted(others or frameworks)), switches=tuple(found))


def _uses_express(reader: RepositoryReader) -> bool:
    for path in reader.glob("package.json", "*/package.json"):
        text = reader.text(path, MAX_DEPLOYMENT)
        if not isinstance(text, Unseen) and re.search(r'"express"\s*:', text):
            return True
    return False


def _deployment(reader: RepositoryReader) -> Iterator[tuple[str, str]]:
    for path in reader.glob(*_DEPLOYMENT):
        # A plain compose file is a developer's as often as a server's.
        if is_sample(path) or is_for_development(path) or ("compose" in path and "prod" not in path):
            continue
        text = reader.text(path, MAX_DEPLOYMENT)
        if not isinstance(text, Unseen):
            yield path, text


def _in_module(path: str, tree: ast.Module, started: str) -> Iterator[DebugSwitch]:
    guarded = {id(item) for node in tree.body if isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)
               for item in ast.walk(node)}  # fmt: skip
    by_hand = path.rpartition("/")[2] not in started or not re.search(r"python[\d.]*\"?,?\s+\"?[\w./]*\.py", started)
    for node in ast.walk(tree):
        switch = framework = ""
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            on = any(word.arg == "debug" and isinstance(word.value, ast.Constant) and word.value.value is True
                     for word in node.keywords)  # fmt: skip
            if on and name == "run":
                framework, switch = "Flask", "run(debug=True)"
            elif on and name in ("FastAPI", "Starlette"):
                framework, switch = "FastAPI", f"{name}(debug=True)"
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value is True:
            target = ast.unparse(node.targets[0])
            if re.fullmatch(r"\w+\.debug|\w+\.config\[.DEBUG.\]", target):
                framework, switch = "Flask", f"{target} = True"
        if switch:
            reached = not (id(node) in guarded and by_hand)
            place = Location(shown(path), getattr(node, "lineno", None))
            yield DebugSwitch(framework=framework, switch=switch, reached=reached, location=place)
