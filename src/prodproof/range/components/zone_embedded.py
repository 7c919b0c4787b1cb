"""The same zone, served by Python."""

from collections.abc import Sequence

from prodproof.range.component import Command
from prodproof.range.components.zone import NameZone
from prodproof.range.places import Form
from prodproof.range.servers import program


class PythonNameServer(NameZone):
    """For machines without BIND."""

    forms = frozenset({Form.EMBEDDED})

    def commands(self) -> Sequence[Command]:
        places = self.range.places
        zones = (f"{origin}={self.etc / origin}" for origin in self.origins)
        return (Command("name-server", program("name_server", places.name_server, str(places.dns), *zones)),)


COMPONENT = PythonNameServer
