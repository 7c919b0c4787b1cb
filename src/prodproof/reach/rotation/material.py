"""A credential as its store holds it, and the login that stands in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from prodproof.facts import Reason, Unseen
from prodproof.reach.secret import Secret

_USER = ("username", "user")


class Material:
    """Values by their references; does not show itself. Equal where the values are."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Secret]) -> None:
        self._values = dict(values)

    @property
    def values(self) -> Mapping[str, Secret]:
        """What is written to the store."""
        return self._values

    def reveal(self) -> dict[str, str]:
        """The values, for the one place that keeps them over a crash: a note in their own store."""
        return {reference: value.reveal() for reference, value in self._values.items()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Material) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        raise TypeError("a credential is no key")

    def __repr__(self) -> str:
        return f"Material({', '.join(self._values)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential is not written anywhere")


@dataclass(frozen=True, repr=False)
class Login:
    """A user with a password."""

    user: str
    password: str


class LoginForm:
    """How a login stands in a secret: a URL, a JSON object with `username` and `password`, or the password alone.

    Args:
        reference: of the secret.
        user_reference: of the user's name, where the secret is the password alone.
    """

    def __init__(self, reference: str, user_reference: str | None = None) -> None:
        self._reference, self._user = reference, user_reference

    @property
    def references(self) -> tuple[str, ...]:
        """Everything that belongs to the login."""
        return (self._reference,) if self._user is None else (self._reference, self._user)

    def read(self, material: Material) -> Login | Unseen:
        """The login in it."""
        text = material.values[self._reference].reveal()
        if self._user is not None:
            return Login(material.values[self._user].reveal(), text)
        if document := _document(text):
            user = next((document[key] for key in _USER if isinstance(document.get(key), str)), None)
            password = document.get("password")
            if user is None or not isinstance(password, str):
                return Unseen(Reason.NOT_CONFIGURED, "the secret's JSON has no username and password")
            return Login(user, password)
        if "://" not in text:
            return Unseen(Reason.NOT_DECLARED, "the secret is a password alone: user_ref says where the user is kept")
        try:
            parts = urlsplit(text)
            user, password = parts.username, parts.password
        except ValueError:
            return Unseen(Reason.NOT_CONFIGURED, "the secret is no URL that can be read")
        if not user or password is None:
            return Unseen(Reason.NOT_CONFIGURED, "the secret's URL has no user with a password")
        return Login(unquote(user), unquote(password))

    def with_login(self, material: Material, login: Login) -> Material:
        """The same with another login; all else in it stays. `read` must have understood it."""
        values = dict(material.values)
        text = values[self._reference].reveal()
        if self._user is not None:
            values |= {self._reference: Secret(login.password), self._user: Secret(login.user)}
        elif document := _document(text):
            key = next(key for key in _USER if key in document)
            changed = {**document, key: login.user, "password": login.password}
            values[self._reference] = Secret(json.dumps(changed))
        else:
            parts = urlsplit(text)
            host = parts.netloc.rpartition("@")[2]
            netloc = f"{quote(login.user, safe='')}:{quote(login.password, safe='')}@{host}"
            values[self._reference] = Secret(urlunsplit(parts._replace(netloc=netloc)))
        return Material(values)


def _document(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
