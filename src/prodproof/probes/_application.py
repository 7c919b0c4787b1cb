"""What the ledger last knew of the environment's Django application."""

from collections.abc import Iterable
from typing import TypeVar

from prodproof.facts import Subject
from prodproof.facts.declared import Declared
from prodproof.facts.django import DjangoSettings, Source, UrlTable
from prodproof.facts.paths import Table
from prodproof.reach.world import World

Known = TypeVar("Known", DjangoSettings, UrlTable)


def url_table(world: World) -> tuple[UrlTable | None, Table]:
    """The routes of the application, and whether there is one whose routes should be known."""
    if not world.declared.django:
        return None, Table.NONE
    found = _last(world, UrlTable)
    return (found, Table.READ) if found is not None else (None, Table.NOT_READ)


def effective_settings(world: World) -> DjangoSettings | None:
    """The settings that the running application answered with; None where only its source was read."""
    found = _last(world, DjangoSettings)
    return found if found is not None and found.source is Source.EFFECTIVE else None


def _last(world: World, kind: type[Known]) -> Known | None:
    for subject in _subjects(world.declared):
        earlier = world.previous(kind, subject)
        if earlier is not None and isinstance(earlier.seen, kind):
            return earlier.seen
    return None


def _subjects(declared: Declared) -> Iterable[Subject]:
    environment = declared.environment.name
    names = [repository.subject.name for repository in declared.repositories] or ["."]
    for name in names:
        yield Subject("app", f"{name}#{environment}")
        for number, app in enumerate(declared.django):
            yield Subject("app", f"{name}/{app.directory if app.directory != '.' else number}#{environment}")
