"""The shop as it runs: web processes, the worker and the internal service, from the code that was deployed."""

import base64
import json
import os
import secrets
import shlex
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from prodproof.facts.declared import Declared, DjangoApp, EntryPoint, Secret
from prodproof.range.component import Command, Component
from prodproof.range.components.mail import Mail
from prodproof.range.components.postgres import Postgres
from prodproof.range.components.redis import Redis
from prodproof.range.components.repo import Repo, replaced
from prodproof.range.components.tracker import Tracker
from prodproof.range.components.vault import Vault
from prodproof.range.deployment import Deployment, wait_for_all
from prodproof.range.inquiry import status
from prodproof.range.places import API, HOST, INTERNAL_PORT, WEB_PORT

SETTINGS = "harbour/settings/production.py"

_SYSTEMCTL = """\
#!/bin/sh
# The service manager, as drills use it. Its agent reads the shop's secrets anew; of gunicorn the process that serves is
# ended and started, and the one that watches over it stays.
case "$1 $2" in
"reload shop-agent") exec {agent} ;;
"restart redis-server") kill "$(cat {redis})" ;;
"restart shop-web") pkill -TERM -P "$(cat {pid_file})" ;;
"is-active --quiet" | "start shop-web" | "start redis-server") kill -0 "$(cat {pid_file})" ;;
*) echo "there is no unit for: $*" >&2; exit 5 ;;
esac
"""

ASKED_FOR = (
    "application.debug-off",
    "application.no-debug-endpoints",
    "exposure.admin-restricted",
    "exposure.public-behaviour-matches",
    "exposure.staging-closed",
    "secrets.distinct-per-environment",
    "secrets.in-manager",
)
"""Guarantees that do not hold where nobody can ask the application for its settings and addresses."""


class Application(Component):
    """Everything that a deployment restarts: gunicorn for visitors, gunicorn for our own services, the worker."""

    name = "application"
    after = ("repo", "declaration", "postgres", "redis", "mail", "vault", "tracker")
    seen_by = frozenset({EntryPoint, DjangoApp, Secret, Declared})

    @property
    def deployment(self) -> Deployment:
        """The code that runs, with its environment."""
        return Deployment(self.range.srv, self.etc / "environment", self.var, self.range.places.inside_namespace)

    @property
    def environment(self) -> Mapping[str, str]:
        """What the processes get: its secrets are made up, and of this range alone."""
        return self.deployment.environment

    @property
    def people(self) -> Mapping[str, str]:
        """What `seed` was given: passwords and second factor of the people that it made."""
        found: dict[str, str] = json.loads((self.etc / "people.json").read_text())
        return found

    def configure(self) -> None:
        deployment = self.deployment
        self.var.mkdir(parents=True)
        deployment.set_environment(self._variables())
        people = self.etc / "people.json"
        people.touch(mode=0o600)
        people.write_text(json.dumps(made_up_people()))
        self._write_login(self.environment)
        deployment.take(self.range.part(Repo).directory)
        deployment.write_script(self._script)
        place = self.range.directory / "bin" / "manage"
        place.parent.mkdir(exist_ok=True)
        self._write_systemctl(place.with_name("systemctl"))
        # What faults change lies below `etc`.
        place.symlink_to(self._script)
        static = deployment.run("collectstatic --noinput")
        if self.range.has("postgres"):
            migrated = deployment.run("migrate --noinput", *self._cache_table(), **self._migrator())
            wait_for_all((migrated, static))
            deployment.run("seed", **self.people).wait()
        else:
            wait_for_all((deployment.run("migrate --noinput", *self._cache_table(), "seed", **self.people), static))

    def commands(self) -> Sequence[Command]:
        deployment, inside = self.deployment, self.range.places.inside
        environment = deployment.environment if deployment.environment_file.exists() else {}
        names = self._arguments.read_text().split() if self._arguments.exists() else []
        pid = ("--pid", os.fspath(self._pid_file))
        more = [word for name in names for word in ("--env", f"{name}={environment[name]}")]
        return (
            Command("web", (*deployment.gunicorn("harbour.wsgi", inside, WEB_PORT), *pid, *more), environment),
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

    def inject(self, **variables: str) -> None:
        """Let the processes have other environment variables, beside those that they have."""
        self.deployment.set_environment({**self.environment, **variables})

    def pass_by_argument(self, name: str) -> None:
        """Give the web process a variable on its command line as well."""
        self._arguments.write_text(f"{name}\n")

    def take_secrets(self) -> None:
        """As the manager's agent does it when it is told to: read anew what the shop may read, and write it down."""
        given = self.range.part(Vault).handed_to("shop")
        self.inject(**given)
        self._write_login(given)

    def refuse_commands(self) -> None:
        """From now on nobody can run Django's commands there; visitors notice nothing."""
        self._script.write_text('#!/bin/sh\necho "service \\"web\\" is not running" >&2\nexit 1\n')

    # ---- what it is given

    @property
    def _arguments(self) -> Path:
        return self.etc / "arguments"

    @property
    def _script(self) -> Path:
        return self.etc / "manage"

    @property
    def _pid_file(self) -> Path:
        return self.var / "web.pid"

    def _write_systemctl(self, place: Path) -> None:
        """Write a program that plays the service manager, as far as drills ask something of it."""
        called = "import sys; from pathlib import Path; from prodproof.range.range import Range; "
        called += "Range.open(Path(sys.argv[1])).app.take_secrets()"
        words = (sys.executable, "-I", "-c", called, os.fspath(self.range.directory))
        agent, pid_file = " ".join(map(shlex.quote, words)), shlex.quote(os.fspath(self._pid_file))
        # Without a server there is none to restart.
        redis = shlex.quote(os.fspath(self.range.part(Redis).pid_file if self.range.has("redis") else os.devnull))
        place.write_text(_SYSTEMCTL.format(agent=agent, pid_file=pid_file, redis=redis))
        place.chmod(stat.S_IRWXU)

    @property
    def _login_file(self) -> Path:
        return self.etc / "database"

    def _write_login(self, given: Mapping[str, str]) -> None:
        if not self.range.has("postgres"):
            return
        login = {"user": given["HARBOUR_DATABASE_USER"], "password": given["HARBOUR_DATABASE_PASSWORD"]}
        draft = self._login_file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(login))
        draft.replace(self._login_file)

    def _variables(self) -> dict[str, str]:
        places = self.range.places
        variables = {
            "HARBOUR_ORIGIN": places.url(),
            "HARBOUR_HOSTS": API,
            "HARBOUR_INTERNAL_HOSTS": places.inside,
            "HARBOUR_PROXIES": f"127.0.0.1,{places.inside},{places.outside_of}",
            "HARBOUR_ADMIN_NETWORKS": f"{places.office}/32",
            "HARBOUR_WORKERS": "1",
            **self.range.part(Mail).variables(),
            **self.range.part(Tracker).variables(),
        }
        if self.range.has("postgres"):
            variables |= self.range.part(Postgres).variables("shop")
            variables["HARBOUR_DATABASE_FILE"] = os.fspath(self._login_file)
        else:
            variables["HARBOUR_SQLITE"] = os.fspath(self.var / "shop.sqlite3")
        # As the manager's agent does it: with the shop's own login, once, before it starts.
        return variables | self.range.part(Vault).handed_to("shop")

    def _migrator(self) -> dict[str, str]:
        if not self.range.has("postgres"):
            return {}
        return {**self.range.part(Postgres).variables("migrator"), "HARBOUR_DATABASE_FILE": ""}

    def _cache_table(self) -> tuple[str, ...]:
        return () if self.range.has("redis") else ("createcachetable",)


def made_up_people() -> dict[str, str]:
    """New values for what the people of the shop log in with; they know them, and no manager keeps them."""
    return {
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
