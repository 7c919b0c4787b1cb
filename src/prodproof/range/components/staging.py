"""What goes live next: the same code under staging's settings, with its own secrets and its own data."""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from prodproof.facts.declared import Declared, EntryPoint, Secret
from prodproof.range.component import Command, Component
from prodproof.range.components.mail import Mail
from prodproof.range.components.postgres import Postgres
from prodproof.range.components.repo import Repo
from prodproof.range.components.vault import Vault
from prodproof.range.deployment import STATIC, Deployment
from prodproof.range.inquiry import status
from prodproof.range.places import STAGING, STAGING_PORT


class Staging(Component):
    """One web process; nobody's data is in its database."""

    name = "staging"
    after = ("repo", "declaration", "postgres", "mail", "vault", "application")
    seen_by = frozenset({EntryPoint, Secret, Declared})

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
        deployment.write_script(self.etc / "manage")
        place = self.range.directory / "bin" / "manage-staging"
        place.parent.mkdir(exist_ok=True)
        # What faults change lies below `etc`.
        place.symlink_to(self.etc / "manage")

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

    # ---- what faults change

    def take_secrets(self) -> None:
        """Take up what the manager has for staging now."""
        self.inject(**self.range.part(Vault).handed_to("shop-staging"))

    def inject(self, **variables: str) -> None:
        """Let the process have other environment variables, beside those that it has."""
        self.deployment.set_environment({**self.deployment.environment, **variables})

    def refuse_commands(self) -> None:
        """From now on nobody can run Django's commands there; visitors notice nothing."""
        (self.etc / "manage").write_text("#!/bin/sh\necho 'service \"web\" is not running' >&2\nexit 1\n")

    def _variables(self) -> dict[str, str]:
        places = self.range.places
        variables = {
            "DJANGO_SETTINGS_MODULE": "harbour.settings.staging",
            "HARBOUR_ORIGIN": places.url(STAGING),
            "HARBOUR_PROXIES": f"127.0.0.1,{places.inside},{places.outside_of}",
            "HARBOUR_ADMIN_NETWORKS": f"{places.office}/32",
            "HARBOUR_WORKERS": "1",
            **self.range.part(Mail).variables(),
        }
        if self.range.has("postgres"):
            variables |= self.range.part(Postgres).variables("staging")
        else:
            variables["HARBOUR_SQLITE"] = os.fspath(self.var / "staging.sqlite3")
        return variables | self.range.part(Vault).handed_to("shop-staging")


COMPONENT = Staging
