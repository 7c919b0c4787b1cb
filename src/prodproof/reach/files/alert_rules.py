"""Alert rules as they are written for Prometheus (and its kin), Grafana and CloudWatch."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from prodproof.facts import Reason, Unseen
from prodproof.reach.files.placed import PlacedMap, read_documents, walk
from prodproof.reach.files.terraform import plain, read_resources

SEVERITY_NAMES = ("severity", "priority", "level")
RUNBOOK_NAMES = (
    "runbook_url", "runbook", "runbookurl", "runbook_link", "runbook-url", "runbooklink", "playbook", "playbook_url",
    "playbookurl", "sop", "sop_url", "__runbook_url__", "troubleshooting", "troubleshooting_url",
)  # fmt: skip
OWNER_NAMES = ("owner", "team", "squad", "owned_by", "ownedby", "owning_team", "owner_team", "service_owner", "contact")
_LOOKS_LIKE_RULES = re.compile(r"^[ \t]*(-[ \t]+)?[\"']?alert[\"']?\s*:", re.MULTILINE)
_NAME_LITERAL = re.compile(r"\balert[\"']?\s*:\s*[\"']?([A-Za-z_][\w.-]*)")
MAX_NESTED = 50


@dataclass(frozen=True)
class WrittenRule:
    """One alert rule, with everything that it says of itself; names of labels and annotations in lower case."""

    name: str
    group: str
    source: str
    labels: tuple[tuple[str, str], ...]
    annotations: tuple[tuple[str, str], ...]
    line: int

    def says(self, names: tuple[str, ...]) -> str | None:
        """The first non-empty label or annotation of these names."""
        for pairs in (self.labels, self.annotations):
            found = {name.lower(): value for name, value in pairs}
            for name in names:
                if found.get(name, "").strip():
                    return found[name].strip()
        return None


def may_hold_rules(text: str) -> bool:
    """Whether it is worth parsing a file in search of alert rules."""
    return (
        bool(_LOOKS_LIKE_RULES.search(text))
        or "AWS::CloudWatch::Alarm" in text
        or ("rules" in text and "condition" in text and "groups" in text)
    )


def literal_names(text: str) -> frozenset[str]:
    """Names of alerts that a template (jsonnet, Helm) spells out."""
    return frozenset(_NAME_LITERAL.findall(text))


def read_rules(text: str) -> list[WrittenRule] | Unseen:
    """All alert rules of a YAML or JSON text: rule files, PrometheusRule objects, chart values, ConfigMaps, alarms.

    Recording rules are no alert rules. Returns incomplete for a text that cannot be read.
    """
    documents = read_documents(text)
    if isinstance(documents, Unseen):
        return documents
    found: list[WrittenRule] = []
    for document in documents:
        for mapping in walk(document):
            found.extend(_groups(mapping))
            found.extend(_alarm(mapping))
            nested = _nested(mapping)
            if isinstance(nested, Unseen):
                return nested
            found.extend(nested)
    return found


def _groups(mapping: PlacedMap) -> Iterator[WrittenRule]:
    for group in mapping.maps("groups"):
        for rule in group.maps("rules"):
            name = group.text("name") or ""
            if rule.text("alert"):
                yield _rule(rule, rule.text("alert") or "", name, "prometheus", rule.at("alert"))
            elif rule.text("title") and "data" in rule and "record" not in rule:
                yield _rule(rule, rule.text("title") or "", name, "grafana", rule.at("title"))


def _rule(rule: PlacedMap, name: str, group: str, source: str, line: int) -> WrittenRule:
    return WrittenRule(name, group, source, _pairs(rule.map("labels")), _pairs(rule.map("annotations")), line)


def _pairs(mapping: PlacedMap) -> tuple[tuple[str, str], ...]:
    return tuple((name, mapping.text(name) or "") for name in mapping)


def _alarm(mapping: PlacedMap) -> Iterator[WrittenRule]:
    for logical in mapping if isinstance(mapping, PlacedMap) else ():
        resource = mapping[logical]
        if not isinstance(resource, PlacedMap) or resource.get("Type") not in (
            "AWS::CloudWatch::Alarm",
            "AWS::CloudWatch::CompositeAlarm",
        ):
            continue
        properties = resource.map("Properties")
        tags = tuple((tag.text("Key") or "", tag.text("Value") or "") for tag in properties.maps("Tags"))
        said = tuple(_described(properties.text("AlarmDescription") or ""))
        yield WrittenRule(properties.text("AlarmName") or logical, "", "cloudwatch", tags, said, resource.line)


def read_alarms(text: str) -> list[WrittenRule] | Unseen:
    """CloudWatch alarms of a terraform file."""
    blocks = read_resources(text)
    if isinstance(blocks, Unseen):
        return blocks
    found = []
    for block in blocks:
        if block.type in ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"):
            tags = tuple((name.strip('"'), plain(value) or "${...}") for name, value in block.map("tags").items())
            said = tuple(_described(block.text("alarm_description") or ""))
            name = block.text("alarm_name") or block.name
            found.append(WrittenRule(name, "", "cloudwatch", tags, said, block.line))
    return found


def _described(text: str) -> Iterator[tuple[str, str]]:
    # Alarms have no annotations; people write `severity: critical, runbook: https://...` into the description.
    for match in re.finditer(r"\b([A-Za-z_]{3,20})\s*[:=]\s*(\S+)", text[:4_000]):
        yield match[1].lower(), match[2].rstrip(",;.")


def _nested(mapping: PlacedMap) -> list[WrittenRule] | Unseen:
    """Rule files inside a ConfigMap."""
    if mapping.get("kind") != "ConfigMap":
        return []
    found: list[WrittenRule] = []
    data = mapping.map("data")
    for key in list(data)[:MAX_NESTED]:
        text = data.get(key)
        if not isinstance(text, str) or not _LOOKS_LIKE_RULES.search(text):
            continue
        inner = read_documents(text)
        if isinstance(inner, Unseen):
            return Unseen(Reason.INCOMPLETE, f"{key} {inner.detail}")
        offset = data.at(key)
        for document in inner:
            rules = (rule for part in walk(document) for rule in _groups(part))
            found += [replace(rule, line=offset + rule.line) for rule in rules]
    return found
