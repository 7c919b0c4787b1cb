"""Flutter applications."""

import re
from collections.abc import Iterator

from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind, at, files

_SDK = re.compile(r"^[ \t]+sdk:\s*flutter\b", re.MULTILINE)


def find(tree: RepositoryTree) -> Iterator[Found]:
    """Each pubspec.yaml that asks for the Flutter SDK."""
    for file in files(tree, r"(.*/)?pubspec\.yaml"):
        if match := _SDK.search(file.text):
            yield Found(Kind.FRAMEWORK, "Flutter", at(file, match.start()))
