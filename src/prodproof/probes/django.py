"""What each Django application is made of: from the live application where it may be asked, else from its source."""

from typing import Any

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import Declared, DjangoApp, Repository
from prodproof.facts.django import CsrfSource, DeployCheck, DjangoSettings, PersonalModels, UrlTable
from prodproof.probes._application import UNTRUSTED, part_of
from prodproof.probes._django_csrf import places
from prodproof.probes._django_project import Application, DjangoSource
from prodproof.probes._django_static import static_settings
from prodproof.probes.probe import probe
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.world import World

PARTS: tuple[tuple[type[Any], str], ...] = (
    (DjangoSettings, "settings"),
    (UrlTable, "urls"),
    (PersonalModels, "models"),
    (DeployCheck, "deploy"),
)
"""Fact types with the part of the collector's answer that each is made of."""

NOT_ASKED = Unseen(
    Reason.NOT_CONFIGURED,
    "the running application was not asked: declare [[django]], or verify --django 'python manage.py'",
)


@probe(
    DjangoSettings, UrlTable, PersonalModels, DeployCheck, CsrfSource, per=Declared, proof=Proof.INSIDE, time_limit=300
)
def observe(about: Declared, world: World) -> tuple[Survey[Any], ...]:
    """Ask each declared application, and read the source of those that cannot be asked.

    An application that is declared and does not answer is observed twice: as unseen, and by its source, which may
    still show what is wrong.
    """
    found = _Found(world)
    for repository in about.repositories or (Repository(path="."),):
        found.repository(repository, apps_of(repository, about))
    return found.surveys()


def apps_of(repository: Repository, about: Declared) -> list[DjangoApp]:
    """The declared applications whose source is a repository's; those of no known one belong to the first."""
    return [app for app in about.django if _belongs(app, repository, about)]


def _belongs(app: DjangoApp, repository: Repository, about: Declared) -> bool:
    names = {repository.path, repository.name, repository.path.removeprefix("./")}
    known = {name for item in about.repositories for name in (item.path, item.name)}
    first = not about.repositories or repository == about.repositories[0]
    return app.repository in names or (first and app.repository not in known)


class _Found:
    def __init__(self, world: World) -> None:
        self.world = world
        kinds = [*(kind for kind, _ in PARTS), CsrfSource]
        self.seen: dict[type[Any], list[Observation[Any]]] = {kind: [] for kind in kinds}
        self.gaps: dict[type[Any], list[Unseen]] = {kind: [] for kind in self.seen}

    def surveys(self) -> tuple[Survey[Any], ...]:
        return tuple(
            Survey(kind, tuple(observations), tuple(dict.fromkeys(self.gaps[kind])))
            for kind, observations in self.seen.items()
        )

    def everywhere(self, gap: Unseen) -> None:
        for gaps in self.gaps.values():
            gaps.append(gap)

    def repository(self, repository: Repository, apps: list[DjangoApp]) -> None:
        reader = self.world.repositories.get(repository.path)
        source = None
        if isinstance(reader, RepositoryReader):
            source = DjangoSource(reader, self.world.declared.environment.kind)
        elif isinstance(reader, Unseen):
            self.everywhere(reader)
        elif not apps:
            self.everywhere(Unseen(Reason.NOT_DECLARED, "no repository is declared"))
        name = repository.subject.name
        environment = self.world.declared.environment.name
        for number, app in enumerate(apps):
            suffix = "" if len(apps) == 1 else f"/{app.directory if app.directory != '.' else number}"
            self.asked(app, Subject("app", f"{name}{suffix}#{environment}"), source)
        if not apps and source is not None:
            found = source.applications()
            for application in found:
                suffix = "" if len(found) == 1 else f"/{shown(application.directory)}"
                subject = Subject("app", f"{name}{suffix}#{environment}")
                for kind in (UrlTable, PersonalModels, DeployCheck):
                    self.add(kind, subject, NOT_ASKED)
                self.static(subject, source, application)
            self.unread(source)

    def asked(self, app: DjangoApp, subject: Subject, source: DjangoSource | None) -> None:
        if not self.world.declared.trusted:
            answer: dict[str, Any] | Unseen = UNTRUSTED
        else:
            self.world.progress(f"django {subject.name}")
            answer = self.world.applications.ask(app)
        for kind, part in PARTS:
            self.add(kind, subject, answer if isinstance(answer, Unseen) else part_of(kind, part, answer))
        if not any(isinstance(item.seen, Unseen) and item.subject == subject for kind in (DjangoSettings, UrlTable)
                   for item in self.seen[kind]):  # fmt: skip
            return
        for application in source.applications(app.settings) if source is not None else ():
            if source is not None and application.directory in (".", app.directory.removeprefix("./")):
                self.static(subject, source, application)

    def static(self, subject: Subject, source: DjangoSource, application: Application) -> None:
        settings = static_settings(source, application, self.world.declared.environment.name)
        commit = source.reader.commit
        self.add(DjangoSettings, subject, settings, commit)
        found = CsrfSource(places=places(source, application, settings))
        self.add(CsrfSource, subject, found, commit)
        self.unread(source)

    def unread(self, source: DjangoSource) -> None:
        for gap in (*source.unread, *source.reader.gaps):
            self.gaps[DjangoSettings].append(gap)
            self.gaps[CsrfSource].append(gap)

    def add(self, kind: type[Any], subject: Subject, seen: object, commit: str | None = None) -> None:
        self.seen[kind].append(self.world.inside(subject, seen, commit))
