"""A thing that was seen in a repository, and helpers that the finders share."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from prodproof.facts import Location
from prodproof.facts.repository import RepositoryTree, TreeFile

MAX_MATCHES = 200
"""Matches of one pattern in one file that are looked at."""


class Kind(StrEnum):
    """What was found; in the order in which it is shown."""

    FRAMEWORK = "framework"
    SETTINGS = "settings"
    ENVIRONMENT = "environment"
    HOST = "likely host"
    ZONE = "DNS zone"
    DATA_STORE = "data store"
    MEDIA = "media root"
    DOCKERFILE = "Dockerfile"
    COMPOSE = "compose"
    KUBERNETES = "Kubernetes"
    TERRAFORM = "terraform"
    NGINX = "nginx"
    WORKFLOW = "workflow"
    ALERT_RULES = "alert rules"
    ALERTMANAGER = "Alertmanager"
    PERSONAL_DATA = "personal data"
    VENDOR = "vendor"
    SECRET = "secret name"


@dataclass(frozen=True)
class Found:
    """One thing, and where it was seen. Never holds a value that could be a secret."""

    kind: Kind
    name: str
    at: Location
    detail: str = ""


_ASIDE = re.compile(
    r"(^|/)(tests?|testing|spec|docs?|examples?|samples?|fixtures|e2e|benchmarks?)/|(^|/)(test_|conftest)"
)
_HOST = re.compile(r"(?<![\w.@%$-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?![\w.(-])", re.IGNORECASE)
_RESERVED = re.compile(
    r"(^|\.)(example\.(com|org|net)|localhost|local|localdomain|internal|invalid|test|lan|cluster\.local|arpa|svc|"
    r"herokuapp\.com|ngrok\.io|ngrok-free\.app|nip\.io|sslip\.io|your-?domain\.\w+|domain\.(com|tld)|mydomain\.\w+)$"
)
_FILE_ENDINGS = {"json", "yml", "yaml", "html", "css", "txt", "conf", "sock", "log", "pem", "crt", "key", "toml", "cfg",
                 "ini", "xml", "sql", "env", "lock", "php", "svg", "png", "jpg", "js", "ts"}  # fmt: skip


def aside(path: str) -> bool:
    """Whether a file is a test, example or document, and so says nothing about the real system."""
    return bool(_ASIDE.search(path))


def line_of(text: str, position: int) -> int:
    """The line, counted from 1, of a position in a text."""
    return text.count("\n", 0, position) + 1


def at(file: TreeFile, position: int | None = None) -> Location:
    """The place of a position in a file, or of the whole file."""
    return Location(file.path, None if position is None else line_of(file.text, position))


def files(tree: RepositoryTree, *patterns: str) -> Iterator[TreeFile]:
    """Files whose path matches a pattern as a whole, tests and examples left out."""
    expression = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
    return (file for file in tree.files if expression.fullmatch(file.path) and not aside(file.path))


def named(tree: RepositoryTree, pattern: str) -> Iterator[str]:
    """Paths that match a pattern as a whole, read or not."""
    expression = re.compile(pattern)
    return (path for path in tree.paths if expression.fullmatch(path))


def matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The first matches of a pattern in a text; a file with more of them is not the work of a person."""
    return islice(pattern.finditer(text), MAX_MATCHES)


def sections(pattern: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Each match with the position at which the next one, or the end of the text, comes."""
    starts = list(matches(pattern, text))
    for index, match in enumerate(starts):
        yield match, starts[index + 1].start() if index + 1 < len(starts) else len(text)


def host_names(text: str) -> Iterator[tuple[str, int]]:
    """Public-looking host names in a text, with their positions."""
    for match in matches(_HOST, text):
        name = match[0].lower()
        if not _RESERVED.search(name) and name.rpartition(".")[2] not in _FILE_ENDINGS:
            yield name, match.start()


def hosts_in(file: TreeFile, text: str, offset: int, detail: str) -> Iterator[Found]:
    """Host names in a part of a file that begins at `offset`."""
    for name, position in host_names(text):
        yield Found(Kind.HOST, name, at(file, offset + position), detail)
