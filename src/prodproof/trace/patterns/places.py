"""Globs for paths, and which paths make a secret improbable."""

import functools
import re

FIXTURES = """
    test/** tests/** testing/** testdata/** test-data/** test_data/** spec/** specs/** __tests__/** __mocks__/**
    __fixtures__/** fixtures/** fixture/** mock/** mocks/** example/** examples/** sample/** samples/** doc/** docs/**
    documentation/** demo/** demos/** tutorial/** tutorials/** cassettes/** node_modules/** site-packages/** locale/**
    locales/** i18n/** lang/** translations/** snapshots/** __snapshots__/** e2e/**
    test_*.* *_test.* *_tests.* *.test.* *.spec.* *_spec.rb *Test.java *Tests.java *Test.php *Test.kt *Test.cs *Tests.cs
    *Spec.scala conftest.py *.md *.rst *.adoc README* CHANGELOG*
""".split()  # noqa: SIM905 - readable as a text
"""Files in which a value that only has a secret's name is nobody's secret: tests, documentation, translations."""

GENERATED = """
    *.min.js *.min.css *.bundle.js *.chunk.js *.map *.lock package-lock.json npm-shrinkwrap.json pnpm-lock.yaml *.sum
    *.po *.pot *.svg *.ipynb *.csv *.snap *.xlf *.strings messages*.properties messages.json *.resx *.dic *.aff *.css
    *.scss *.less
""".split()  # noqa: SIM905 - readable as a text
"""Files that programs write, full of hashes and of words."""

_BESIDE = (*FIXTURES, *GENERATED)


@functools.lru_cache(maxsize=1024)
def path_pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    """A regular expression for a list of globs, to `search` in a path.

    `*` and `?` stay within one name, `**` crosses folders. A glob without `/` is compared with the last name of the
    path, one with `/` with its last names. Case does not count; `!` (a member of an archive) is a border like `/`.
    """
    return re.compile("|".join(f"(?:^|[/!]){_glob(glob)}$" for glob in globs), re.IGNORECASE)


def _glob(glob: str) -> str:
    parts = []
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob.lstrip("/")):
        match part:
            case "**/":
                parts.append(r"(?:[^!]*/)?")
            case "**":
                parts.append(r"[^!]*")
            case "*":
                parts.append(r"[^/!]*")
            case "?":
                parts.append(r"[^/!]")
            case _:
                parts.append(re.escape(part))
    return "".join(parts)


def is_beside_the_point(path: str) -> bool:
    """Whether a value in this file that only its name makes a secret is nobody's: a test's, an example, a translation."""
    return path_pattern(_BESIDE).search(path) is not None
