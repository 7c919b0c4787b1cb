"""Where this harbour lies: the system file names the range's own addresses instead of production's."""

import re
from collections.abc import Iterable
from pathlib import Path

from prodproof.facts.declared import Declared, DjangoApp, EntryPoint, Host, Repository, Zone
from prodproof.range.component import Component
from prodproof.range.components.node_exporter import DECLARED as TEXTS
from prodproof.range.components.node_exporter import NodeExporter
from prodproof.range.components.object_store import ObjectStore
from prodproof.range.components.postgres import Postgres
from prodproof.range.components.repo import Repo, replaced
from prodproof.range.components.tracker import Tracker
from prodproof.range.components.vault import READER, ROTATION, Vault
from prodproof.range.places import ALERTMANAGER_PORT, API, HOST, PROMETHEUS_PORT, STAGING, Form
from prodproof.range.ports import machine_wide

FILE = "prodproof.toml"
PGBACKREST = "deploy/pgbackrest.conf"
STORE = "objects.deepstore.example"
"""The object store, as users read it."""
RUNBOOKS = ("runbooks/restart.md",)


class Declaration(Component):
    """Changes the few lines of `prodproof.toml` that say where things are; everything else stands as users read it."""

    name = "declaration"
    after = ("repo", "advisories", "object_store")
    seen_by = frozenset({EntryPoint, Host, Zone, Repository, DjangoApp, Declared})

    def configure(self) -> None:
        repo = self.range.part(Repo)
        text = repo.read(FILE)
        for old, new in self._changes():
            text = replaced(text, old, new, FILE)
        repo.write(FILE, text)
        if self.range.has("object_store"):
            self._point_to_store()
        for path in RUNBOOKS:
            # In its steps, where a line begins with it; in the text for people it is what they call.
            repo.write(path, re.sub(r"(?m)^systemctl ", f"{self.systemctl} ", repo.read(path)))

    @property
    def systemctl(self) -> Path:
        """What plays the service manager for drills."""
        return self.range.directory / "bin" / "systemctl"

    def watched(self) -> Iterable[Path]:
        return (self.range.part(Repo).directory / FILE,)

    def reload(self) -> None:
        """Nothing runs here."""

    def _changes(self) -> Iterable[tuple[str, str]]:
        places, directory = self.range.places, self.range.directory
        yield from self._of_logs()
        for host in (HOST, API, STAGING):
            yield f'"https://{host}"', f'"{places.url(host)}"'
        yield f'"http://{HOST}"', f'"{places.http_url()}"'
        yield '"env:HARBOUR_STAGING_LOGIN"', f'"file:{self.range.etc}/front/staging-login"'
        yield from self._of_backups()
        yield '["docker", "compose", "exec", "-T", "web", "python", "manage.py"]', f'["{directory}/bin/manage"]'
        staging = '["docker", "--context", "staging", "compose", "exec", "-T", "web", "python", "manage.py"]'
        yield staging, f'["{directory}/bin/manage-staging"]'
        yield '"{root}/.venv/bin/python"', f'"{directory}/bin/python"'
        if self.range.has("vault"):
            yield from self._of_vault()
        yield 'source = "osv"', f'source = "osv-export:{self.range.etc}/advisories"'
        yield (
            'file = "deploy/harbour.example.zone"\n',
            f'file = "deploy/harbour.example.zone"\nnameserver = "{places.name_server}:{places.dns}"\n',
        )
        yield f'name = "{HOST}"\nowner', f'name = "{HOST}"\naddresses = ["{places.outside_of}"]\nowner'
        yield "number = 80,", f"number = {places.http},"
        yield "number = 443,", f"number = {places.https},"
        yield "number = 22,", f"number = {places.ssh},"
        yield '"198.51.100.0/24"', f'"{places.office}/32"'
        if not self.range.has("postgres"):
            # One file has no password; the process still has the variable.
            yield 'setting = "DATABASES.default.PASSWORD"\n', ""
        yield from self._of_logins()
        yield from self._of_exercises()
        if not self.range.has("redis"):
            yield self._block('[[secret]]\nname = "cache"\n'), ""
        if not places.isolated:
            # Programs of this machine that listen on every address answer on the range's addresses too.
            others = "".join(f'  {{ number = {port}, purpose = "this machine\'s own" }},\n' for port in machine_wide())
            yield "public = false },\n]", f"public = false }},\n{others}]"

    def _of_backups(self) -> Iterable[tuple[str, str]]:
        """Where copies lie: with another provider; without servers, files of this machine."""
        media = self.range.var / "application" / "media"
        yield 'source = "/srv/media"', f'source = "{media}"'
        if not self.range.has("object_store"):
            yield from self._of_copies_here()
            return
        # restic keeps whole paths.
        yield 'root = "srv/media"', f'root = "{str(media).lstrip("/")}"'
        endpoint, authority = self.range.part(ObjectStore).endpoint, self.range.vantage.ca_file
        repository = f"s3:https://{STORE}/"
        yield repository, repository.replace(STORE, endpoint)
        yield 'region = "eu-north-1"\n', f'region = "eu-north-1"\nca = "{authority}"\n'

    def _of_copies_here(self) -> Iterable[tuple[str, str]]:
        kept = self.range.etc / "backups"
        for beginning, lines in (
            ("# At another provider", ('name = "database"', 'kind = "sqlite"', f'path = "{kept}/shop-*.dump"')),
            (
                '[[backup]]\nname = "uploads"',
                ('name = "uploads"', 'kind = "archive"', f'path = "{kept}/uploads-*.tar.gz"'),
            ),
        ):
            block = self._block(beginning)
            same = [line for line in block.splitlines() if line.split(" = ")[0] in ("store", "keep", "allow", "owner")]
            yield block, "\n".join(("[[backup]]", *lines, *same, "", ""))
        yield self._line('dsn = "vault:secret/harbour/recovery/source'), ""
        yield 'kind = "postgres"\nowner = "ana"\n', 'kind = "sqlite"\nowner = "ana"\n'
        yield self._line('heartbeat = "shop_heartbeat.at"'), f'source = "{self.range.var}/application/shop.sqlite3"\n'
        yield 'media = "uploads"\nmedia_columns = ["shop_licence.picture"]\n', ""

    def keep(self, name: str, *lines: str) -> None:
        """Declare another way in which a data store is copied, as a fault."""
        repo = self.range.part(Repo)
        start = f'[[backup]]\nname = "{name}"\n'
        block = next(part for part in repo.read(FILE).split("\n\n") if start in part)
        same = [line for line in block.splitlines() if line.split(" = ")[0] in ("store", "keep", "owner")]
        repo.replace(FILE, block, "\n".join((f'{start}allow = ["drills"]', *same, *lines)))

    def _of_vault(self) -> Iterable[tuple[str, str]]:
        vault = self.range.part(Vault)
        where = f'url = "{vault.url}"\nca = "{self.range.vantage.ca_file}"\n'
        yield 'url = "https://vault.harbour.internal:8200"\n', where
        yield '"env:HARBOUR_VAULT_LOGIN"', f'"file:{vault.login_file(READER)}"'
        yield '"file:/var/log/vault/audit.log"', f'"file:{vault.trail}"'

    def _of_logins(self) -> Iterable[tuple[str, str]]:
        text = self.range.part(Repo).read(FILE)
        opens = next(line for line in text.splitlines() if line.startswith('opens = "postgresql://shop@'))
        if self.range.has("postgres"):
            yield opens, f'opens = "{self.range.part(Postgres).address("shop")}"'
            return
        yield self._block('[[secret]]\nname = "reporting"\n'), ""
        lines = text.splitlines()
        start = lines.index(opens)
        whole = "\n".join(lines[start : start + 3])
        yield whole, 'may = ["sqlite: read and write rows of its own file"]'

    def _of_logs(self) -> Iterable[tuple[str, str]]:
        logs, tracker = self.range.var / "log", self.range.part(Tracker)
        # What the web processes, the internal service and the worker write; the front's access log.
        yield '"/var/log/shop/*.log*"', f'"{logs}/[iw][eno][brt]*.log*"'
        front = "front.log*" if self.range.form is Form.EMBEDDED else "[an][cg][ci]*.log*"
        yield '"/var/log/nginx/*.log*"', f'"{logs}/{front}"'
        yield '"https://sentry.harbour.internal/api/0/projects/harbour/shop/"', f'"{tracker.url}"'
        yield '"env:HARBOUR_SENTRY_TOKEN"', f'"file:{tracker.token_file}"'
        if self.range.has("postgres"):
            yield '"/var/log/postgresql/*.log*"', f'"{logs}/postgres.log*"'
        else:
            yield self._block('[[log]]\nname = "postgres"\n'), ""

    def _of_exercises(self) -> Iterable[tuple[str, str]]:
        """What drills need, where there are the servers for it."""
        url, rotation = f"{self.range.places.url()}/healthz", self._block("# Two users take turns")
        yield f'health = "https://{HOST}/healthz', f'health = "{url}'
        if self.range.has("postgres"):
            login = self.range.part(Vault).login_file(ROTATION)
            yield '"env:HARBOUR_ROTATION_LOGIN"', f'"file:{login}"'
            yield '["systemctl", "reload", "shop-agent"]', f'["{self.systemctl}", "reload", "shop-agent"]'
            yield f'load_url = "https://{HOST}/healthz"', f'load_url = "{url}"'
        else:
            yield rotation, ""
        if self.range.has("prometheus"):
            inside = self.range.places.inside
            yield f'"{TEXTS}"', f'"{self.range.part(NodeExporter).texts}"'
            # Here rules wait for a second, and an application that does not take a secret up never will.
            yield 'within = "30m"', 'within = "15s"'
            yield 'pick_up_within = "30s"', 'pick_up_within = "5s"'
            yield '"http://prometheus.harbour.internal:9090"', f'"http://{inside}:{PROMETHEUS_PORT}"'
            yield '"http://alertmanager.harbour.internal:9093"', f'"http://{inside}:{ALERTMANAGER_PORT}"'
        else:
            yield f"\n{self._block('[backup.alarm]')}", "\n"
            for name, port in (("prometheus", PROMETHEUS_PORT), ("alertmanager", ALERTMANAGER_PORT)):
                yield f'{name}_url = "http://{name}.harbour.internal:{port}"\n', ""

    def _point_to_store(self) -> None:
        where = f"{self.range.part(ObjectStore).endpoint}\nrepo1-storage-ca-file={self.range.vantage.ca_file}"
        self.range.part(Repo).replace(PGBACKREST, STORE, where)

    def _line(self, beginning: str) -> str:
        """The line of the system file that begins so."""
        lines = self.range.part(Repo).read(FILE).splitlines(keepends=True)
        return next(line for line in lines if line.startswith(beginning))

    def _block(self, beginning: str) -> str:
        """The block of the system file that begins so, with the empty line after it."""
        blocks = self.range.part(Repo).read(FILE).split("\n\n")
        return next(block for block in blocks if block.startswith(beginning)) + "\n\n"


COMPONENT = Declaration
