"""What stands in for the pager and the chat room: keeps every message of Alertmanager."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from prodproof.range.component import SERVERS, Command, Component
from prodproof.range.servers import program

PORT = 9095


class Receiver(Component):
    """Messages lie in `var/receiver/<receiver>.jsonl`."""

    name = "receiver"
    forms = SERVERS

    def configure(self) -> None:
        self.var.mkdir(parents=True)

    def commands(self) -> Sequence[Command]:
        words = program("receiver", self.range.places.inside, str(PORT), str(self.var))
        return (Command("receiver", words),)

    def trouble(self) -> str | None:
        return None if self.range.listens(self.range.places.inside, PORT) else "nothing takes messages"

    def watched(self) -> Iterable[Path]:
        return ()

    def url(self, receiver: str) -> str:
        """Where Alertmanager posts what is meant for one of its receivers."""
        return f"http://{self.range.places.inside}:{PORT}/{receiver}"

    def messages(self, receiver: str) -> Sequence[dict[str, Any]]:
        """What a receiver got so far, as Alertmanager's web hook says it (version 4)."""
        file = self.var / f"{receiver}.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


COMPONENT = Receiver
