"""Reads of a repository what discovery needs, within bounds."""

import re

from prodproof.facts import Reason, Unseen
from prodproof.facts.repository import RepositoryTree, TreeFile
from prodproof.reach.git.repository import RepositoryReader, shown

MAX_FILE = 1024 * 1024
MAX_FILES = 4000
MAX_TOTAL = 24 * 1024 * 1024

_PASSED_OVER = re.compile(r"(^|/)(node_modules|vendor|third_party|site-packages|bower_components|dist|migrations)/")
_INTERESTING = tuple(
    re.compile(pattern)
    for pattern in (
        # Small files that say most come first; the bounds cut from the end.
        r"([^/]+/){0,3}(pyproject\.toml|Pipfile|setup\.(py|cfg)|package\.json|pubspec\.yaml|CNAME|manage\.py|Procfile)",
        r"([^/]+/){0,3}requirements[^/]*\.(txt|in)|([^/]+/){0,3}requirements/[^/]+\.(txt|in)",
        r"(.*/)?(settings|config|conf)(_[a-z]+)?\.py|(.*/)?(settings|config)/([^/]+/)?[^/]+\.py|(.*/)?[a-z]+_settings\.py",
        r"(.*/)?(docker-)?compose[^/]*\.ya?ml",
        r"(.*/)?(Dockerfile|Containerfile)[^/]*|(.*/)?[^/]+\.[Dd]ockerfile",
        r"\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml",
        r"(.*/)?(nginx[^/]*|[^/]+\.conf|[^/]*\.nginx|sites-(available|enabled)/[^/]+|conf\.d/[^/]+)",
        r"(.*/)?[^/]+\.(tf|tfvars)",
        r"(.*/)?(models|schemas?|entities)\.py|(.*/)?(models|entities)/[^/]+\.py|(.*/)?schema\.prisma",
        r"([^/]+/){0,3}(app|main|wsgi|asgi|server|__init__)\.py",
        r"(.*/)?[^/]+\.ya?ml",
    )
)


def read_tree(reader: RepositoryReader) -> RepositoryTree:
    """The tree of a repository; what cannot be read is a gap."""
    gaps = list(reader.gaps)
    files: list[TreeFile] = []
    total = 0
    chosen = _chosen(reader.files)
    if len(chosen) > MAX_FILES:
        gaps.append(Unseen(Reason.INCOMPLETE, f"{len(chosen) - MAX_FILES} files were not looked into"))
    for path in chosen[:MAX_FILES]:
        text = reader.text(path, MAX_FILE)
        if isinstance(text, Unseen):
            gaps.append(text)
            continue
        total += len(text)
        if total > MAX_TOTAL:
            gaps.append(Unseen(Reason.INCOMPLETE, f"{MAX_TOTAL // 1024 // 1024} MB were looked into; the rest was not"))
            break
        files.append(TreeFile(shown(path), text))
    return RepositoryTree(
        name=shown(reader.directory.name),
        paths=tuple(sorted(shown(path) for path in reader.files)),
        files=tuple(sorted(files, key=lambda file: file.path)),
        gaps=tuple(gaps),
    )


def _chosen(paths: tuple[str, ...]) -> list[str]:
    ranked = []
    for path in paths:
        if _PASSED_OVER.search(path):
            continue
        rank = next((rank for rank, pattern in enumerate(_INTERESTING) if pattern.fullmatch(path)), None)
        if rank is not None:
            ranked.append((rank, path.count("/"), path))
    return [path for _, _, path in sorted(ranked)]
