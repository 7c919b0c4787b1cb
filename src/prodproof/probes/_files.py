"""Which files of a repository describe the running system, for the probes of infrastructure."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.repository import RepositoryReader, shown

YAML = ("**/*.yaml", "**/*.yml")
MANIFESTS = (*YAML, "**/*.json")
MAX_MANIFEST = 4 * 1024 * 1024
_DATA = (".json", ".ipynb")
_CONFIGURATION = (".yaml", ".yml", ".conf", ".properties", ".tf", ".tofu", ".rules", ".rule")

_SAMPLE_FOLDERS = {
    "__tests__", "doc", "docs", "example", "examples", "fixture", "fixtures", "node_modules", "sample", "samples",
    "site-packages", "test-data", "test-fixtures", "testdata", "tests", "third_party", "vendor",
}  # fmt: skip
_DEVELOPMENT = re.compile(r"(^|[.\-_])(dev|devel|development|local|test|tests|testing|ci|override|e2e)([.\-_]|$)")


def is_sample(path: str) -> bool:
    """Whether a file is an example, a test's input or somebody else's: it describes nothing that runs."""
    parts = PurePosixPath(path).parts[:-1]
    return any(part.lower() in _SAMPLE_FOLDERS for part in parts) or parts[:1] == ("test",)


def is_for_development(path: str) -> bool:
    """Whether a file's own name says that it is for a developer's machine or a test: `compose.override.yml`."""
    return _DEVELOPMENT.search(PurePosixPath(path).name.lower()) is not None


def texts(
    reader: RepositoryReader, *patterns: str, having: str | re.Pattern[str] = ""
) -> Iterator[tuple[str, str | Unseen]]:
    """Path and text of each matching file that is no sample and holds `having`.

    A file that cannot be read, or whose bytes are no text, might hold anything, and so comes as Unseen. Large data
    files (JSON, notebooks) are left out: nobody keeps rules or manifests of megabytes in them.
    """
    for path in reader.glob(*patterns):
        if is_sample(path):
            continue
        text = reader.text(path, MAX_MANIFEST)
        if isinstance(text, Unseen):
            if not (text.why is Reason.INCOMPLETE and path.endswith(_DATA)):
                yield path, text
        elif "\0" in text:
            if path.endswith(_CONFIGURATION):
                yield path, Unseen(Reason.INCOMPLETE, f"{shown(path)} is not text")
        elif having in text if isinstance(having, str) else having.search(text):
            yield path, text
