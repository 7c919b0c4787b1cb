"""Prometheus with harbour's own alert rules."""

import http.client
import os
import re
import signal
import time
from collections.abc import Sequence
from typing import Any

import yaml

from prodproof.facts.declared import Declared
from prodproof.range.component import SERVERS, Command, Component
from prodproof.range.components import alertmanager
from prodproof.range.components.node_exporter import PORT as NODE_PORT
from prodproof.range.components.repo import Repo
from prodproof.range.inquiry import answers, read_json
from prodproof.range.places import INTERNAL_PORT, PROMETHEUS_PORT

RULES = "monitoring/alerts.yml"
"""In the repository."""

PORT = PROMETHEUS_PORT
RELOAD_SECONDS = 10.0
_RELOADED = "prometheus_config_last_reload_success_timestamp_seconds"
INTERVAL = "1s"
"""Of scrapes and evaluations; alerts fire after as long, for a demonstration has no five minutes."""


class Prometheus(Component):
    """Reads the numbers of the shop, of Alertmanager and of itself."""

    name = "prometheus"
    after = ("repo", "application", "alertmanager", "node_exporter")
    forms = SERVERS
    programs = ("prometheus",)
    packages = ("prometheus",)
    seen_by = frozenset({Declared})

    def configure(self) -> None:
        self.etc.mkdir(parents=True)
        self.var.mkdir(parents=True)
        token = self.etc / "shop-token"
        descriptor = os.open(token, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.range.app.environment["HARBOUR_INTERNAL_TOKEN"])
        self.take_rules()
        inside = self.range.places.inside
        shop = {
            "job_name": "shop",
            "authorization": {"credentials_file": str(token)},
            "static_configs": [{"targets": [f"{inside}:{INTERNAL_PORT}"]}],
        }
        own = [_job("prometheus", f"{inside}:{PORT}"), _job("alertmanager", f"{inside}:{alertmanager.PORT}")]
        own += [_job("node", f"{inside}:{NODE_PORT}")] if self.range.has("node_exporter") else []
        configuration = {
            "global": {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL, "evaluation_interval": INTERVAL},
            "rule_files": [str(self.etc / "alerts.yml")],
            "alerting": {
                "alertmanagers": [{"static_configs": [{"targets": [f"{inside}:{alertmanager.PORT}"]}]}],
            },
            "scrape_configs": [shop, *own],
        }
        (self.etc / "prometheus.yml").write_text(yaml.safe_dump(configuration, sort_keys=False))

    def commands(self) -> Sequence[Command]:
        words = (
            "prometheus",
            f"--config.file={self.etc / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.var}",
            f"--web.listen-address={self.range.places.inside}:{PORT}",
            "--storage.tsdb.retention.size=64MB",
            "--log.level=warn",
        )
        return (Command("prometheus", words),)

    def trouble(self) -> str | None:
        if trouble := answers(self.range, self._url("/-/ready")):
            return trouble
        # Until then alerts are lost.
        found = self._asked("/api/v1/alertmanagers")
        if not found or not found["activeAlertmanagers"]:
            return "has not found its Alertmanager"
        node = self.targets().get("node", "up" if not self.range.has("node_exporter") else "unknown")
        return None if node == "up" else f"the node exporter's numbers are {node}"

    def reload(self) -> None:
        # Started anew it would know nothing of what it is told for seconds, and lose the first alert.
        before = self._reloaded()
        for pid in self.range.pids(self):
            os.kill(pid, signal.SIGHUP)
        until = time.monotonic() + RELOAD_SECONDS
        while self._reloaded() == before:
            if time.monotonic() > until:
                self.range.restart(self)
                return
            time.sleep(0.05)

    def _reloaded(self) -> str:
        """When it took its configuration up last."""
        found = self._asked(f"/api/v1/query?query={_RELOADED}")
        return str(found["result"][0]["value"][1]) if found and found["result"] else ""

    def take_rules(self) -> None:
        """Take up the rules that the repository holds now, but for how long each waits."""
        rules = re.sub(r"(?m)^(\s+for:).*", rf"\1 {INTERVAL}", self.range.part(Repo).read(RULES))
        (self.etc / "alerts.yml").write_text(rules)

    def targets(self) -> dict[str, str]:
        """The health of each job's target (`up`, `down`, `unknown`)."""
        found = self._asked("/api/v1/targets") or {"activeTargets": []}
        return {item["labels"]["job"]: item["health"] for item in found["activeTargets"]}

    def _asked(self, path: str) -> Any:
        try:
            return read_json(self.range, self._url(path))["data"]
        except (OSError, ValueError, http.client.HTTPException):
            return None

    def _url(self, path: str) -> str:
        return f"http://{self.range.places.inside}:{PORT}{path}"


def _job(name: str, target: str) -> dict[str, object]:
    return {"job_name": name, "static_configs": [{"targets": [target]}]}


COMPONENT = Prometheus
