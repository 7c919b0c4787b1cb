"""Alertmanager: which alerts it holds, to whom they go, whether they are silenced, and what was sent.

Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from prodproof.facts import Reason, Unseen
from prodproof.facts.alerting import AlertRouting
from prodproof.reach.files.alertmanager import read_routing
from prodproof.reach.monitoring.api import Api, FormError, items, labels, mapping, word
from prodproof.reach.secret import Secret
from prodproof.reach.world import Settings

MAX_ITEMS = 20_000
_COUNTED = re.compile(
    r"^alertmanager_notification_requests(?P<failed>_failed)?_total\{[^}]*integration=\"(?P<by>[^\"]*)\"[^}]*\}\s+(?P<n>\S+)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class HeldAlert:
    """One alert that it holds."""

    labels: Mapping[str, str]
    receivers: tuple[str, ...]
    """To whom its routes lead."""

    silenced: bool
    inhibited: bool
    """Another alert stands in its way."""


@dataclass(frozen=True)
class Sent:
    """How often it tried to send a notification since it was started, and how often that failed.

    Each try counts by itself: the counter of whole notifications says that one failed only when it is given up.
    """

    tried: float
    failed: float

    @property
    def arrived(self) -> float:
        return self.tried - self.failed


class Alertmanager:
    """One server; read only."""

    def __init__(self, url: str, settings: Settings, credentials: Secret | None = None) -> None:
        """See `Api`."""
        self._api = Api("Alertmanager", url, settings, credentials)

    def alerts(self, label: str, value: str) -> tuple[HeldAlert, ...] | Unseen:
        """The alerts with this label; those that are silenced or inhibited, too."""
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        answer = self._api.json("/api/v2/alerts", [("filter", f'{label}="{quoted}"')])
        if isinstance(answer, Unseen):
            return answer
        try:
            found = items(answer)[:MAX_ITEMS]
            held = []
            for item in map(mapping, found):
                status = mapping(item.get("status"))
                held.append(
                    HeldAlert(
                        labels=labels(item.get("labels")),
                        receivers=tuple(word(mapping(one).get("name")) for one in items(item.get("receivers"))),
                        silenced=bool(items(status.get("silencedBy"))),
                        inhibited=bool(items(status.get("inhibitedBy"))),
                    )
                )
            return tuple(alert for alert in held if alert.labels.get(label) == value)
        except FormError:
            return self._api.unknown_form()

    def routing(self) -> AlertRouting | Unseen:
        """Its routes and receivers, from the configuration that it runs with; secrets are hidden by itself."""
        answer = self._api.json("/api/v2/status")
        if isinstance(answer, Unseen):
            return answer
        try:
            text = word(mapping(mapping(answer).get("config")).get("original"))
        except FormError:
            return self._api.unknown_form()
        found = read_routing(text, "alertmanager.yml")
        if isinstance(found, Unseen):
            return found
        return found[0] if found else self._api.unknown_form()

    def sent(self) -> Sent | Unseen:
        """What it counts of its notifications."""
        text = self._api.text("/metrics")
        if isinstance(text, Unseen):
            return text
        counts = {False: 0.0, True: 0.0}
        seen = False
        for match in _COUNTED.finditer(text):
            try:
                counts[bool(match["failed"])] += float(match["n"])
            except ValueError:
                return self._api.unknown_form()
            seen = True
        if not seen:
            return Unseen(Reason.INCOMPLETE, "Alertmanager does not count its notifications at /metrics")
        return Sent(counts[False], counts[True])
