"""Alertmanager with harbour's own routing; pager and chat room are played by the receiver."""

from collections.abc import Callable, Sequence
from typing import Any

import yaml

from prodproof.facts.declared import Declared
from prodproof.range.component import SERVERS, Command, Component
from prodproof.range.components.receiver import Receiver
from prodproof.range.components.repo import Repo
from prodproof.range.inquiry import answers
from prodproof.range.places import ALERTMANAGER_PORT

ROUTING = "monitoring/alertmanager.yml"
"""In the repository."""

PORT = ALERTMANAGER_PORT
AT_ONCE = {"group_wait": "1s", "group_interval": "1s"}
"""Nobody waits for half a minute in a demonstration."""


class Alertmanager(Component):
    """Listens where the servers are, alone (no cluster)."""

    name = "alertmanager"
    after = ("repo", "receiver")
    forms = SERVERS
    programs = ("prometheus-alertmanager",)
    packages = ("prometheus-alertmanager",)
    seen_by = frozenset({Declared})

    def configure(self) -> None:
        self.etc.mkdir(parents=True)
        self.var.mkdir(parents=True)
        self.take_routing()

    def commands(self) -> Sequence[Command]:
        words = (
            "prometheus-alertmanager",
            f"--config.file={self.etc / 'alertmanager.yml'}",
            f"--storage.path={self.var}",
            f"--web.listen-address={self.range.places.inside}:{PORT}",
            "--cluster.listen-address=",
            "--log.level=warn",
        )
        return (Command("alertmanager", words),)

    def take_routing(self) -> None:
        """Take up the routing that the repository holds now."""
        routing = played(self.range.part(Repo).read(ROUTING), self.range.part(Receiver).url)
        (self.etc / "alertmanager.yml").write_text(routing)

    def trouble(self) -> str | None:
        return answers(self.range, f"http://{self.range.places.inside}:{PORT}/-/ready")


def played(routing: str, url: Callable[[str], str]) -> str:
    """A configuration of Alertmanager with every receiver's ways to notify replaced by one web hook.

    Args:
        routing: the team's own configuration (YAML).
        url: of the web hook, by the receiver's name.
    """
    configuration: dict[str, Any] = yaml.safe_load(routing)
    configuration["route"] |= AT_ONCE
    configuration["receivers"] = [
        {"name": item["name"], "webhook_configs": [{"url": url(item["name"]), "send_resolved": True}]}
        # One that has no way to notify has none here.
        if len(item) > 1
        else item
        for item in configuration["receivers"]
    ]
    return yaml.safe_dump(configuration, sort_keys=False)


COMPONENT = Alertmanager
