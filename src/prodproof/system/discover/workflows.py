"""Pipelines, and the environments that they deploy to."""

import re
from collections.abc import Iterator

from prodproof.facts import Location
from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind, at, files, named

_PIPELINES = (
    r"\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|Jenkinsfile|bitbucket-pipelines\.yml|\.circleci/config\.yml|"
    r"azure-pipelines\.yml|\.drone\.yml|buildspec\.yml"
)
_ENVIRONMENT = re.compile(
    r"^[ \t]+environment:[ \t]*(?:\n[ \t]+name:[ \t]*)?[\"']?(staging|stage|uat|preprod|qa)\b", re.MULTILINE
)


def find(tree: RepositoryTree) -> Iterator[Found]:
    """Each pipeline file; a staging environment where one is deployed to."""
    for path in named(tree, _PIPELINES):
        yield Found(Kind.WORKFLOW, path, Location(path))
    for file in files(tree, _PIPELINES):
        if match := _ENVIRONMENT.search(file.text):
            yield Found(Kind.ENVIRONMENT, "staging", at(file, match.start(1)), match[1])
