"""A small Django application with secrets, and a simulated Vault that keeps them."""

import secrets
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodproof.facts.declared import (
    Declared,
    DjangoApp,
    Environment,
    EnvironmentKind,
    Repository,
    Secret,
    SecretManager,
)
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import Settings, World
from tests.servers.vault import VaultServer

MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """\
import os
SECRET_KEY = os.environ["SHOP_SECRET_KEY"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x", "PASSWORD": os.environ["SHOP_DB"]}}
INSTALLED_APPS = []
MIDDLEWARE = []
ROOT_URLCONF = "shop.urls"
"""
READER = 'path "secret/*" { capabilities = ["read", "list"] }'
MOUNT = {"path": "sys/mounts/secret", "data": {"type": "kv", "options": {"version": "2"}}}


@dataclass
class SecretShop:
    """The application in a folder, what its process gets, and what is declared of it."""

    directory: Path
    vault: VaultServer
    variables: dict[str, str] = field(default_factory=dict)
    staging: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.write("manage.py", MANAGE)
        self.write("shop/__init__.py", "")
        self.write("shop/settings.py", SETTINGS)
        self.write("shop/urls.py", "urlpatterns = []\n")
        (self.directory.parent / "token").write_text(self.vault.token(READER))
        for environment, variables in (("production", self.variables), ("staging", self.staging)):
            for name, variable in (("key", "SHOP_SECRET_KEY"), ("db", "SHOP_DB")):
                variables[variable] = self.rotate(environment, name)

    def write(self, path: str, text: str) -> None:
        """Write a file of the repository."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def rotate(self, environment: str, name: str, value: str = "") -> str:
        """A new version in the manager; the application is told nothing."""
        value = value or secrets.token_urlsafe(40)
        self.vault.ask("POST", f"secret/data/{environment}/{name}", {"data": {"value": value}})
        return value

    def declared(self, **changes: Any) -> Declared:
        """What is declared, with both environments."""
        every = tuple(self._secrets("production")) + tuple(self._secrets("staging"))
        managers = tuple(
            SecretManager(
                name=f"vault-{environment}",
                kind="vault",
                environment=environment,
                url=self.vault.url,
                credentials=f"file:{self.directory.parent / 'token'}",
            )
            for environment in ("production", "staging")
        )
        apps = (self._app("production", self.variables), self._app("staging", self.staging))
        production = Environment(name="production")
        made = Declared(
            system="shop",
            environment=production,
            environments=(production, Environment(name="staging", kind=EnvironmentKind.STAGING)),
            trusted=True,
            root=str(self.directory),
            repositories=(Repository(path=".", name="shop"),),
            secrets=every[:2],
            all_secrets=every,
            secret_managers=managers[:1],
            all_secret_managers=managers,
            django=apps[:1],
            all_django=apps,
        )
        return replace(made, **changes)

    def world(self, declared: Declared, key: bytes = b"\x02" * 32) -> World:
        """A run."""
        readers = {".": RepositoryReader.open(self.directory)}
        return World(declared, datetime.now(UTC), settings=Settings(fingerprint_key=key), repositories=readers)

    def _secrets(self, environment: str) -> list[Secret]:
        places = (("key", "SECRET_KEY", "SHOP_SECRET_KEY"), ("db", "DATABASES.default.PASSWORD", "SHOP_DB"))
        start = "" if environment == "production" else "staging-"
        return [
            Secret(
                name=f"{start}{name}",
                ref=f"vault:secret/{environment}/{name}#value",
                environment=environment,
                setting=setting,
                variable=variable,
            )
            for name, setting, variable in places
        ]

    def _app(self, environment: str, variables: dict[str, str]) -> DjangoApp:
        # The values lie in a file of the test's own folder, not among the command's arguments.
        file = self.directory.parent / f"{environment}.sh"
        lines = "".join(f"export {name}='{value}'\n" for name, value in variables.items())
        file.write_text(f'{lines}exec {sys.executable} manage.py "$@"\n')
        return DjangoApp(environment=environment, manage=("sh", str(file)))
