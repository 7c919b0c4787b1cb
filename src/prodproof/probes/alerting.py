"""Alert rules of a repository with their runbooks, and the alert manager configurations that would carry them."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from prodproof.facts import Location, Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.alerting import AlertLabels, AlertRouting, AlertRule, Route, RunbookLink, RunbookPlace
from prodproof.facts.declared import Repository, Runbook
from prodproof.probes import _files
from prodproof.probes.probe import probe
from prodproof.reach.files.alert_rules import (
    OWNER_NAMES,
    RUNBOOK_NAMES,
    SEVERITY_NAMES,
    WrittenRule,
    literal_names,
    may_hold_rules,
    read_alarms,
    read_rules,
)
from prodproof.reach.files.alertmanager import may_hold_routing, read_routing
from prodproof.reach.files.runbooks import steps
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.runbooks.pages import read_pages
from prodproof.reach.world import World

PATTERNS = (*_files.MANIFESTS, "**/*.rules", "**/*.rule", "**/*.tpl")
TERRAFORM = ("**/*.tf", "**/*.tofu")
SOURCES = ("**/*.jsonnet", "**/*.libsonnet")
_TEMPLATED = re.compile(r"\{\{|\$\{|\$labels|%\(")
_NO_RUNBOOK = {"", "-", "n/a", "na", "none", "null", "tbd", "todo", "tba", "fixme", "unknown", "#"}
_FORGE_FILE = re.compile(
    r"^/(?P<project>[^/]+/[^/]+(?:/[^/]+)*?)/(?:-/)?(?:blob|tree|src(?:/branch)?|raw)/[^/]+/(?P<path>.+)$"
)
_ALWAYS_KEPT = {*SEVERITY_NAMES, "alertname"}


@probe(AlertRule, AlertRouting, per=Repository, proof=Proof.INSIDE, time_limit=90)
def observe(repository: Repository, world: World) -> tuple[Survey[AlertRule], Survey[AlertRouting]]:
    """Read every file that may hold alert rules or routes; unrendered templates are unseen, not empty."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        return lost(AlertRule, reader.why, reader.detail), lost(AlertRouting, reader.why, reader.detail)
    commit = reader.commit
    rules, unread, rule_gaps = _rules(reader, world.declared.monitoring.alert_rules)
    links = _Links(reader, repository)
    subjects = _subjects(rules)
    facts = [_fact(path, rule, links, world.declared.runbooks) for path, rule in rules]
    pages = read_pages((fact.runbook for fact in facts if fact.runbook), world)
    facts = [
        replace(fact, runbook=pages.get(fact.runbook.target, fact.runbook)) if fact.runbook else fact for fact in facts
    ]
    seen: list[Observation[AlertRule]] = [
        world.inside(subject, fact, commit) for subject, fact in zip(subjects, facts, strict=True)
    ]
    seen += [world.inside(Subject("file", shown(path)), why, commit) for path, why in unread]
    routings, routing_gaps = _routings(reader, world, commit, [rule for _, rule in rules])
    return (
        Survey(AlertRule, tuple(seen), (*reader.gaps, *rule_gaps)),
        Survey(AlertRouting, tuple(routings), (*reader.gaps, *routing_gaps)),
    )


def _candidates(
    reader: RepositoryReader, declared: tuple[str, ...]
) -> tuple[list[tuple[str, str | Unseen]], list[Unseen]]:
    if not declared:
        return list(_files.texts(reader, *PATTERNS)), []
    gaps = [
        Unseen(Reason.INCOMPLETE, f"{pattern}: declared under [monitoring], but no file of that name is there")
        for pattern in declared
        if not reader.glob(pattern)
    ]
    return [(path, reader.text(path)) for path in reader.glob(*declared)], gaps


def _rules(
    reader: RepositoryReader, declared: tuple[str, ...]
) -> tuple[list[tuple[str, WrittenRule]], list[tuple[str, Unseen]], list[Unseen]]:
    found: list[tuple[str, WrittenRule]] = []
    unread: list[tuple[str, Unseen]] = []
    unrendered: list[tuple[str, frozenset[str], Unseen]] = []
    files, gaps = _candidates(reader, declared)
    for path, text in files:
        if isinstance(text, Unseen):
            unread.append((path, text))
            continue
        if not declared and not may_hold_rules(text):
            continue
        answer = read_rules(text)
        if isinstance(answer, Unseen):
            unrendered.append((path, literal_names(text), Unseen(answer.why, f"{shown(path)} {answer.detail}")))
        else:
            found.extend((path, rule) for rule in answer)
    if not declared:
        for path, text in _files.texts(reader, *TERRAFORM, having="aws_cloudwatch_"):
            alarms = read_alarms(text) if isinstance(text, str) else text
            if isinstance(alarms, Unseen):
                unread.append((path, Unseen(alarms.why, f"{shown(path)} {alarms.detail}")))
            else:
                found.extend((path, rule) for rule in alarms)
        for path, source in _files.texts(reader, *SOURCES, having="alert:"):
            if isinstance(source, str) and "expr" in source:
                why = Unseen(Reason.INCOMPLETE, f"{shown(path)} is jsonnet that has not been rendered")
                unrendered.append((path, literal_names(source), why))
    known = {rule.name for _, rule in found}
    # A template whose alerts all stand rendered in the same repository hides nothing.
    unread += [(path, why) for path, names, why in unrendered if not names or not names <= known]
    return found, unread, gaps


def _subjects(rules: list[tuple[str, WrittenRule]]) -> Iterator[Subject]:
    """`path group/name`, with the severity and then a number where one group has several of a name."""
    names = [f"{shown(path)} {rule.group}/{rule.name}" for path, rule in rules]
    often = Counter(names)
    fuller = [
        f"{name} ({rule.says(SEVERITY_NAMES) or 'no severity'})" if often[name] > 1 else name
        for name, (_, rule) in zip(names, rules, strict=True)
    ]
    used: Counter[str] = Counter()
    for name in fuller:
        used[name] += 1
        yield Subject("alert", name if used[name] == 1 else f"{name} #{used[name]}")


def _fact(path: str, rule: WrittenRule, links: "_Links", books: tuple[Runbook, ...]) -> AlertRule:
    severity = rule.says(SEVERITY_NAMES)
    covering = next((book.path for book in books if rule.name in book.covers), None)
    target = rule.says(RUNBOOK_NAMES) or covering
    return AlertRule(
        name=rule.name,
        group=rule.group,
        source=rule.source,
        severity=severity,
        owner=rule.says(OWNER_NAMES),
        runbook=None if target is None or target.lower() in _NO_RUNBOOK else links.follow(target, path),
        location=Location(shown(path), rule.line),
    )


class _Links:
    """Follows links into one repository."""

    def __init__(self, reader: RepositoryReader, repository: Repository) -> None:
        self.reader = reader
        self.projects = {name.lower() for name in (repository.name,) if name} | set(_remotes(reader))
        self.known: dict[tuple[str, str], RunbookLink] = {}

    def follow(self, target: str, from_path: str) -> RunbookLink:
        key = (target, posixpath.dirname(from_path))
        if key not in self.known:
            self.known[key] = self._followed(target, key[1])
        return self.known[key]

    def _followed(self, target: str, folder: str) -> RunbookLink:
        if "://" in target:
            return self._url(target)
        if _TEMPLATED.search(target):
            return RunbookLink(target=_short(target), place=RunbookPlace.TEMPLATED)
        path, _, anchor = target.partition("#")
        found = self._file(unquote(path), folder)
        if found is not None:
            return self._read(target, found, anchor)
        if " " in target or "\n" in target:
            words = len(target.split())
            return RunbookLink(target=_short(target), place=RunbookPlace.INLINE, steps=steps(target) or int(words >= 4))
        return RunbookLink(target=_short(target), place=RunbookPlace.MISSING)

    def _url(self, target: str) -> RunbookLink:
        try:
            parts = urlsplit(target)
            host = parts.netloc.rpartition("@")[2]
            parts.port  # noqa: B018 (reading it raises for a port that is none)
        except ValueError:
            return RunbookLink(target=_short(target), place=RunbookPlace.MISSING)
        clean = _short(f"{parts.scheme}://{host}{parts.path}" + (f"#{parts.fragment}" if parts.fragment else ""))
        if _TEMPLATED.search(target):
            return RunbookLink(target=clean, place=RunbookPlace.TEMPLATED)
        forge = _FORGE_FILE.match(unquote(parts.path))
        if forge and self._is_ours(forge["project"].lower()):
            found = self._file(forge["path"], "")
            missing = RunbookLink(target=clean, place=RunbookPlace.MISSING)
            return missing if found is None else self._read(clean, found, parts.fragment)
        return RunbookLink(target=clean, place=RunbookPlace.URL)

    def _is_ours(self, project: str) -> bool:
        return project in self.projects or project.rpartition("/")[2] in self.projects

    def _file(self, path: str, folder: str) -> str | None:
        for base in ("", folder):
            joined = posixpath.normpath(posixpath.join(base, path.lstrip("/")))
            for candidate in (joined, f"{joined}.md", f"{joined}/README.md", f"{joined}/index.md"):
                if self.reader.exists(candidate):
                    return candidate
        return None

    def _read(self, target: str, path: str, anchor: str) -> RunbookLink:
        text = self.reader.text(path)
        if isinstance(text, Unseen):
            return RunbookLink(target=_short(target), place=RunbookPlace.UNREADABLE, detail=text.detail)
        count = steps(text, unquote(anchor))
        if count is None:
            return RunbookLink(target=_short(target), place=RunbookPlace.NO_HEADING)
        return RunbookLink(target=_short(target), place=RunbookPlace.FILE, steps=count)


def _short(target: str) -> str:
    return shown(target)[:300]


def _remotes(reader: RepositoryReader) -> Iterator[str]:
    """Projects of the repository's remotes: `acme/shop`."""
    if reader.git is None:
        return
    listed = reader.git("config", "--get-regexp", r"^remote\..*\.url$", timeout=10)
    if isinstance(listed, Unseen) or listed.code != 0:
        return
    for line in listed.stdout.decode("utf-8", "replace").splitlines():
        match = re.search(r"[:/]([^/:\s]+/[^/\s]+?)(?:\.git)?/?$", line)
        if match:
            yield match[1].lower()


def _routings(
    reader: RepositoryReader, world: World, commit: str | None, rules: list[WrittenRule]
) -> tuple[list[Observation[AlertRouting]], list[Unseen]]:
    declared = world.declared.monitoring.alertmanager
    files, gaps = _candidates(reader, declared)
    seen: list[Observation[AlertRouting]] = []
    for path, text in files:
        name = shown(path)
        expected = bool(declared) or "alertmanager" in path.lower()
        if isinstance(text, Unseen):
            seen.append(_unseen(world, Subject("file", name), text, commit))
            continue
        if not declared and not may_hold_routing(text):
            continue
        answer = read_routing(text, name)
        if isinstance(answer, Unseen):
            if expected or "receiver:" in text:
                unseen = Unseen(answer.why, f"{name} {answer.detail}")
                seen.append(_unseen(world, Subject("file", name), unseen, commit))
            continue
        for number, routing in enumerate(answer, 1):
            subject = Subject("file", name if len(answer) == 1 else f"{name} #{number}")
            carried = replace(routing, alerts=_carried(routing.root, rules))
            seen.append(world.inside(subject, carried, commit))
    return seen, gaps


def _unseen(world: World, subject: Subject, why: Unseen, commit: str | None) -> Observation[AlertRouting]:
    return world.inside(subject, why, commit)


def _carried(root: Route, rules: list[WrittenRule]) -> tuple[AlertLabels, ...]:
    """The rules' label sets, cut to the labels that routes ask for, so that equal ones count as one."""
    asked = _ALWAYS_KEPT | set(_asked(root))
    by_name = any(matcher.name == "alertname" for route in _nodes(root) for matcher in route.matchers)
    sets: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for rule in rules:
        if rule.source != "prometheus":
            continue
        labels = {name: value for name, value in rule.labels if name in asked}
        if by_name:
            labels["alertname"] = rule.name
        sets.setdefault(tuple(sorted(labels.items())), []).append(rule.name)
    return tuple(
        AlertLabels(example=min(names), labels=labels, rules=len(names)) for labels, names in sorted(sets.items())
    )


def _nodes(route: Route) -> Iterator[Route]:
    yield route
    for child in route.routes:
        yield from _nodes(child)


def _asked(root: Route) -> Iterator[str]:
    return (matcher.name for route in _nodes(root) for matcher in route.matchers)
