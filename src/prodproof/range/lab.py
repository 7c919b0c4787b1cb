"""A healthy system in one folder, whose parts start when they are first asked for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from prodproof.facts import Observation, Proof, Subject
from prodproof.facts.declared import (
    Advisories,
    Declared,
    DjangoApp,
    EntryPoint,
    Environment,
    EnvironmentKind,
    Permission,
    Repository,
    Runbook,
)
from prodproof.facts.django import DjangoSettings
from prodproof.facts.tls import TlsEndpoint
from prodproof.range.components.advisories import Advisories as AdvisoryExport
from prodproof.range.components.django import shop_application
from prodproof.range.components.dns import Quay
from prodproof.range.components.interpreter import Interpreter
from prodproof.range.components.repo import Repo
from prodproof.range.components.services import VANTAGE, Services
from prodproof.range.components.settings import healthy_settings
from prodproof.range.components.site import ADDRESS, FORGOTTEN, HOST, STAGING, Site
from prodproof.range.components.tls_server import TlsServer
from prodproof.reach.programs import find_program
from prodproof.reach.world import Settings

INCIDENT_RUNBOOK = Runbook(
    name="incident", path="runbooks/incident.md", owner="ana", covers=("incident", "leak", "breach")
)


class Lab:
    """The range in small: each component is one attribute and one file in `components/`.

    Use it as a context manager; leaving it stops what was started and removes nothing outside `directory`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.declared = Declared(
            system="harbour",
            environment=Environment(name="production"),
            trusted=True,
            root=str(directory),
            repositories=(Repository(path="harbour", name="harbour"),),
        )
        self.settings = Settings()
        self.missing_tools: set[str] = set()
        self.known: dict[tuple[type[object], Subject], Observation[object]] = {}
        """What the ledger would still know from earlier runs."""
        self._stops: list[Callable[[], None]] = []

    def __enter__(self) -> "Lab":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._stops:
            self._stops.pop()()

    def declare(self, **changes: Any) -> None:
        """Replace parts of what is declared (fields of `Declared`)."""
        self.declared = replace(self.declared, **changes)

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Register what stops a component; carried out in reverse order."""
        self._stops.append(stop)

    def tool(self, name: str) -> str | None:
        """Path of a program, unless it was taken away."""
        if name in self.missing_tools:
            return None
        return find_program(name)

    @cached_property
    def site(self) -> Site:
        """The web site over HTTPS and its plain HTTP port, healthy and declared; staging is declared beside it."""
        site = Site(self.directory / "site")
        self.on_stop(site.stop)
        self.settings = replace(
            self.settings,
            ca_file=site.authority.ca_file,
            resolve={**self.settings.resolve, HOST: ADDRESS, STAGING: ADDRESS, FORGOTTEN: ADDRESS},
        )
        shop = EntryPoint(
            url=site.url(), purpose="the shop", owner="ana", canonical=True, allow=frozenset({Permission.ERRORS})
        )
        plain = EntryPoint(
            url=site.http_url(), purpose="redirect to HTTPS", owner="ana", allow=frozenset({Permission.ERRORS})
        )
        staging = EntryPoint(
            url=site.url(STAGING), purpose="review", owner="ana", environment="staging", login=f"file:{site.login_file}"
        )
        self.declare(
            entry_points=(*self.declared.entry_points, shop, plain),
            all_entry_points=(*self.declared.all_entry_points, shop, plain, staging),
            environments=(
                self.declared.environment,
                Environment(name="staging", kind=EnvironmentKind.STAGING),
            ),
            runbooks=(*self.declared.runbooks, INCIDENT_RUNBOOK),
        )
        return site

    @cached_property
    def advisories(self) -> AdvisoryExport:
        """A fresh export of published advisories, declared as the source."""
        directory = self.directory / "osv"
        export = AdvisoryExport(directory, datetime.now(UTC))
        self.declare(advisories=Advisories(source=f"osv-export:{directory}"))
        return export

    def previous(self, fact: type[object], subject: Subject) -> Observation[object] | None:
        """What an earlier run saw of a subject; `World.previous` in the lab."""
        return self.known.get((fact, subject))

    @cached_property
    def tls_server(self) -> TlsServer:
        """An HTTPS port with modern protocols, whose certificate was renewed while it was watched."""
        server = TlsServer(self.directory / "tls")
        self.on_stop(server.stop)
        self.settings = server.settings(self.settings)
        self.declare(entry_points=(*self.declared.entry_points, server.entry_point))
        earlier = server.watched()
        self.known[TlsEndpoint, earlier.subject] = earlier
        return server

    @cached_property
    def services(self) -> Services:
        """A host that opted in to port scans, with a web port outside and a Redis inside."""
        services = Services()
        self.on_stop(services.stop)
        self.settings = replace(self.settings, source_address=VANTAGE)
        self.declare(hosts=(*self.declared.hosts, services.host), all_hosts=(*self.declared.all_hosts, services.host))
        return services

    @cached_property
    def quay(self) -> Quay:
        """A zone with its name server, and the providers that its names point to."""
        quay = Quay(self.directory)
        self.on_stop(quay.stop)
        self.settings = replace(self.settings, web_ports=(quay.web_port, quay.web_port))
        self.declare(**quay.declare(self.declared))
        return quay

    @cached_property
    def django(self) -> DjangoApp:
        """The shop's Django application, declared so that it can be asked."""
        self.repo  # noqa: B018 (its code must lie there)
        app = shop_application(self.directory)
        self.declare(django=(app,))
        return app

    @cached_property
    def settings_known(self) -> DjangoSettings:
        """The shop's effective settings, as an earlier run read them."""
        settings = healthy_settings()
        subject = Subject("app", f"harbour#{self.declared.environment.name}")
        self.known[DjangoSettings, subject] = Observation(subject, settings, datetime.now(UTC), "inside", Proof.INSIDE)
        return settings

    @cached_property
    def interpreter(self) -> Interpreter:
        """The repository's virtual environment, as far as its metadata goes."""
        return Interpreter(self.repo.directory)

    @cached_property
    def repo(self) -> Repo:
        """The repository, healthy."""
        return Repo(self.directory / "harbour")
