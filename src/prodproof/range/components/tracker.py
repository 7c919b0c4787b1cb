"""The error tracker: takes the events of the shop's Sentry SDK, and gives them to who has the token."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from prodproof.facts.declared import Declared, EntryPoint, Log
from prodproof.range.component import Command, Component
from prodproof.range.components.authority import PrivateAuthority
from prodproof.range.places import TRACKER_PORT
from prodproof.range.servers import program


class Tracker(Component):
    """Events lie in `var/tracker/events.jsonl`."""

    name = "tracker"
    after = ("authority",)
    seen_by = frozenset({EntryPoint, Log, Declared})

    def configure(self) -> None:
        self.etc.mkdir(parents=True)
        self.var.mkdir(parents=True)
        self.token_file.touch(mode=0o600)
        self.token_file.write_text(secrets.token_hex(32))
        self.range.part(PrivateAuthority).issue(self.range.places.inside, file="tracker.pem")

    def commands(self) -> Sequence[Command]:
        certificate = self.range.part(PrivateAuthority).var / "tracker.pem"
        words = (self.range.places.inside, str(TRACKER_PORT), certificate, self.token_file, self.var)
        return (Command("tracker", program("sentry", *map(os.fspath, map(str, words)))),)

    def trouble(self) -> str | None:
        return None if self.range.listens(self.range.places.inside, TRACKER_PORT) else "nothing takes events"

    @property
    def token_file(self) -> Path:
        """What its events are read with (mode 0600)."""
        return self.etc / "token"

    @property
    def url(self) -> str:
        """The project, as its API names it."""
        return f"https://{self.range.places.inside}:{TRACKER_PORT}/api/0/projects/harbour/shop/"

    def variables(self) -> dict[str, str]:
        """How the shop tells it what failed."""
        return {
            "HARBOUR_SENTRY_DSN": f"https://harbour@{self.range.places.inside}:{TRACKER_PORT}/1",
            "HARBOUR_SENTRY_CA": os.fspath(self.range.part(PrivateAuthority).ca_file),
        }


COMPONENT = Tracker
