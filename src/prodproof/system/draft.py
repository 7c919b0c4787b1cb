"""The system file that a person would have written, from what a repository shows.

What is certain stands as declared, with where it was seen; what is guessed and would be contacted or run stands
commented out; what only the team can know is a TODO.
"""

import json
from collections.abc import Iterable

from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind
from prodproof.system.discovery import environments, of_kind, stores, system_name
from prodproof.system.errors import inert
from prodproof.system.schema import VERSION

SCHEMA_FILE = ".prodproof/prodproof.schema.json"
"""Where `init` puts the schema for editors, relative to the system file."""

MAX_HOSTS = 8
MAX_PLACES = 3
MAX_NAMES = 8


def draft(tree: RepositoryTree, found: tuple[Found, ...]) -> str:
    """The text of a system file; it loads as it is."""
    parts = (
        _head(tree),
        _entry_points(found),
        _environments(found),
        _data_stores(found),
        _django(found),
        _clouds(found),
        _secrets(found),
        _people(),
        _vendors(found),
        _personal_data(found),
        _monitoring(found),
    )
    return "\n".join("\n".join(part) + "\n" for part in parts if part)


def _head(tree: RepositoryTree) -> list[str]:
    return [
        f"#:schema {SCHEMA_FILE}",
        "# What we say about this system. prodproof verifies it; changes are reviewed like code.",
        "# Every key is explained in docs/system-file.md of prodproof; editors complete them.",
        f"version = {VERSION}",
        f"name = {quoted(system_name(tree))}",
    ]


def _entry_points(found: tuple[Found, ...]) -> list[str]:
    hosts = of_kind(found, Kind.HOST)
    lines = [
        "# TODO: which URLs are meant to be reached from the internet, and who answers for each?",
        "# Only what is declared is ever contacted.",
    ]
    if hosts:
        lines.append("# These names were seen; take the # away where one is right:")
    for host in hosts[:MAX_HOSTS]:
        lines += [
            "# [[entry_point]]",
            f"# url = {quoted(f'https://{host.name}')}   # {seen(found, host)}",
            '# purpose = "…"',
        ]
    if len(hosts) > MAX_HOSTS:
        lines.append(f"# … and {len(hosts) - MAX_HOSTS} more; prodproof init --print lists them")
    if not hosts:
        lines += ["# [[entry_point]]", '# url = "https://…"', '# purpose = "…"']
    for zone in of_kind(found, Kind.ZONE)[:MAX_HOSTS]:
        lines += ["", "# [[zone]]", f"# name = {quoted(zone.name)}   # {seen(found, zone)}"]
        lines.append('# file = "…"   # TODO: a zone file, or names = "…", a file with one name a line')
    return lines


def _environments(found: tuple[Found, ...]) -> list[str]:
    others = environments(found)
    if not others:
        return []
    lines = ["[[environment]]", 'name = "production"']
    for other in others:
        lines += [
            "",
            f"# {seen(found, other)}",
            "[[environment]]",
            f"name = {quoted(other.name)}",
            'kind = "staging"',
            '# networks = ["198.51.100.0/24"]   # TODO: from where may it be reached?',
        ]
    return lines


def _data_stores(found: tuple[Found, ...]) -> list[str]:
    listed = stores(found)
    if not listed:
        return [
            "# TODO: where is data that is not in the repository?",
            "# [[data_store]]",
            '# name = "database"',
            '# kind = "postgres"',
            '# rto = "4h"   # for how long it may be away',
            '# rpo = "5m"   # how much of the latest data may be lost',
        ]
    lines = [
        "# TODO: for each data store, for how long may it be away (rto),",
        "# and how much of its latest data may be lost (rpo)?",
    ]
    for name, kind, first in listed:
        lines += [
            f"# {seen(found, first)}",
            "[[data_store]]",
            f"name = {quoted(name)}",
            f"kind = {quoted(kind)}",
            '# rto = "4h"',
            '# rpo = "5m"',
            "",
        ]
    return lines[:-1]


def _django(found: tuple[Found, ...]) -> list[str]:
    if not any(item.kind is Kind.FRAMEWORK and item.name == "Django" for item in found):
        return []
    settings = [item for item in found if item.kind is Kind.SETTINGS]
    ranked = sorted(settings, key=lambda item: (item.detail != "production", item.detail != "default"))
    lines = [
        "# TODO: what runs manage.py in production? With it, prodproof asks Django for its effective settings.",
        "# It is run only after prodproof trust; docker compose exec, kubectl exec and ssh do as well.",
        "# [[django]]",
        '# manage = ["docker", "compose", "exec", "-T", "web", "python", "manage.py"]',
    ]
    if ranked:
        lines.append(f"# settings = {quoted(ranked[0].name)}   # {seen(found, ranked[0])}")
    return lines


def _clouds(found: tuple[Found, ...]) -> list[str]:
    terraform = of_kind(found, Kind.TERRAFORM)
    if not terraform:
        return []
    return [
        "# TODO: in which cloud accounts does terraform make things, and where do Prowler's results of each lie?",
        f"# {seen(found, terraform[0])}",
        "# [[service]]",
        '# name = "aws"',
        '# kind = "aws"   # or azure, gcp',
        '# account = "…"',
        '# posture = "posture/aws.ocsf.json"   # prowler aws --output-formats json-ocsf, every night',
    ]


def _secrets(found: tuple[Found, ...]) -> list[str]:
    names = of_kind(found, Kind.SECRET)
    if not names:
        return []
    lines = ["# TODO: where is each secret kept? A reference, never the value: env:, file:, aws-sm:, vault:"]
    lines += [f"# {inert(item.name)}: {seen(found, item)}" for item in names[:MAX_NAMES]]
    if len(names) > MAX_NAMES:
        lines.append(f"# … and {len(names) - MAX_NAMES} more")
    name = names[0].name
    return [*lines, "# [[secret]]", f"# name = {quoted(name.lower())}", f"# ref = {quoted(f'env:{name}')}"]


def _people() -> list[str]:
    return [
        "# TODO: who has access, and who answers for what? People can be in a file of their own:",
        '# include = ["people.toml"], above the first table.',
        "# [[person]]",
        '# id = "ana"',
        '# roles = ["developer", "on-call"]',
    ]


def _vendors(found: tuple[Found, ...]) -> list[str]:
    vendors = of_kind(found, Kind.VENDOR)
    if not vendors:
        return []
    lines = ["# TODO: which of these get users' data, and under which agreement?"]
    for vendor in vendors[:MAX_NAMES]:
        lines += ["# [[vendor]]", f"# name = {quoted(vendor.name)}   # {inert(vendor.detail)}, {seen(found, vendor)}"]
    return lines


def _personal_data(found: tuple[Found, ...]) -> list[str]:
    models = of_kind(found, Kind.PERSONAL_DATA)
    if not models:
        return []
    lines = ["# TODO: for how long is personal data kept? It was seen in"]
    lines += [
        f"#   {inert(model.name)} ({inert(model.detail, 120)}): {inert(str(model.at), 200)}"
        for model in models[:MAX_NAMES]
    ]
    if len(models) > MAX_NAMES:
        lines.append(f"#   … and {len(models) - MAX_NAMES} more models")
    return [*lines, "# [[retention]]", f"# what = {quoted(models[0].name)}", '# keep = "2y"']


def _monitoring(found: tuple[Found, ...]) -> list[str]:
    rules = [*of_kind(found, Kind.ALERT_RULES), *of_kind(found, Kind.ALERTMANAGER)]
    if not rules:
        return []
    return [
        f"# Alert rules are found by themselves ({_places(rules)}).",
        "# Name them only to leave others out:",
        "# [monitoring]",
        f"# alert_rules = [{quoted(rules[0].at.path)}]",
    ]


def seen(found: tuple[Found, ...], what: Found) -> str:
    """Where a thing was seen, shortly."""
    same = (item for item in found if (item.kind, item.name) == (what.kind, what.name))
    # Two kinds of store can have one name; each is shown with its own places.
    return "seen in " + _places(item for item in same if item.kind is not Kind.DATA_STORE or item.detail == what.detail)


def _places(items: Iterable[Found]) -> str:
    places = list(dict.fromkeys(inert(str(item.at), 200) for item in items))
    more = f" and {len(places) - MAX_PLACES} more" if len(places) > MAX_PLACES else ""
    return ", ".join(places[:MAX_PLACES]) + more


def quoted(text: str) -> str:
    """A TOML string of one line."""
    return json.dumps(inert(text, 300), ensure_ascii=False)
