"""What a secret is declared for, compared with what a service says."""

import re
from collections.abc import Iterable
from functools import lru_cache

from prodproof.facts.declared import Power
from prodproof.facts.secret_scope import Holding

MAX_HOLDINGS = 500
ALL = "ALL"


def undeclared(holdings: Iterable[Holding], may: Iterable[Power]) -> tuple[tuple[Holding, ...], int, int]:
    """What goes beyond the purpose, how much of that was left out, and how many holdings lie within it."""
    powers = tuple(may)
    beyond, within = [], 0
    for item in holdings:
        rest = tuple(action for action in item.actions if not is_declared(action, item.name, powers))
        within += len(rest) < len(item.actions)
        if rest:
            beyond.append(Holding(kind=item.kind, name=item.name, actions=rest, conditional=item.conditional))
    return tuple(beyond[:MAX_HOLDINGS]), max(0, len(beyond) - MAX_HOLDINGS), within


def is_declared(action: str, name: str, may: Iterable[Power]) -> bool:
    """Whether an action with a thing is meant. `*` in a declared name is anything; `ALL` is every action."""
    for power in may:
        actions = {item.upper() for item in power.actions}
        if actions & {ALL, action.upper()} and any(_pattern(item).fullmatch(name) for item in power.resources):
            return True
    return False


def is_declared_power(name: str, may: Iterable[Power]) -> bool:
    """Whether an attribute is meant: an action without a thing, `postgres: CREATEDB`."""
    return any(name.upper() in {item.upper() for item in power.actions} and not power.resources for power in may)


@lru_cache(maxsize=1024)
def _pattern(text: str) -> "re.Pattern[str]":
    # Names of the schema `public` may be written with it or without.
    text = text.removeprefix("public.")
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)
