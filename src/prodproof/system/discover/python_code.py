"""What Python projects depend on, and Flask and FastAPI applications."""

import re
from collections.abc import Iterator

from prodproof.facts import Location
from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind, at, files, matches

_LISTS = (
    r"(.*/)?requirements[^/]*\.(txt|in)",
    r"(.*/)?requirements/[^/]+\.(txt|in)",
    r"(.*/)?pyproject\.toml",
    r"(.*/)?Pipfile",
    r"(.*/)?setup\.(py|cfg)",
)
_PACKAGE = re.compile(r"""^[ \t"']*([A-Za-z][A-Za-z0-9._-]{1,60})\s*(?=[\[=<>~!;"',@\s]|$)""", re.MULTILINE)
_FRAMEWORKS = (
    ("Flask", "flask", re.compile(r"\bFlask\(\s*__name__")),
    ("FastAPI", "fastapi", re.compile(r"=\s*FastAPI\(")),
)


def dependencies(tree: RepositoryTree) -> dict[str, Location]:
    """Names of Python packages (lower case, with hyphens) that a project lists, and where first."""
    seen: dict[str, Location] = {}
    for file in files(tree, *_LISTS):
        for match in matches(_PACKAGE, file.text):
            seen.setdefault(re.sub(r"[-_.]+", "-", match[1]).lower(), at(file, match.start(1)))
    return seen


def find(tree: RepositoryTree) -> Iterator[Found]:
    """Flask and FastAPI, by the application object or the dependency."""
    listed = dependencies(tree)
    for name, package, made in _FRAMEWORKS:
        for file in files(tree, r".*\.py"):
            if match := made.search(file.text):
                yield Found(Kind.FRAMEWORK, name, at(file, match.start()))
                break
        else:
            if package in listed:
                yield Found(Kind.FRAMEWORK, name, listed[package])
