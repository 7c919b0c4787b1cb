"""Alertmanager configurations: plain files, Secrets and ConfigMaps, chart values, AlertmanagerConfig objects."""

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from prodproof.facts import Reason, Unseen
from prodproof.facts.alerting import AlertRouting, Matcher, Receiver, ReceiverKind, Route
from prodproof.reach.files.placed import PlacedMap, read_documents, walk

MAX_DEPTH = 50
MAX_EMBEDDED = 1024 * 1024
_KINDS = {
    "pagerduty": ReceiverKind.PAGER, "opsgenie": ReceiverKind.PAGER, "victorops": ReceiverKind.PAGER,
    "incidentio": ReceiverKind.PAGER, "pushover": ReceiverKind.PUSH, "telegram": ReceiverKind.PUSH,
    "wechat": ReceiverKind.PUSH, "slack": ReceiverKind.CHAT, "discord": ReceiverKind.CHAT,
    "msteams": ReceiverKind.CHAT, "msteamsv2": ReceiverKind.CHAT, "webex": ReceiverKind.CHAT,
    "rocketchat": ReceiverKind.CHAT, "mattermost": ReceiverKind.CHAT, "email": ReceiverKind.EMAIL,
    "jira": ReceiverKind.TICKET, "webhook": ReceiverKind.OTHER, "sns": ReceiverKind.OTHER,
}  # fmt: skip
"""Source: https://prometheus.io/docs/alerting/latest/configuration/#receiver-integration-settings"""

_HOSTS = (
    (ReceiverKind.PAGER, ("pagerduty.com", "opsgenie.com", "victorops.com", "splunkoncall.com", "squadcast.com",
                          "ilert.com", "zenduty.com", "betteruptime.com", "betterstack.com", "incident.io",
                          "rootly.com", "firehydrant.io", "firehydrant.com", "spike.sh", "allquiet.app", "signl4.com",
                          "pagertree.com")),
    (ReceiverKind.PUSH, ("pushover.net", "twilio.com", "ntfy.sh", "api.telegram.org")),
    (ReceiverKind.CHAT, ("hooks.slack.com", "discord.com", "webhook.office.com", "chat.googleapis.com")),
    (ReceiverKind.HEARTBEAT, ("deadmanssnitch.com", "nosnch.in", "hc-ping.com", "healthchecks.io", "cronitor.link")),
)  # fmt: skip
_ONCALL = re.compile(r"/(oncall|integrations/v1/(formatted_)?alertmanager)", re.IGNORECASE)
_PART = re.compile(
    r"\s*+(?P<name>\"(?:[^\"\\]|\\.)*+\"|[A-Za-z_][\w:]*+)\s*+(?P<operator>=~|!~|!=|=)\s*+"
    r"(?P<value>\"(?:[^\"\\]|\\.)*+\"|'[^']*+'|[^,{}\"']*+)\s*+(?:,|$)"
)
_TEMPLATE = re.compile(r"\{\{|\{%|\$\{")


def may_hold_routing(text: str) -> bool:
    """Whether it is worth parsing a file in search of an Alertmanager configuration."""
    return ("receivers" in text and "route" in text) or "alertmanager.y" in text


def read_routing(text: str, path: str) -> list[AlertRouting] | Unseen:
    """All Alertmanager configurations in a text; incomplete where one cannot be read."""
    documents = read_documents(text)
    if isinstance(documents, Unseen):
        return documents
    found: list[AlertRouting] = []
    for document in documents:
        for mapping in walk(document):
            routing = _routing(mapping, path, 0)
            inner = [routing] if routing else _embedded(mapping, path)
            if isinstance(inner, Unseen):
                return inner
            for one in inner:
                if isinstance(one, Unseen):
                    return one
                found.append(one)
    return found


def _embedded(mapping: PlacedMap, path: str) -> list[AlertRouting] | Unseen:
    if mapping.get("kind") not in ("Secret", "ConfigMap"):
        return []
    found: list[AlertRouting] = []
    for field in ("stringData", "data"):
        values = mapping.map(field)
        for key in values:
            text = values.get(key)
            if not isinstance(text, str) or not key.endswith((".yaml", ".yml")):
                continue
            named = key.startswith("alertmanager.")  # the file that the operator reads; others may be anything
            if len(text) > MAX_EMBEDDED:
                if named:
                    return Unseen(Reason.INCOMPLETE, f"{key} is larger than {MAX_EMBEDDED // 1024} KB")
                continue
            if mapping["kind"] == "Secret" and field == "data":
                try:
                    text = base64.b64decode(text, validate=False).decode("utf-8", "replace")
                except (binascii.Error, ValueError):
                    if named:
                        return Unseen(Reason.INCOMPLETE, f"{key} is not base64: encrypted, or not rendered")
                    continue
            if "receivers" not in text:
                continue
            documents = read_documents(text)
            if isinstance(documents, Unseen):
                return Unseen(documents.why, f"{key} {documents.detail}")
            for document in documents:
                if isinstance(document, PlacedMap) and (routing := _routing(document, path, values.at(key))):
                    if isinstance(routing, Unseen):
                        return routing
                    found.append(routing)
    return found


def _routing(mapping: PlacedMap, path: str, offset: int) -> AlertRouting | Unseen | None:
    tree, receivers = mapping.get("route"), mapping.maps("receivers")
    if not isinstance(tree, PlacedMap) or not receivers or not tree.text("receiver"):
        return None
    try:
        root = _route(tree, "", offset, 0)
        named = tuple(_receiver(item, offset) for item in receivers)
    except _UnreadableError as error:
        return Unseen(Reason.INCOMPLETE, str(error))
    return AlertRouting(path=path, root=root, receivers=named)


class _UnreadableError(Exception):
    pass


def _route(tree: PlacedMap, receiver: str, offset: int, depth: int) -> Route:
    if depth > MAX_DEPTH:
        raise _UnreadableError(f"routes are nested deeper than {MAX_DEPTH}")
    own = tree.text("receiver") or receiver
    if _TEMPLATE.search(own):
        raise _UnreadableError(f"line {tree.line}: the receiver {own[:60]!r} is a template that has not been rendered")
    # Time intervals are not inherited, unlike the receiver.
    return Route(
        receiver=own,
        matchers=tuple(_matchers(tree)),
        goes_on=tree.get("continue") is True,
        muted=(*tree.texts("mute_time_intervals"), *tree.texts("muteTimeIntervals")),
        active=(*tree.texts("active_time_intervals"), *tree.texts("activeTimeIntervals")),
        routes=tuple(_route(child, own, offset, depth + 1) for child in tree.maps("routes")),
        line=offset + tree.line,
    )


def _matchers(tree: PlacedMap) -> Iterator[Matcher]:
    for key, operator in (("match", "="), ("match_re", "=~"), ("matchRe", "=~")):
        legacy = tree.map(key)
        for name in legacy:
            yield Matcher(name=name, operator=operator, value=legacy.text(name) or "")
    for item in tree.items_of("matchers"):
        if isinstance(item, PlacedMap):
            operator = item.text("matchType") or ("=~" if item.get("regex") is True else "=")
            yield Matcher(name=item.text("name") or "", operator=operator, value=item.text("value") or "")
        elif isinstance(item, str):
            yield from _parsed(item)
    written = tree.get("matchers")
    if isinstance(written, str):
        yield from _parsed(written)
    for item in tree.items_of("object_matchers"):
        parts = [str(part) for part in item] if isinstance(item, list) else []
        if len(parts) == 3:
            yield Matcher(name=parts[0], operator=parts[1], value=parts[2])


def _parsed(text: str) -> Iterator[Matcher]:
    rest = text.strip()
    if rest.startswith("{") and rest.endswith("}"):
        rest = rest[1:-1]
    rest = rest.strip().rstrip(",")
    while rest.strip():
        match = _PART.match(rest)
        if match is None or _TEMPLATE.search(rest):
            raise _UnreadableError(f"the matcher {text[:80]!r} is not understood")
        yield Matcher(name=_plain(match["name"]), operator=match["operator"], value=_plain(match["value"].strip()))
        rest = rest[match.end() :]


def _plain(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


def _receiver(item: PlacedMap, offset: int) -> Receiver:
    name = item.text("name") or ""
    if _TEMPLATE.search(name):
        raise _UnreadableError(f"line {item.line}: the receiver {name[:60]!r} is a template that has not been rendered")
    kinds: list[ReceiverKind] = []
    for key in item:
        base = re.sub(r"(_configs|Configs)$", "", key)
        if base == key:
            continue
        kinds += [_kind(base.replace("_", "").lower(), settings) for settings in item.maps(key)]
    return Receiver(name=name, kinds=tuple(sorted(set(kinds))), line=offset + item.line)


def _kind(base: str, settings: PlacedMap) -> ReceiverKind:
    kind = _KINDS.get(base, ReceiverKind.OTHER)
    if kind is ReceiverKind.OTHER:
        address = settings.text("url") or settings.map("http_config").text("url") or ""
        try:
            host = urlsplit(address).hostname or ""
        except ValueError:
            host = ""
        return _of_host(host) or (ReceiverKind.PAGER if _ONCALL.search(address) else kind)
    if kind is ReceiverKind.EMAIL:
        # Pagers have mail gateways: acme@acme.pagerduty.com rings like any other page.
        domains = re.findall(r"@([\w.-]+)", settings.text("to") or "")
        return next((found for domain in domains if (found := _of_host(domain))), kind)
    return kind


def _of_host(host: str) -> ReceiverKind | None:
    host = host.lower()
    return next(
        (kind for kind, names in _HOSTS for name in names if host == name or host.endswith(f".{name}")),
        None,
    )
