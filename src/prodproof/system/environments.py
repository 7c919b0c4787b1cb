"""Which environment is meant."""

import difflib
from typing import Any

from prodproof.system.errors import UserError, inert
from prodproof.system.schema import SystemTables

DEFAULT = "production"


def environment_names(tables: SystemTables) -> tuple[str, ...]:
    """The declared environments; production alone if none is declared."""
    return tuple(item.name for item in tables.environment) or (DEFAULT,)


def environment_of(item: Any, tables: SystemTables) -> str | None:
    """The environment that a table belongs to; None when it does not say and there is no default."""
    if item.environment is not None:
        name = item.environment
        assert isinstance(name, str)
        return name
    names = environment_names(tables)
    if DEFAULT in names:
        return DEFAULT
    return names[0] if len(names) == 1 else None


def choose_environment(tables: SystemTables, wanted: str | None) -> str:
    """`--env`, else production, else the only one. Raises UserError when that names none."""
    names = environment_names(tables)
    listed = ", ".join(inert(name, 30) for name in names[:10])
    if wanted is not None:
        if wanted in names:
            return wanted
        near = difflib.get_close_matches(wanted, names, n=1)
        hint = f'; did you mean "{inert(near[0])}"?' if near else f"; declared: {listed}"
        raise UserError(f'there is no environment "{inert(wanted)}"{hint}')
    if DEFAULT in names:
        return DEFAULT
    if len(names) == 1:
        return names[0]
    raise UserError(f"which environment? Say --env with one of: {listed}")
