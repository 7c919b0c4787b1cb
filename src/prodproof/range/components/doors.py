"""What somebody opens to the internet by mistake: a service on the public address, with a hole in the packet filter."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from prodproof.facts.declared import Host
from prodproof.range import namespaces
from prodproof.range.component import Command, Component
from prodproof.range.servers import program

Says = Literal["redis", "postgres", "http"]


class Doors(Component):
    """In good health there are none."""

    name = "doors"
    seen_by = frozenset({Host})

    def configure(self) -> None:
        self.etc.mkdir(parents=True)
        self._write({})

    def commands(self) -> Sequence[Command]:
        return (Command("doors", program("doors", self.range.places.outside_of, str(self._file))),)

    def trouble(self) -> str | None:
        public = self.range.places.outside_of
        ours = (port for port, says in self._open().items() if says is not None)
        closed = [port for port in ours if not self.range.listens(public, int(port))]
        return f"does not listen on {', '.join(closed)}" if closed else None

    def reload(self) -> None:
        places = self.range.places
        holes = "\n".join(f"ip daddr {places.outside_of} tcp dport {port} accept" for port in self._open())
        namespaces.load_filter(places, holes)
        self.range.restart(self)

    def let_through(self, port: int) -> None:
        """Open a port of the public address in the packet filter, where there is one."""
        self._write(self._open() | {str(port): None})

    def serve(self, port: int, says: Says) -> None:
        """Open a port of the public address, with a small service behind it."""
        self._write(self._open() | {str(port): says})

    def _open(self) -> dict[str, str | None]:
        found: dict[str, str | None] = json.loads(self._file.read_text())
        return found

    def _write(self, doors: dict[str, str | None]) -> None:
        self._file.write_text(json.dumps(doors))

    @property
    def _file(self) -> Path:
        return self.etc / "doors.json"


COMPONENT = Doors
