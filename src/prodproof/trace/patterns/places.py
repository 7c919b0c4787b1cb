"""Globs for paths, and which paths make a secret improbable."""

import functools
import re

FIXTURES = """
    test/** tests/** testing/** testdata/** test-data/** test_data/** spec/** specs/** __tests__/** __mocks__/**
    __fixtures__/** fixtures/** fixture/** mock/** mocks/** example/** examples/** sample/** samples/** doc/** docs/**
    documentation/** demo/** demos/** tutorial/** tutorials/** cassettes/**
    vendor/** vendored/** third_party/** e2e/**
    test_*.* *_test.* *_tests.* *.test.* *.spec.* *_spec.rb *Test.java *Tests.java *Test.php *Test.kt *Test.cs *Tests.cs
    *Spec.scala conftest.py phpunit.xml* *.md *.rst *.adoc README* CHANGELOG*
""".split()  # noqa: SIM905 - readable as a text
"""Files in which a value that only has a secret's name is a secret only if it has no meaning: tests, documentation."""

GENERATED = """
    *.min.js *.min.css *.bundle.js *.chunk.js *.map *.lock package-lock.json npm-shrinkwrap.json pnpm-lock.yaml *.sum
    *.po *.pot *.svg *.ipynb *.csv *.snap *.xlf *.strings messages*.properties messages.json *.resx *.dic *.aff *.css
    *.scss *.less node_modules/** site-packages/** bower_components/** .yarn/** __snapshots__/** snapshots/**
    locale/** locales/** i18n/** lang/** translations/**
""".split()  # noqa: SIM905 - readable as a text
"""Files that programs write or that come from elsewhere, full of hashes and of words."""

_GENERATED = tuple(GENERATED)
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
    """Whether a value in this file that only its name makes a secret is nobody's secret: a test's, an example."""
    return path_pattern(_BESIDE).search(path) is not None


def is_generated(path: str) -> bool:
    """Whether a program wrote the file, so that even values without a meaning are not somebody's secret."""
    return path_pattern(_GENERATED).search(path) is not None
