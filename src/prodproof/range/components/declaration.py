"""Where this harbour lies: the system file names the range's own addresses instead of production's."""

from collections.abc import Iterable
from pathlib import Path

from prodproof.facts.declared import Declared, DjangoApp, EntryPoint, Host, Repository, Zone
from prodproof.range.component import Component
from prodproof.range.components.repo import Repo, replaced
from prodproof.range.places import API, HOST, STAGING
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
        for host in (HOST, API, STAGING):
            yield f'"https://{host}"', f'"{places.url(host)}"'
        yield f'"http://{HOST}"', f'"{places.http_url()}"'
        yield '"env:HARBOUR_STAGING_LOGIN"', f'"file:{self.range.etc}/front/staging-login"'
        yield '["docker", "compose", "exec", "-T", "web", "python", "manage.py"]', f'["{directory}/bin/manage"]'
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
        if not places.isolated:
            # Programs of this machine that listen on every address answer on the range's addresses too.
            others = "".join(f'  {{ number = {port}, purpose = "this machine\'s own" }},\n' for port in machine_wide())
            yield "public = false },\n]", f"public = false }},\n{others}]"


COMPONENT = Declaration
