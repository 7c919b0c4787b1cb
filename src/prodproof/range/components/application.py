"""The shop as it runs: web processes, the worker and the internal service, from the code that was deployed."""

import base64
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from prodproof.facts.declared import Declared, DjangoApp, EntryPoint
from prodproof.range.component import Command, Component
from prodproof.range.components.mail import Mail
from prodproof.range.components.repo import Repo, replaced
from prodproof.range.deployment import Deployment, wait_for_all
from prodproof.range.inquiry import status
from prodproof.range.places import API, HOST, INTERNAL_PORT, WEB_PORT

SETTINGS = "harbour/settings/production.py"

ASKED_FOR = (
    "application.debug-off",
    "application.no-debug-endpoints",
    "exposure.admin-restricted",
    "exposure.public-behaviour-matches",
    "exposure.staging-closed",
)
"""Guarantees that do not hold where nobody can ask the application for its settings and addresses."""


class Application(Component):
    """Everything that a deployment restarts: gunicorn for visitors, gunicorn for our own services, the worker."""

    name = "application"
    after = ("repo", "declaration", "postgres", "redis", "mail")
    seen_by = frozenset({EntryPoint, DjangoApp, Declared})

    @property
    def deployment(self) -> Deployment:
        """The code that runs, with its environment."""
        return Deployment(self.range.srv, self.etc / "environment", self.var, self.range.places.inside_namespace)

    @property
    def environment(self) -> Mapping[str, str]:
        """What the processes get: made-up secrets, of this range alone."""
        return self.deployment.environment

    def configure(self) -> None:
        deployment = self.deployment
        self.var.mkdir(parents=True)
        deployment.set_environment(self._variables())
        deployment.take(self.range.part(Repo).directory)
        deployment.write_script(self._script)
        place = self.range.directory / "bin" / "manage"
        place.parent.mkdir()
        # What faults change lies below `etc`.
        place.symlink_to(self._script)
        static = deployment.run("collectstatic --noinput")
        if self.range.has("postgres"):
            migrated = deployment.run("migrate --noinput", *self._cache_table(), **self._migrator())
            wait_for_all((migrated, static))
            deployment.run("seed").wait()
        else:
            wait_for_all((deployment.run("migrate --noinput", *self._cache_table(), "seed"), static))

    def commands(self) -> Sequence[Command]:
        deployment, inside = self.deployment, self.range.places.inside
        environment = deployment.environment if deployment.environment_file.exists() else {}
        return (
            Command("web", deployment.gunicorn("harbour.wsgi", inside, WEB_PORT), environment),
            Command("internal", deployment.gunicorn("harbour.internal_wsgi", inside, INTERNAL_PORT), environment),
            Command("worker", deployment.manage("run_worker", "--pause", "0.2"), environment),
        )

    def trouble(self) -> str | None:
        inside = self.range.places.inside
        web = status(self.range, inside, WEB_PORT, "/healthz", HOST)
        if web != 200:
            return f"the web process answers {web or 'nothing'}"
        internal = status(self.range, inside, INTERNAL_PORT, "/stock/1", inside)
        if internal != 401:
            return f"the internal service answers {internal or 'nothing'} to a stranger"
        pids = self.range.pids(self)
        # It listens nowhere; once it takes jobs up, it catches the signal that ends it.
        return None if pids and catches_term(pids[-1]) else "the worker has not begun"

    def watched(self) -> Iterable[Path]:
        return (self.etc, self.range.srv)

    # ---- what faults change

    def deploy(self) -> None:
        """Deploy what the repository holds now."""
        self.deployment.take(self.range.part(Repo).directory)

    def read(self, path: str) -> str:
        """The text of a deployed file."""
        return self.deployment.read(path)

    def write(self, path: str, text: str) -> None:
        """Write a deployed file past the repository."""
        self.deployment.write(path, text)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text that must be there in a deployed file. Raises ValueError when it is not."""
        self.write(path, replaced(self.read(path), old, new, path))

    def remove(self, path: str) -> None:
        """Delete a deployed file."""
        (self.range.srv / path).unlink()

    def settings(self, **changes: object) -> None:
        """Append to the settings of production, as somebody does who tries something on the server."""
        lines = [f"{name} = {value!r}" for name, value in changes.items()]
        self.write(SETTINGS, "\n".join((self.read(SETTINGS).rstrip("\n"), "", *lines, "")))

    def refuse_commands(self) -> None:
        """From now on nobody can run Django's commands there; visitors notice nothing."""
        self._script.write_text('#!/bin/sh\necho "service \\"web\\" is not running" >&2\nexit 1\n')

    # ---- what it is given

    @property
    def _script(self) -> Path:
        return self.etc / "manage"

    def _variables(self) -> dict[str, str]:
        places = self.range.places
        variables = {
            **made_up(),
            "HARBOUR_ORIGIN": places.url(),
            "HARBOUR_HOSTS": API,
            "HARBOUR_INTERNAL_HOSTS": places.inside,
            "HARBOUR_PROXIES": f"127.0.0.1,{places.inside},{places.outside_of}",
            "HARBOUR_ADMIN_NETWORKS": f"{places.office}/32",
            "HARBOUR_WORKERS": "1",
            **self.range.part(Mail).variables(),
        }
        if self.range.has("postgres"):
            from prodproof.range.components.postgres import Postgres

            variables |= self.range.part(Postgres).variables("shop")
        else:
            variables["HARBOUR_SQLITE"] = os.fspath(self.var / "shop.sqlite3")
        if self.range.has("redis"):
            from prodproof.range.components.redis import Redis

            variables |= self.range.part(Redis).variables()
        return variables

    def _migrator(self) -> dict[str, str]:
        if not self.range.has("postgres"):
            return {}
        from prodproof.range.components.postgres import Postgres

        return self.range.part(Postgres).variables("migrator")

    def _cache_table(self) -> tuple[str, ...]:
        return () if self.range.has("redis") else ("createcachetable",)


def made_up() -> dict[str, str]:
    """New values for everything that is secret."""
    return {
        "HARBOUR_SECRET_KEY": secrets.token_urlsafe(50),
        "HARBOUR_FIELD_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "HARBOUR_PAYMENTS_WEBHOOK_KEY": secrets.token_urlsafe(32),
        "HARBOUR_INTERNAL_TOKEN": secrets.token_urlsafe(32),
        "HARBOUR_SEED_STAFF_PASSWORD": secrets.token_urlsafe(16),
        "HARBOUR_SEED_STAFF_TOTP": base64.b32encode(os.urandom(20)).decode(),
        "HARBOUR_SEED_CUSTOMER_PASSWORD": secrets.token_urlsafe(16),
    }


def catches_term(pid: int) -> bool:
    """Whether a process has installed a handler of its own for SIGTERM (Linux)."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:"))
    return bool(caught >> 14 & 1)


COMPONENT = Application
