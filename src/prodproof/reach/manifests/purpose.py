"""For what the packages of a file are installed, judged by its path."""

import re

from prodproof.facts.dependencies import Purpose

_ASIDE = frozenset(
    (
        "fixtures",
        "__fixtures__",
        "testdata",
        "test-data",
        "test_data",
        "examples",
        "example",
        "samples",
        "vendor",
        "vendored",
        "third_party",
        "third-party",
        "node_modules",
        "site-packages",
        "cookiecutter",
    )
)
_DEVELOPMENT = frozenset(
    ("test", "tests", "testing", "doc", "docs", "benchmarks", "bench", ".github", "tools", "scripts")
)
_WORDS = frozenset(
    (
        "dev",
        "devel",
        "develop",
        "development",
        "test",
        "tests",
        "testing",
        "doc",
        "docs",
        "lint",
        "ci",
        "local",
        "typing",
    )
)


def purpose_of(path: str) -> Purpose:
    """What a manifest at this path is for.

    Fixtures, examples and vendored code are set aside: they are listed and shown, but not what runs. Folders and file
    names that say tests, documentation or tools are development.
    """
    *folders, name = path.lower().split("/")
    if _ASIDE.intersection(folders):
        return Purpose.ASIDE
    stem = name.rpartition(".")[0]
    if _DEVELOPMENT.intersection(folders) or _WORDS.intersection(re.split(r"[-_.]", stem)):
        return Purpose.DEVELOPMENT
    return Purpose.RUNTIME
