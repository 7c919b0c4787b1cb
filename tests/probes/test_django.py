"""What the Django probe says of an application that answers, may not be asked, or does not answer."""

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.debug import DebugPages, EnvironmentPages
from prodproof.facts.declared import Declared, DjangoApp, EntryPoint, Environment, Repository
from prodproof.facts.django import CsrfSource, DeployCheck, DjangoSettings, PersonalModels, Source, UrlRoute, UrlTable
from prodproof.probes import debug_pages, environment_pages
from prodproof.probes.django import observe
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.http.client import Exchange
from prodproof.reach.world import World
from tests.reach.django.hard import write

APP = DjangoApp(environment="production", manage=(sys.executable, "manage.py"))
REPOSITORY = Repository(path=".", name="hard")
SUBJECT = Subject("app", "hard#production")
SHOP = EntryPoint(url="https://shop.example")


def declared(directory: Path, **changes: Any) -> Declared:
    system = Declared(
        system="hard",
        environment=Environment(name="production"),
        trusted=True,
        root=str(directory),
        repositories=(REPOSITORY,),
        django=(APP,),
        entry_points=(SHOP,),
    )
    return replace(system, **changes)


def look(directory: Path, **changes: Any) -> dict[type[Any], Survey[Any]]:
    system = declared(directory, **changes)
    reader = RepositoryReader.open(directory)
    world = World(declared=system, now=datetime.now(UTC), repositories={".": reader})
    answer = observe.observe(system, world)
    assert isinstance(answer, tuple)
    return {survey.fact: survey for survey in answer}


def seen(survey: Survey[Any]) -> list[object]:
    return [item.seen.why if isinstance(item.seen, Unseen) else type(item.seen) for item in survey.observations]


def test_an_application_that_answers(tmp_path: Path) -> None:
    found = look(write(tmp_path))
    assert all(survey.complete for survey in found.values())
    assert {kind: seen(survey) for kind, survey in found.items()} == {
        DjangoSettings: [DjangoSettings],
        UrlTable: [UrlTable],
        PersonalModels: [PersonalModels],
        DeployCheck: [DeployCheck],
        CsrfSource: [],
    }
    (settings,) = found[DjangoSettings].observations
    assert isinstance(settings.seen, DjangoSettings)
    assert (settings.subject, settings.seen.source, settings.commit) == (SUBJECT, Source.EFFECTIVE, None)


def test_without_trust_nothing_of_it_runs(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "manage.py").write_text("open('ran', 'w')\n" + (tmp_path / "manage.py").read_text())
    found = look(tmp_path, trusted=False)
    assert not (tmp_path / "ran").exists()
    assert seen(found[DjangoSettings]) == [Reason.NOT_PERMITTED, DjangoSettings]
    assert seen(found[UrlTable]) == [Reason.NOT_PERMITTED]
    assert seen(found[CsrfSource]) == [CsrfSource]


def test_not_declared_is_read_from_source(tmp_path: Path) -> None:
    found = look(write(tmp_path), django=())
    (settings,) = found[DjangoSettings].observations
    assert isinstance(settings.seen, DjangoSettings)
    assert settings.seen.source is Source.STATIC
    assert seen(found[UrlTable]) == [Reason.NOT_CONFIGURED]


def test_no_answer_is_unseen_beside_the_source(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "hard/overrides.py").write_text("1 / 0\n")
    found = look(tmp_path)
    assert seen(found[DjangoSettings]) == [Reason.INCOMPLETE, DjangoSettings]
    assert seen(found[UrlTable]) == [Reason.INCOMPLETE]


def test_a_repository_without_django_has_no_application(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print(1)\n")
    found = look(tmp_path, django=())
    assert all(survey.complete and not survey.observations for survey in found.values())


def test_an_unreadable_repository_is_a_gap(tmp_path: Path) -> None:
    found = look(tmp_path / "gone", django=())
    assert all(survey.gaps[0].why is Reason.UNREACHABLE for survey in found.values())


class Site:
    """Answers every request with one body, and keeps what was asked."""

    def __init__(self, body: str | Unseen) -> None:
        self.body = body
        self.asked: list[str] = []

    async def ask(self, url: str, method: str = "GET", **rest: object) -> Exchange | Unseen:
        self.asked.append(f"{method} {url}")
        if isinstance(self.body, Unseen):
            return self.body
        body = self.body.encode()
        return Exchange(method=method, url=url, status=404, headers=(), body=body, complete=True, address="192.0.2.1")


def world_with(site: Site, table: UrlTable | None = None) -> World:
    at = datetime.now(UTC)

    def previous(fact: type[object], subject: Subject) -> Observation[object] | None:
        known = fact is UrlTable and table is not None and subject == SUBJECT
        return Observation(subject, table, at, "inside", Proof.INSIDE) if known else None

    world = World(declared=declared(Path()), now=at, previous=previous)
    world.__dict__["http"] = site
    return world


@pytest.mark.parametrize(
    ("body", "framework"),
    [
        ("<p>You're seeing this error because you have <code>DEBUG = True</code> in your settings", "Django"),
        ("<title>TypeError // Werkzeug Debugger</title>", "Flask (Werkzeug)"),
        ("<h1>Routing Error</h1><p>Rails.root: /app</p>", "Rails"),
        ("<p>How we found that DEBUG = True cost us a weekend</p>", None),
        ("<h1>Not found</h1>", None),
    ],
)
def test_debug_pages(body: str, framework: str | None) -> None:
    survey = asyncio.run(_survey(debug_pages.observe.observe, world_with(Site(body))))
    (observation,) = survey.observations
    assert isinstance(observation.seen, DebugPages)
    assert {sign.framework for sign in observation.seen.signs} == ({framework} if framework else set())


def test_a_site_that_is_away_shows_nothing() -> None:
    site = Site(Unseen(Reason.UNREACHABLE, "refused"))
    survey = asyncio.run(_survey(debug_pages.observe.observe, world_with(site)))
    assert [item.seen for item in survey.observations] == [Unseen(Reason.UNREACHABLE, "refused")]


ENVIRONMENT = "SERVER_SOFTWARE gunicorn REMOTE_ADDR 10.0.0.1 wsgi.url_scheme http PATH_INFO /env/"


def test_open_routes_that_read_the_environment_are_asked() -> None:
    routes = (
        UrlRoute(pattern="env/", path="/env/", touches=("META",)),
        UrlRoute(pattern="hit/", path="/hit/", touches=("META", "save")),
        UrlRoute(pattern="new/", path="/new/", touches=("META",), methods=("POST",)),
        UrlRoute(pattern="home/", path="/home/"),
    )
    site = Site(ENVIRONMENT)
    table = UrlTable(urlconf="hard.urls", routes=routes)
    survey = asyncio.run(_survey(environment_pages.observe.observe, world_with(site, table)))
    assert site.asked == ["GET https://shop.example/env/"]
    assert [item.seen for item in survey.observations] == [EnvironmentPages(asked=("/env/",), printed=("/env/",))]


async def _survey(observe: Any, world: World) -> Survey[Any]:
    found = await observe(SHOP, world)
    assert isinstance(found, Survey)
    return found
