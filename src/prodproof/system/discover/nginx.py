"""nginx configurations and the names that they serve."""

import re
from collections.abc import Iterator

from prodproof.facts import Location
from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind, files, hosts_in, matches

_SERVER = re.compile(r"^[ \t]*(?:server|http)\s*\{", re.MULTILINE)
_NAMES = re.compile(r"^[ \t]*server_name\s+([^;#\n]{1,2000});", re.MULTILINE)


def find(tree: RepositoryTree) -> Iterator[Found]:
    """Every configuration with a server, and its host names."""
    for file in files(tree, r".*"):
        if file.path.endswith((".py", ".json", ".yml", ".yaml", ".tf", ".toml")) or not _SERVER.search(file.text):
            continue
        yield Found(Kind.NGINX, file.path, Location(file.path))
        for match in matches(_NAMES, file.text):
            yield from hosts_in(file, match[1], match.start(1), "server_name")
