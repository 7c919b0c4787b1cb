"""The models of a Django application that hold something about people."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PersonalField:
    """A column that holds, by its name or type, something about a person."""

    name: str
    type: str
    """Class of the field, `EmailField`."""

    category: str
    """`identity`, `contact`, `location`, `birth`, `finance`, `health`, `credential`, `network`, `belief`, `file`."""

    encrypted: bool = False
    """Whether its field class says that it encrypts."""


@dataclass(frozen=True, kw_only=True)
class PersonalModel:
    """A model with personal fields."""

    label: str
    """`shop.Order`."""

    table: str
    database: str = "default"
    fields: tuple[PersonalField, ...] = ()
    own: bool = True


@dataclass(frozen=True, kw_only=True)
class PersonalModels:
    """The models of an application that hold personal fields, and how many models were looked at."""

    models: tuple[PersonalModel, ...]
    looked_at: int
