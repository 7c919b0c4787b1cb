"""What the code, settings, commands and scripts of a repository mention by name."""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from prodproof.facts import Unseen
from prodproof.facts.dependencies import Purpose
from prodproof.reach.files.python_source import parse
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.manifests.purpose import purpose_of

MAX_CODE_FILES = 20_000
MAX_OTHER_FILES = 5_000
MAX_FILE = 1024 * 1024
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w., \t]+))", re.MULTILINE)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_WORD = re.compile(r"@?[A-Za-z0-9_][\w.+/-]*")
_OTHER = re.compile(
    r"(?:.*/)?(?:Dockerfile[\w.-]*|Containerfile|Procfile|Makefile|[jJ]ustfile|tox\.ini|setup\.cfg|uwsgi\.ini|.*\.(?:sh|bash"
    r"|toml|cfg|ini|conf|ya?ml|service|tf|json5?|html?|jinja2?|env\.example))"
)
_SCRIPT = re.compile(
    r".*\.(?:[cm]?[jt]sx?|vue|svelte|html?|s?css|less|json5?|ya?ml|toml|mdx|astro|py|sh)|.*/?\.[\w.-]+rc|.*Dockerfile.*|.*Makefile|.*Procfile"
)
_MANIFESTS = re.compile(
    r"(?:.*/)?(?:pyproject\.toml|setup\.cfg|Pipfile|package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml"
    r"|poetry\.lock|uv\.lock|yarn\.lock|[\w.-]*requirements[\w.-]*\.(?:txt|in)|requirements/[\w.-]+)"
)


@dataclass
class Mentions:
    """Names with the first place where each stands."""

    imports: dict[str, str] = field(default_factory=dict)
    """Dotted names of imports in Python code."""

    strings: dict[str, str] = field(default_factory=dict)
    """Parts of dotted texts in Python code: `wagtail.search.backends.elasticsearch8` has four."""

    words: dict[str, str] = field(default_factory=dict)
    """Words of commands, scripts and configuration."""

    unread: list[str] = field(default_factory=list)
    """Files that could not be read, so that a use may be missed."""


def python_mentions(reader: RepositoryReader) -> Mentions:
    """What Python code imports and names, and what commands and configuration name."""
    found = Mentions()
    code = [path for path in reader.files if path.endswith((".py", ".pyi"))]
    _each(reader, code[:MAX_CODE_FILES], found, _python)
    other = [path for path in reader.files if _OTHER.fullmatch(path) and not _MANIFESTS.fullmatch(path)]
    _each(reader, other[:MAX_OTHER_FILES], found, _words)
    if len(code) > MAX_CODE_FILES or len(other) > MAX_OTHER_FILES:
        found.unread.append("files beyond the bounds")
    return found


def script_mentions(reader: RepositoryReader, folder: str) -> Mentions:
    """Words of scripts, styles, pages and configuration below a folder, manifests and locks left out."""
    found = Mentions()
    prefix = f"{folder}/" if folder else ""
    paths = [
        path
        for path in reader.files
        if (path.startswith(prefix) or "/." in f"/{path}")
        and _SCRIPT.fullmatch(path)
        and not _MANIFESTS.fullmatch(path)
    ]
    _each(reader, paths[:MAX_CODE_FILES], found, _words)
    if len(paths) > MAX_CODE_FILES:
        found.unread.append("files beyond the bounds")
    return found


def _each(
    reader: RepositoryReader, paths: Sequence[str], found: Mentions, gather: Callable[[str, str, Mentions], None]
) -> None:
    for path in paths:
        text = reader.text(path, MAX_FILE)
        if isinstance(text, Unseen):
            found.unread.append(shown(path))
        else:
            gather(text, shown(path), found)


def _python(text: str, path: str, found: Mentions) -> None:
    try:
        tree = parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Python 2, or a template: lines that look like imports are good enough to see a use.
        for match in _IMPORT.finditer(text):
            for name in re.split(r"[,\s]+", match[1] or match[2] or ""):
                found.imports.setdefault(name, path)
        for value in re.findall(r"[\"']([\w.:/+-]{1,200})[\"']", text):
            _string(value, path, found)
        return
    aside = purpose_of(path) is Purpose.ASIDE
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.imports.setdefault(alias.name, path)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.imports.setdefault(node.module, path)
            for alias in node.names:
                found.imports.setdefault(f"{node.module}.{alias.name}", path)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not aside and len(node.value) < 200:
            _string(node.value, path, found)


def _string(value: str, path: str, found: Mentions) -> None:
    # Prose names everything; a name that is meant to be loaded stands alone: `"whitenoise.middleware.X"`.
    if re.search(r"\s", value):
        return
    found.strings.setdefault(value, path)
    if _DOTTED.fullmatch(value):
        for part in value.split("."):
            found.strings.setdefault(part, path)


def _words(text: str, path: str, found: Mentions) -> None:
    for line in text.splitlines():
        for word in _WORD.findall(line):
            found.words.setdefault(word, path)
            for part in re.split(r"[/.:=]", word):
                found.words.setdefault(part, path)
            if "/" in word:
                pieces = word.split("/")
                for end in range(1, len(pieces)):
                    found.words.setdefault("/".join(pieces[:end]), path)
