"""The node exporter, with the numbers that jobs leave as text: when a backup went well last."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from prodproof.facts.declared import Declared
from prodproof.range.component import SERVERS, Command, Component
from prodproof.range.inquiry import answers

PORT = 9100
DECLARED = "/var/lib/prometheus/node-exporter"
"""Where the system file, as users read it, has the folder of those texts."""

METRIC = "backup_last_success_timestamp_seconds"


class NodeExporter(Component):
    """Reads one folder, and tells nothing of the machine that the range runs on."""

    name = "node_exporter"
    forms = SERVERS
    programs = ("prometheus-node-exporter",)
    packages = ("prometheus-node-exporter",)
    seen_by = frozenset({Declared})

    @property
    def texts(self) -> Path:
        """The folder; a fault may change what lies there."""
        return self.etc / "texts"

    def configure(self) -> None:
        self.texts.mkdir(parents=True)
        for store in ("database", "uploads"):
            self.went_well(store)

    def went_well(self, store: str) -> None:
        """What the job writes at the end of a night in which the backup of a store went well."""
        draft = self.texts / f"{store}.new"
        head = f"# HELP {METRIC} When the backup went well last.\n# TYPE {METRIC} gauge\n"
        draft.write_text(f'{head}{METRIC}{{store="{store}"}} {time.time():.0f}\n')
        draft.replace(self.texts / f"backup-{store}.prom")

    def commands(self) -> Sequence[Command]:
        words = (
            "prometheus-node-exporter",
            "--collector.disable-defaults",
            "--collector.textfile",
            f"--collector.textfile.directory={os.fspath(self.texts)}",
            f"--web.listen-address={self.range.places.inside}:{PORT}",
            "--log.level=warn",
        )
        return (Command("node-exporter", words),)

    def trouble(self) -> str | None:
        return answers(self.range, f"http://{self.range.places.inside}:{PORT}/metrics")

    def reload(self) -> None:
        """The folder is read at each scrape."""


COMPONENT = NodeExporter
