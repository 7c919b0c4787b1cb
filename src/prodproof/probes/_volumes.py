"""Named volumes of compose files: folders that outlive their containers."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from prodproof.facts import Location
from prodproof.facts.stores_in_use import StoreInUse
from prodproof.reach.files.placed import PlacedMap
from prodproof.system.discover.containers import store_of

_NAMED = re.compile(r"[A-Za-z0-9][\w.-]*")
_MADE_ANEW = re.compile(
    r"(?<![a-z])(?:static(?:files|root)?|[a-z]*caches?|te?mp|sock(?:et)?s?|node_modules|venv|logs?|letsencrypt|certs?)"
    r"(?![a-z])|/acme|/run/"
)
"""What is built, fetched or issued again, as whole words: no data of anybody, as `templates` may be."""


def volumes(documents: Sequence[Any], path: str) -> Iterator[StoreInUse]:
    """Each volume by its name, once: what its service keeps there, or files."""
    told: set[str] = set()
    for document in documents:
        listed = document.map("services") if isinstance(document, PlacedMap) else PlacedMap()
        for service in listed:
            body = listed.map(service)
            if store_of(body.text("image") or ""):
                continue  # named after what it runs, by its image
            for name, target in _mounted(body):
                if name not in told and not _MADE_ANEW.search(f"{name} {target}".lower()):
                    told.add(name)
                    place = Location(path, listed.at(service))
                    yield StoreInUse(kind="files", name=name, place=target, seen_in=path, location=place)


def _mounted(body: PlacedMap) -> Iterator[tuple[str, str]]:
    for item in body.items_of("volumes"):
        if isinstance(item, PlacedMap):
            source, target = item.text("source") or "", item.text("target") or ""
            named, written = item.text("type") in (None, "volume"), item.get("read_only") is not True
        elif isinstance(item, str):
            source, _, rest = item.partition(":")
            target, _, options = rest.partition(":")
            named, written = True, "ro" not in options.split(",")
        else:
            continue
        if named and written and _NAMED.fullmatch(source) and target:
            yield source, target
