"""Finds the Django applications of a repository, and which settings module production takes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from prodproof.facts import Location, Unseen
from prodproof.facts.declared import EnvironmentKind
from prodproof.probes._files import is_for_development, is_sample
from prodproof.reach.files.placed import PlacedList, PlacedMap, read_documents, walk
from prodproof.reach.git.repository import RepositoryReader, shown

MAX_SOURCE = 2 * 1024 * 1024
MAX_CANDIDATES = 200

_MODULE = re.compile(r"DJANGO_SETTINGS_MODULE[\"']?(?:\s*+[,=:]\s*+|\s++)[\"']?([A-Za-z_][\w.]*)")
_TELLTALE = re.compile(
    r"^[ \t]*(INSTALLED_APPS|MIDDLEWARE|MIDDLEWARE_CLASSES|ROOT_URLCONF|WSGI_APPLICATION|DATABASES|SECRET_KEY|DEBUG"
    r"|ALLOWED_HOSTS|TEMPLATES)\s*(?::[^=\n]+)?\+?=",
    re.MULTILINE,
)
_STAR = re.compile(r"^[ \t]*from\s+([.\w]+)\s+import\s+\*", re.MULTILINE)
_NAMES = {
    EnvironmentKind.PRODUCTION: ("production", "prod", "live", "deploy", "deployment", "heroku", "aws", "prd"),
    EnvironmentKind.STAGING: ("staging", "stage", "stg", "preprod", "uat", "qa"),
    EnvironmentKind.DEVELOPMENT: ("development", "dev", "local", "devel", "debug"),
}
_TESTING = {"test", "tests", "testing", "ci", "test_settings", "settings_test", "settings_tests", "pytest", "e2e"}
_DEPLOYMENT = (
    "**/Dockerfile", "**/*.Dockerfile", "**/Dockerfile.*", "**/Containerfile", "**/docker-compose*.yml",
    "**/docker-compose*.yaml", "**/compose*.yml", "**/compose*.yaml", "**/Procfile", "**/*.service", "**/uwsgi*.ini",
    "**/*.uwsgi", "**/app.yaml", "**/render.yaml", "**/fly.toml", "**/heroku.yml", "**/.env.prod*", "**/*.env.prod*",
    "**/prod*.env", "**/.env.staging", "**/.envs/.production/*", "**/.envs/.staging/*", "**/supervisor*.conf",
    "**/k8s/**/*.yaml", "**/kubernetes/**/*.yaml", "**/deploy/**/*.yaml", "**/manifests/**/*.yaml",
    "**/deploy/**/*.env",
)  # fmt: skip
_ENTRY = ("**/wsgi.py", "**/asgi.py", "**/manage.py", "**/wsgi/*.py")
_ASSIGNED = re.compile(
    r"^[ \t]*(?:ENV\s+|export\s+|-\s+|Environment=)?[\"']?([A-Z][A-Z0-9_]*)[\"']?\s*[=:]\s*(\S.*)$", re.MULTILINE
)
_ENV_LINE = re.compile(r"^[ \t]*ENV\s+(.+)$", re.MULTILINE | re.IGNORECASE)
_PAIR = re.compile(r"\b([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|\S+)")
_Assigned = tuple[str, str, int]
"""Name, value and line of a variable."""


@dataclass(frozen=True)
class Application:
    """One Django application of a repository."""

    directory: str
    """Where its `manage.py` lies, or what its modules are imported from; `.` for the root."""

    module: str
    """Dotted name of the settings module that was chosen; empty where none could be."""

    because: str
    others: tuple[str, ...] = ()
    location: Location | None = None


class DjangoSource:
    """The Django side of one repository's work tree."""

    def __init__(self, reader: RepositoryReader, kind: EnvironmentKind) -> None:
        self.reader = reader
        self.kind = kind
        self.unread: list[Unseen] = []

    @cached_property
    def python(self) -> tuple[str, ...]:
        """All Python files that are no samples or tests."""
        return tuple(path for path in self.reader.glob("**/*.py") if not is_sample(path))

    def text(self, path: str) -> str:
        """A file's text; what cannot be read is noted and counts as empty."""
        text = self.reader.text(path, MAX_SOURCE)
        if isinstance(text, Unseen):
            self.unread.append(text)
            return ""
        return text

    @cached_property
    def candidates(self) -> dict[str, str]:
        """Files that look like settings modules, with their text."""
        found: dict[str, str] = {}
        likely = [path for path in self.python if re.search(r"settings|config|conf|environment", path.lower())]
        for path in likely[: MAX_CANDIDATES * 5]:
            text = self.text(path)
            marks = set(_TELLTALE.findall(text))
            stars = _STAR.findall(text)
            by_name = PurePosixPath(path).parent.name in ("settings", "config", "conf") or "settings" in path.lower()
            if len(marks) >= 3 or (by_name and stars and (marks or "settings" in path.lower())):
                found[path] = text
            if len(found) >= MAX_CANDIDATES:
                break
        return found

    @cached_property
    def variables(self) -> dict[str, tuple[str, Location]]:
        """Environment variables that deployment files of this environment set, with their values."""
        found: dict[str, tuple[str, Location]] = {}
        for path in self.reader.glob(*_DEPLOYMENT):
            if is_sample(path) or is_for_development(path) or not self.of_this_kind(path):
                continue
            # A compose file without an environment in its name is a developer's as often as a server's.
            if "compose" in PurePosixPath(path).name and not set(re.split(r"[/._\-]", path)) & set(_NAMES[self.kind]):
                continue
            text = self.text(path)
            assigned = _assignments(path, text)
            if isinstance(assigned, Unseen):
                self.unread.append(Unseen(assigned.why, f"{shown(path)} {assigned.detail}"))
                continue
            for name, value, line in assigned:
                if "$" not in value and "{{" not in value:
                    found.setdefault(name, (value, Location(path, line)))
        return found

    def of_this_kind(self, path: str) -> bool:
        """Whether a path does not say that it belongs to another environment."""
        words = set(re.split(r"[/._\-]", path.lower()))
        other = {word for kind, names in _NAMES.items() if kind is not self.kind for word in names}
        return not words & other or bool(words & set(_NAMES[self.kind]))

    def source_of(self, directory: str, module: str) -> tuple[str, str] | None:
        """Path and text of a module, searched from an application's directory and the root."""
        if not module:
            return None
        inner = module.replace(".", "/")
        for base in dict.fromkeys((directory, ".", "src")):
            prefix = "" if base == "." else base + "/"
            for path in (f"{prefix}{inner}.py", f"{prefix}{inner}/__init__.py"):
                if self.reader.exists(path):
                    return path, self.text(path)
        return None

    def applications(self, wanted: str | None = None) -> tuple[Application, ...]:
        """The applications, each with its settings module; `wanted` is the one that is declared, if any."""
        directories = {str(PurePosixPath(path).parent) for path in self.python if path.endswith("manage.py")
                       and "DJANGO_SETTINGS_MODULE" in self.text(path)}  # fmt: skip
        if not directories:
            directories = {_import_root(path, self.reader) for path in self.python
                           if path.endswith(("wsgi.py", "asgi.py")) and "django" in self.text(path)}  # fmt: skip
        if not directories and self.candidates:
            directories = {_import_root(path, self.reader) for path in self.candidates}
            directories = {min(directories, key=len)}
        found = []
        for directory in sorted(directories):
            inner = [other for other in directories if other != directory and _within(other, directory)]
            mine = [path for path in self.candidates if _within(path, directory)]
            mine = [path for path in mine if not any(_within(path, other) for other in inner)]
            chosen = self.choose(directory, mine, wanted)
            if chosen is not None:
                found.append(chosen)
        return tuple(found)

    def choose(self, directory: str, paths: list[str], wanted: str | None) -> Application | None:
        """Decide which settings module this environment takes, and say why."""
        modules = {_dotted(path, directory): path for path in paths if not _is_test(path)}
        bases = {self.resolved(directory, name, star) for name, path in modules.items()
                 for star in _STAR.findall(self.candidates[path])}  # fmt: skip

        def made(module: str, because: str) -> Application:
            others = tuple(sorted(name for name in modules if name != module))
            found = self.source_of(directory, module)
            return Application(directory, module, because, others, Location(found[0]) if found else None)

        if wanted:
            return made(wanted, "the system file names it")
        if "DJANGO_SETTINGS_MODULE" in self.variables:
            value, where = self.variables["DJANGO_SETTINGS_MODULE"]
            if self.source_of(directory, value):
                return made(value, f"{where} sets DJANGO_SETTINGS_MODULE")
        named = [name for name in modules if set(re.split(r"[._]", name.lower())) & set(_NAMES[self.kind])]
        if named:
            return made(min(named, key=len), f"its name says {self.kind}")
        for path in self.entry_files(directory):
            found = _MODULE.search(self.text(path))
            if found and self.source_of(directory, found[1]):
                return made(found[1], f"{path} names it")
        leaves = [name for name in modules if name not in bases] or list(modules)
        if len(leaves) == 1:
            return made(leaves[0], "it is the only one")
        if not modules:
            return None
        return made("", f"{len(leaves)} settings modules, and nothing says which one this environment takes")

    def entry_files(self, directory: str) -> Iterable[str]:
        """Files that start the application, the serving ones first."""
        order = ("wsgi", "asgi", "manage.py")
        mine = [path for path in self.reader.glob(*_ENTRY) if _within(path, directory) and not is_sample(path)]
        return sorted(mine, key=lambda path: next((n for n, word in enumerate(order) if word in path), 9))

    def resolved(self, directory: str, module: str, star: str) -> str:
        """The absolute name of a module that `module` imports whole."""
        level = len(star) - len(star.lstrip("."))
        if not level:
            return star
        path = self.source_of(directory, module)
        package = module if path and path[0].endswith("__init__.py") else module.rpartition(".")[0]
        for _ in range(level - 1):
            package = package.rpartition(".")[0]
        return f"{package}.{star.lstrip('.')}".strip(".")


def _within(path: str, directory: str) -> bool:
    return directory == "." or path.startswith(directory + "/")


def _dotted(path: str, directory: str) -> str:
    inner = path if directory == "." else path[len(directory) + 1 :]
    return re.sub(r"(/__init__)?\.py$", "", inner).replace("/", ".")


def _is_test(path: str) -> bool:
    return bool(set(re.split(r"[/.]", path.lower())) & _TESTING) or PurePosixPath(path).name.startswith("test_")


def _import_root(path: str, reader: RepositoryReader) -> str:
    """The directory that a file's top package lies in."""
    folder = PurePosixPath(path).parent
    while str(folder) != "." and reader.exists(f"{folder}/__init__.py"):
        folder = folder.parent
    return str(folder)


def _assignments(path: str, text: str) -> Iterable[_Assigned] | Unseen:
    """Variables that a deployment file sets, or why they cannot be told."""
    name = PurePosixPath(path).name.lower()
    if name.endswith((".yml", ".yaml")):
        return _from_yaml(text) if "DJANGO" in text or "DEBUG" in text else ()
    return _from_dockerfile(text) if "dockerfile" in name or "containerfile" in name else _from_lines(name, text)


def _from_dockerfile(text: str) -> Iterable[_Assigned]:
    joined = re.sub(r"\\\n", "  ", text)
    for line in _ENV_LINE.finditer(joined):
        pairs = _PAIR.findall(line[1])
        if not pairs and (old := re.match(r"(\w+)\s+(.+)", line[1])):
            pairs = [(old[1], old[2].strip())]
        number = text.count("\n", 0, max(0, text.find(line[1][:20]))) + 1
        yield from ((key, value.strip("\"'"), number) for key, value in pairs)


def _from_lines(name: str, text: str) -> Iterable[_Assigned]:
    for found in _ASSIGNED.finditer(text):
        yield found[1], found[2].strip().strip("\"'"), text.count("\n", 0, found.start(1)) + 1
    for found in re.finditer(r"\b([A-Z][A-Z0-9_]+)=([\w.]+)", text if name == "procfile" else ""):
        yield found[1], found[2], text.count("\n", 0, found.start()) + 1


def _from_yaml(text: str) -> Iterable[_Assigned] | Unseen:
    """`environment`, `env`, `env_variables` and `data` blocks: mappings, `NAME=value` lists, name/value objects."""
    documents = read_documents(text)
    if isinstance(documents, Unseen):
        return documents
    return (
        pair
        for mapping in walk(PlacedList(documents))
        for key in ("environment", "env", "env_variables", "data", "envVars")
        for pair in _pairs(mapping.get(key), mapping.at(key))
    )


def _pairs(block: object, line: int) -> Iterable[_Assigned]:
    if isinstance(block, PlacedMap):
        for name, value in block.items():
            if isinstance(value, str | int):
                yield name, str(value), block.at(name)
    elif isinstance(block, PlacedList):
        for item in block:
            if isinstance(item, str) and "=" in item:
                name, _, value = item.partition("=")
                yield name, value, line
            elif isinstance(item, PlacedMap) and isinstance(value := item.get("value"), str | int):
                yield item.text("name") or item.text("key") or "", str(value), item.line
