"""Node applications and their frameworks."""

import json
from collections.abc import Iterator
from typing import Any

from prodproof.facts import Location
from prodproof.facts.repository import RepositoryTree, TreeFile
from prodproof.system.discover.found import Found, Kind, files

_KNOWN = {
    "next": "Next.js", "nuxt": "Nuxt", "express": "Express", "fastify": "Fastify", "koa": "Koa",
    "@nestjs/core": "NestJS", "@remix-run/node": "Remix", "@sveltejs/kit": "SvelteKit", "react": "React", "vue": "Vue",
    "@angular/core": "Angular",
}  # fmt: skip
_STORES = {
    "pg": "postgres", "postgres": "postgres", "mysql": "mysql", "mysql2": "mysql", "mongodb": "mongodb",
    "mongoose": "mongodb", "ioredis": "redis", "redis": "redis",
}  # fmt: skip


def find(tree: RepositoryTree) -> Iterator[Found]:
    """One finding for each package.json that has dependencies, named after its frameworks."""
    for file in files(tree, r"([^/]+/){0,3}package\.json"):
        needed = _needed(file, "dependencies")
        if not needed and not _needed(file, "devDependencies"):
            continue
        frameworks = [name for package, name in _KNOWN.items() if package in needed]
        yield Found(Kind.FRAMEWORK, "Node", Location(file.path), ", ".join(frameworks))
        for package, kind in _STORES.items():
            if package in needed:
                yield Found(Kind.DATA_STORE, "cache" if kind == "redis" else "database", Location(file.path), kind)


def _needed(file: TreeFile, key: str) -> dict[str, Any]:
    try:
        listed = json.loads(file.text).get(key, {})
    except (ValueError, AttributeError, RecursionError):
        return {}
    return listed if isinstance(listed, dict) else {}
