"""Everything that a repository shows of its system, and what may be taken as declared when there is no file."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable
from functools import cache

from prodproof.facts.declared import DataStore, Declared, Environment, EnvironmentKind, Repository
from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind
from prodproof.system.environments import DEFAULT

MAX_FOUND = 5000
MAX_STORES = 12
MAX_HOSTS = 3


@cache
def _finders() -> tuple[Callable[[RepositoryTree], Iterable[Found]], ...]:
    import prodproof.system.discover as room

    modules = (importlib.import_module(f"{room.__name__}.{info.name}") for info in pkgutil.iter_modules(room.__path__))
    return tuple(module.find for module in modules if hasattr(module, "find"))


def discover(tree: RepositoryTree) -> tuple[Found, ...]:
    """What is in a repository, sorted by kind, name and place; the same thing at the same place once."""
    found = {item for finder in _finders() for item in finder(tree)}
    order = list(Kind)
    ranked = sorted(
        found, key=lambda item: (order.index(item.kind), item.name, item.at.path, item.at.line or 0, item.detail)
    )
    return tuple(ranked[:MAX_FOUND])


def of_kind(found: Iterable[Found], kind: Kind) -> tuple[Found, ...]:
    """Those of one kind, each name once, with its first place."""
    first: dict[str, Found] = {}
    for item in found:
        if item.kind is kind:
            first.setdefault(item.name, item)
    return tuple(first.values())


def environments(found: Iterable[Found]) -> tuple[Found, ...]:
    """The environments beside production that something deploys to; each is one for staging."""
    return of_kind(found, Kind.ENVIRONMENT)


def stores(found: Iterable[Found]) -> tuple[tuple[str, str, Found], ...]:
    """The data stores to declare: name, kind and where first seen. No two have the same name."""
    seen = tuple(found)
    listed = [(item.name, item.detail, item) for item in seen if item.kind is Kind.DATA_STORE]
    if any(name == "database" and kind != "sqlite" for name, kind, _ in listed):
        # A file beside a server is what developers use.
        listed = [item for item in listed if item[1] != "sqlite"]
    media = of_kind(seen, Kind.MEDIA)
    if media and not any(name == "uploads" for name, _, _ in listed):
        listed.append(("uploads", "files", media[0]))
    kinds: dict[str, str] = {}
    chosen: dict[str, tuple[str, str, Found]] = {}
    for name, kind, item in listed:
        label = name if kinds.setdefault(name, kind) == kind else f"{name}-{kind}"
        chosen.setdefault(label, (label, kind, item))
    return tuple(chosen.values())[:MAX_STORES]


def infer(tree: RepositoryTree, root: str) -> Declared:
    """What `verify` goes by when there is no system file: what `init` would write, for production.

    Host names that were seen are not taken over: what is only guessed is never contacted. Neither are commands, which
    would be run, nor places of alert rules, which would narrow the search for them.

    Args:
        tree: the repository.
        root: its directory, absolute.
    """
    name = system_name(tree)
    found = discover(tree)
    production = Environment(name=DEFAULT)
    others = (
        Environment(name=item.name, kind=EnvironmentKind.STAGING, location=item.at) for item in environments(found)
    )
    return Declared(
        system=name,
        environment=production,
        inferred=True,
        root=root,
        environments=(production, *others),
        repositories=(Repository(path=".", name=name),),
        data_stores=tuple(DataStore(name=name, kind=kind, location=item.at) for name, kind, item in stores(found)),
    )


def summary(tree: RepositoryTree) -> str:
    """One line that says what was seen, and which names were seen and left alone."""
    found = discover(tree)
    seen = [item.name for item in of_kind(found, Kind.FRAMEWORK)]
    seen += [f"{name} ({kind})" for name, kind, _ in stores(found)]
    seen += [
        kind.value
        for kind in (Kind.KUBERNETES, Kind.TERRAFORM, Kind.WORKFLOW, Kind.ALERT_RULES)
        if of_kind(found, kind)
    ]
    line = f"seen in the repository: {', '.join(seen) or 'nothing that says what it runs on'}"
    hosts = [item.name for item in of_kind(found, Kind.HOST)]
    more = f" and {len(hosts) - MAX_HOSTS} more" if len(hosts) > MAX_HOSTS else ""
    return f"{line}; not contacted, because not declared: {', '.join(hosts[:MAX_HOSTS])}{more}" if hosts else line


def system_name(tree: RepositoryTree) -> str:
    """The name of the repository's directory, in plain characters."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", tree.name).strip("-.") or "system"
