"""Where this harbour lies: the system file names the range's own addresses instead of production's."""

from collections.abc import Iterable
from pathlib import Path

from prodproof.facts.declared import Declared, DjangoApp, EntryPoint, Host, Repository, Zone
from prodproof.range.component import Component
from prodproof.range.components.backups import DECLARED
from prodproof.range.components.repo import Repo, replaced
from prodproof.range.components.tracker import Tracker
from prodproof.range.components.vault import READER, Vault
from prodproof.range.places import API, HOST, STAGING, Form
from prodproof.range.ports import machine_wide

FILE = "prodproof.toml"


class Declaration(Component):
    """Changes the few lines of `prodproof.toml` that say where things are; everything else stands as users read it."""

    name = "declaration"
    after = ("repo", "advisories")
    seen_by = frozenset({EntryPoint, Host, Zone, Repository, DjangoApp, Declared})

    def configure(self) -> None:
        repo = self.range.part(Repo)
        text = repo.read(FILE)
        for old, new in self._changes():
            text = replaced(text, old, new, FILE)
        repo.write(FILE, text)

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
        yield f'"{DECLARED}', f'"{self.range.etc}/backups/'
        yield '["docker", "compose", "exec", "-T", "web", "python", "manage.py"]', f'["{directory}/bin/manage"]'
        staging = '["docker", "--context", "staging", "compose", "exec", "-T", "web", "python", "manage.py"]'
        yield staging, f'["{directory}/bin/manage-staging"]'
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
        if not self.range.has("redis"):
            text = self.range.part(Repo).read(FILE)
            block = next(part for part in text.split("\n\n") if part.startswith('[[secret]]\nname = "cache"\n'))
            yield f"{block}\n\n", ""
        if not places.isolated:
            # Programs of this machine that listen on every address answer on the range's addresses too.
            others = "".join(f'  {{ number = {port}, purpose = "this machine\'s own" }},\n' for port in machine_wide())
            yield "public = false },\n]", f"public = false }},\n{others}]"

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
            from prodproof.range.components.postgres import Postgres

            yield opens, f'opens = "{self.range.part(Postgres).address("shop")}"'
            return
        block = next(part for part in text.split("\n\n") if part.startswith('[[secret]]\nname = "reporting"\n'))
        yield f"{block}\n\n", ""
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
        text = self.range.part(Repo).read(FILE)
        block = next(part for part in text.split("\n\n") if part.startswith('[[log]]\nname = "postgres"\n'))
        if self.range.has("postgres"):
            yield '"/var/log/postgresql/*.log*"', f'"{logs}/postgres.log*"'
        else:
            yield f"{block}\n\n", ""


COMPONENT = Declaration
