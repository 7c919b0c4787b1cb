"""What is secret in a running application, by fingerprint, with places as people call them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from prodproof.facts.django import DjangoSettings, SecretShape

_ABOUT = re.compile(
    r"(CLAIM|TYPES?|CLASSES|LIFETIME|EXPIR\w*|VALIDATORS?|HASHERS?|GENERATORS?|PREFIX|FIELDS?|NAMES?|METHODS?|ALGORITHMS?"
    r"|COOKIE|SERIALIZERS?|VIEWS?|FORMS?|TEMPLATES?|ENABLED|REQUIRED|ROTATION|MAX|MIN|COUNT|LIMIT|POLICY|INTEGRITY|ID)$"
)
_ADDRESS = re.compile(r"(URL|URI|PATHS?)$")
_OF_OTHERS = frozenset({"GPG_KEY"})
"""The official Python images say so by which key Python's releases are signed."""


@dataclass(frozen=True)
class Effective:
    """One part of a secret that an application has."""

    place: str
    """`the setting SECRET_KEY`, `the variable DATABASE_URL (password)`."""

    name: str
    """Of the setting or variable alone."""

    variable: bool
    shape: SecretShape


def effective(settings: DjangoSettings) -> tuple[Effective, ...]:
    """What an application has: settings first, then the variables of its process. Empty values are none."""
    return (*_named(settings.secrets, False), *_named(settings.variables, True))


def tells_of_a_secret(name: str, component: str) -> bool:
    """Whether a name that sounds secret is one of a value that is: `TOKEN_TYPE_CLAIM` is not.

    Args:
        name: of the setting (dotted) or variable.
        component: the part of its value; what is a part by its form is secret whatever the name.
    """
    if component:
        return True
    parts = [part.upper() for part in name.split(".") if not part.isdecimal()] or [name.upper()]
    if parts[-1] in _OF_OTHERS or _ABOUT.search(parts[-1]):
        return False
    return not _ADDRESS.search(parts[-1]) or "WEBHOOK" in parts[-1]


def at_place(found: Iterable[Effective], name: str, variable: bool) -> tuple[Effective, ...]:
    """Those of one setting (with the items of a list, `FIELD_KEYS.0`) or variable."""
    return tuple(
        item
        for item in found
        if item.variable is variable
        and (item.name == name or (not variable and item.name.startswith(f"{name}.") and _is_item(item.name, name)))
    )


def _named(shapes: Iterable[SecretShape], variable: bool) -> Iterable[Effective]:
    word = "variable" if variable else "setting"
    for shape in shapes:
        if shape.length != "empty":
            part = f" ({shape.component})" if shape.component else ""
            yield Effective(f"the {word} {shape.name}{part}", shape.name, variable, shape)


def _is_item(name: str, of: str) -> bool:
    return name[len(of) + 1 :].isdecimal()
