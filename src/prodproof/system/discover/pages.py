"""Host names of static sites: CNAME files."""

from collections.abc import Iterator

from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, files, hosts_in


def find(tree: RepositoryTree) -> Iterator[Found]:
    """The name in each CNAME file."""
    for file in files(tree, r"([^/]+/){0,3}CNAME"):
        yield from hosts_in(file, file.text[:300], 0, "CNAME file")
