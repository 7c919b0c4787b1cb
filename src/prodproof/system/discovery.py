"""Everything that a repository shows of its system, and what may be taken as declared when there is no file."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable
from functools import cache

from prodproof.facts.declared import Declared, Environment, Repository
from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind
from prodproof.system.environments import DEFAULT

MAX_FOUND = 5000


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


def infer(tree: RepositoryTree, root: str) -> Declared:
    """What `verify` goes by when there is no system file: the repository alone.

    Host names that were seen are not taken over: what is only guessed is never contacted. Neither are commands, which
    would be run, nor places of alert rules, which would narrow the search for them.

    Args:
        tree: the repository.
        root: its directory, absolute.
    """
    name = system_name(tree)
    return Declared(
        system=name,
        environment=Environment(name=DEFAULT),
        inferred=True,
        root=root,
        environments=(Environment(name=DEFAULT),),
        repositories=(Repository(path=".", name=name),),
    )


def system_name(tree: RepositoryTree) -> str:
    """The name of the repository's directory, in plain characters."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", tree.name).strip("-.") or "system"
