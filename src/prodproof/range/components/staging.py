"""What goes live next: the same code under staging's settings, with its own secrets and its own data."""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from prodproof.facts.declared import Declared, EntryPoint
from prodproof.range.component import Command, Component
from prodproof.range.components.application import made_up
from prodproof.range.components.mail import Mail
from prodproof.range.components.postgres import Postgres
from prodproof.range.components.repo import Repo
from prodproof.range.deployment import STATIC, Deployment
from prodproof.range.inquiry import status
from prodproof.range.places import STAGING, STAGING_PORT


class Staging(Component):
    """One web process; nobody's data is in its database."""

    name = "staging"
    after = ("repo", "declaration", "postgres", "mail", "application")
    seen_by = frozenset({EntryPoint, Declared})

    @property
    def deployment(self) -> Deployment:
        """The code that runs, with its environment."""
        place = self.range.directory / "srv" / "staging"
        return Deployment(place, self.etc / "environment", self.var, self.range.places.inside_namespace)

    def configure(self) -> None:
        deployment = self.deployment
        self.var.mkdir(parents=True)
        deployment.set_environment(self._variables())
        deployment.take(self.range.part(Repo).directory)
        # The code is the same, and so are the static files that are built from it.
        shutil.copytree(self.range.srv / STATIC, deployment.directory / STATIC, copy_function=os.link)
        deployment.run("migrate --noinput", "createcachetable").wait()

    def commands(self) -> Sequence[Command]:
        deployment = self.deployment
        environment = deployment.environment if deployment.environment_file.exists() else {}
        return (
            Command(
                "staging", deployment.gunicorn("harbour.wsgi", self.range.places.inside, STAGING_PORT), environment
            ),
        )

    def trouble(self) -> str | None:
        answer = status(self.range, self.range.places.inside, STAGING_PORT, "/healthz", STAGING)
        return None if answer == 200 else f"staging answers {answer or 'nothing'}"

    def watched(self) -> Iterable[Path]:
        return (self.etc, self.deployment.directory)

    def _variables(self) -> dict[str, str]:
        places = self.range.places
        variables = {
            **made_up(),
            "DJANGO_SETTINGS_MODULE": "harbour.settings.staging",
            "HARBOUR_ORIGIN": places.url(STAGING),
            "HARBOUR_PROXIES": f"127.0.0.1,{places.inside},{places.outside_of}",
            "HARBOUR_ADMIN_NETWORKS": f"{places.office}/32",
            "HARBOUR_WORKERS": "1",
            **self.range.part(Mail).variables(),
        }
        if self.range.has("postgres"):
            return variables | self.range.part(Postgres).variables("staging")
        return variables | {"HARBOUR_SQLITE": os.fspath(self.var / "staging.sqlite3")}


COMPONENT = Staging
