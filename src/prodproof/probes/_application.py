"""What the environment's Django application answers, and what the ledger last knew of it."""

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import ValidationError

from prodproof.facts import Reason, Subject, Unseen
from prodproof.facts.codec import decode
from prodproof.facts.declared import Declared, DjangoApp
from prodproof.facts.django import DjangoSettings, Source, UrlTable
from prodproof.facts.paths import Table
from prodproof.reach.django.application import harmless
from prodproof.reach.world import World

UNTRUSTED = Unseen(Reason.NOT_PERMITTED, "asking the application runs its own code: prodproof trust, or verify --trust")
Kind = TypeVar("Kind")
Known = TypeVar("Known", DjangoSettings, UrlTable)


def asked_settings(world: World, app: DjangoApp) -> DjangoSettings | Unseen:
    """The settings that a declared application answers with, in this run."""
    if not world.declared.trusted:
        return UNTRUSTED
    answer = world.applications.ask(app)
    return answer if isinstance(answer, Unseen) else part_of(DjangoSettings, "settings", answer)


def part_of(kind: type[Kind], part: str, answer: dict[str, Any]) -> Kind | Unseen:
    """One part of the collector's answer as a fact."""
    if reason := answer["failed"].get(part):
        return Unseen(Reason.INCOMPLETE, f"the application failed while its {part} were read: {harmless(str(reason))}")
    try:
        fact: Kind = decode(kind, answer[part])
    except (ValidationError, KeyError, TypeError):
        return Unseen(Reason.INCOMPLETE, f"the application's answer about its {part} is not readable")
    return fact


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
