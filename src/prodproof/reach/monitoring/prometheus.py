"""Prometheus: what it measures, by which rules it alerts, what fires, and whom it tells.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prodproof.facts import Reason, Unseen
from prodproof.reach.monitoring.api import Api, FormError, Json, items, labels, mapping, number, word
from prodproof.reach.secret import Secret
from prodproof.reach.world import Settings

MAX_ITEMS = 20_000


@dataclass(frozen=True)
class Sample:
    """One series, with its value now."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Rule:
    """One rule that is loaded."""

    name: str
    group: str
    query: str
    alerting: bool
    """Or else it records a series of its name."""

    hold: float = 0.0
    """Seconds for which its condition must last (`for`)."""

    labels: Mapping[str, str] | None = None
    health: str = "ok"
    """`ok`, `err` or `unknown`: how its last evaluation went."""


@dataclass(frozen=True)
class RaisedAlert:
    """One alert that a rule raises."""

    labels: Mapping[str, str]
    firing: bool
    """Or else its condition has not lasted long enough yet."""


@dataclass(frozen=True)
class Meaning:
    """What a metric says of itself."""

    type: str
    help: str


class Prometheus:
    """One server; read only."""

    def __init__(self, url: str, settings: Settings, credentials: Secret | None = None) -> None:
        """See `Api`."""
        self._api = Api("Prometheus", url, settings, credentials)

    def query(self, expression: str) -> tuple[Sample, ...] | Unseen:
        """The series that an expression gives now."""
        data = self._data("/api/v1/query", ("query", expression))
        if isinstance(data, Unseen):
            return data
        try:
            return tuple(_samples(data))
        except (FormError, ValueError):
            return self._api.unknown_form()

    def rules(self) -> tuple[Rule, ...] | Unseen:
        """Every rule that is loaded."""
        data = self._data("/api/v1/rules")
        if isinstance(data, Unseen):
            return data
        try:
            return tuple(_rules(data))
        except FormError:
            return self._api.unknown_form()

    def alerts(self) -> tuple[RaisedAlert, ...] | Unseen:
        """Every alert that is raised now."""
        data = self._data("/api/v1/alerts")
        if isinstance(data, Unseen):
            return data
        try:
            return tuple(
                RaisedAlert(labels(mapping(item)["labels"]), word(mapping(item)["state"]) == "firing")
                for item in _bounded(mapping(data)["alerts"])
            )
        except (FormError, KeyError):
            return self._api.unknown_form()

    def alertmanagers(self) -> tuple[str, ...] | Unseen:
        """The URLs that it sends alerts to; before it has found one, alerts are lost."""
        data = self._data("/api/v1/alertmanagers")
        if isinstance(data, Unseen):
            return data
        try:
            return tuple(word(mapping(item)["url"]) for item in _bounded(mapping(data)["activeAlertmanagers"]))
        except (FormError, KeyError):
            return self._api.unknown_form()

    def meaning(self, metric: str) -> Meaning | Unseen | None:
        """Type and help of a metric, as its exporter gives them; None where there are none."""
        data = self._data("/api/v1/metadata", ("metric", metric))
        if isinstance(data, Unseen):
            return data
        try:
            found = items(mapping(data).get(metric, []))
            return Meaning(word(mapping(found[0])["type"]), word(mapping(found[0])["help"])) if found else None
        except (FormError, KeyError):
            return self._api.unknown_form()

    def _data(self, path: str, *parameters: tuple[str, str]) -> Json | Unseen:
        answer = self._api.json(path, parameters)
        if isinstance(answer, Unseen):
            return answer
        try:
            if word(mapping(answer)["status"]) != "success":
                return Unseen(Reason.INCOMPLETE, "Prometheus answers with an error")
            return mapping(answer)["data"]
        except (FormError, KeyError):
            return self._api.unknown_form()


def _samples(data: Json) -> Iterator[Sample]:
    kind = mapping(data).get("resultType")
    if kind != "vector":
        raise FormError
    for item in _bounded(mapping(data).get("result")):
        value = items(mapping(item).get("value"))
        if len(value) != 2:
            raise FormError
        yield Sample(labels(mapping(item).get("metric")), float(word(value[1])))


def _rules(data: Json) -> Iterator[Rule]:
    for group in _bounded(mapping(data).get("groups")):
        name = word(mapping(group).get("name"))
        for item in _bounded(mapping(group).get("rules")):
            rule = mapping(item)
            alerting = word(rule.get("type")) == "alerting"
            yield Rule(
                name=word(rule.get("name")),
                group=name,
                query=word(rule.get("query")),
                alerting=alerting,
                hold=number(rule.get("duration", 0)) if alerting else 0.0,
                labels=labels(rule.get("labels") or {}),
                health=word(rule.get("health", "unknown")),
            )


def _bounded(value: Json) -> list[Json]:
    found = items(value)
    if len(found) > MAX_ITEMS:
        raise FormError
    return found
