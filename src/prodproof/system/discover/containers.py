"""Dockerfiles, and compose files with the stores that they start."""

import re
from collections.abc import Iterator

from prodproof.facts import Location
from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind, aside, at, files, matches, named

_IMAGE = re.compile(r"^[ \t]*(?:-[ \t]+)?image:\s*[\"']?([\w./-]{1,200})", re.MULTILINE)
_STORES = (
    (re.compile(r"postg|timescale|pgvector"), "database", "postgres"),
    (re.compile(r"mysql|mariadb|percona"), "database", "mysql"),
    (re.compile(r"mongo"), "database", "mongodb"),
    (re.compile(r"redis|valkey|keydb"), "cache", "redis"),
    (re.compile(r"elasticsearch|opensearch"), "search", "search"),
    (re.compile(r"rabbitmq|kafka|nats"), "queue", "queue"),
    (re.compile(r"minio"), "uploads", "bucket"),
    (re.compile(r"clickhouse"), "analytics", "clickhouse"),
)
_TOOLS = re.compile(r"exporter|commander|express|admin|insight|-ui$|backup")


def store_of(image: str) -> tuple[str, str] | None:
    """What a team would call the store that an image runs, and its kind."""
    name = image.rpartition("/")[2] if "/" in image else image
    if _TOOLS.search(name):
        return None
    return next(((label, kind) for pattern, label, kind in _STORES if pattern.search(name)), None)


def find(tree: RepositoryTree) -> Iterator[Found]:
    """Dockerfiles, compose files, and the stores of these."""
    for path in named(tree, r"(.*/)?(Dockerfile|Containerfile)([.-][^/]+)?|(.*/)?[^/]+\.[Dd]ockerfile"):
        if not aside(path):
            yield Found(Kind.DOCKERFILE, path, Location(path))
    for file in files(tree, r"(.*/)?(docker-)?compose([.-][^/]*)?\.ya?ml"):
        yield Found(Kind.COMPOSE, file.path, Location(file.path))
        for match in matches(_IMAGE, file.text):
            if store := store_of(match[1]):
                yield Found(Kind.DATA_STORE, store[0], at(file, match.start(1)), store[1])
