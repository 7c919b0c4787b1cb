"""Prometheus rule files and Alertmanager configurations."""

import re
from collections.abc import Iterator

from prodproof.facts import Location
from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind, files

_ALERT = re.compile(r"^[ \t]*(?:-[ \t]+)?alert:[ \t]*\S", re.MULTILINE)
_EXPRESSION = re.compile(r"^[ \t]*(?:-[ \t]+)?expr:", re.MULTILINE)
_ROUTE = re.compile(r"^route:", re.MULTILINE)
_RECEIVERS = re.compile(r"^receivers:", re.MULTILINE)


def find(tree: RepositoryTree) -> Iterator[Found]:
    """Files with alerts, with how many, and files with routes and receivers."""
    for file in files(tree, r".*\.ya?ml"):
        if _EXPRESSION.search(file.text) and (alerts := len(_ALERT.findall(file.text))):
            count = f"{alerts} alert{'s' if alerts > 1 else ''}"
            yield Found(Kind.ALERT_RULES, file.path, Location(file.path), count)
        if _ROUTE.search(file.text) and _RECEIVERS.search(file.text):
            yield Found(Kind.ALERTMANAGER, file.path, Location(file.path))
