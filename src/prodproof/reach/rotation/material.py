"""A credential as its store holds it, and the login that stands in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from prodproof.facts import Reason, Unseen
from prodproof.reach.secret import Secret


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

    user_fields: tuple[str, ...] = ("username", "user")
    """Fields of a JSON object that can hold the user, the first that is there counts."""

    password_fields: tuple[str, ...] = ("password",)

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
            user, password = _field(document, self.user_fields), _field(document, self.password_fields)
            if user is None or password is None:
                fields = f"{self.user_fields[0]} and {self.password_fields[0]}"
                return Unseen(Reason.NOT_CONFIGURED, f"the secret's JSON has no {fields}")
            return Login(document[user], document[password])
        return self._read_text(text)

    def _read_text(self, text: str) -> Login | Unseen:
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
            user, password = _field(document, self.user_fields), _field(document, self.password_fields)
            assert user is not None and password is not None
            values[self._reference] = Secret(json.dumps({**document, user: login.user, password: login.password}))
        else:
            values[self._reference] = Secret(self._text_with(text, login))
        return Material(values)

    def _text_with(self, text: str, login: Login) -> str:
        parts = urlsplit(text)
        host = parts.netloc.rpartition("@")[2]
        netloc = f"{quote(login.user, safe='')}:{quote(login.password, safe='')}@{host}"
        return urlunsplit(parts._replace(netloc=netloc))


class LeasedForm(LoginForm):
    """How a login that is leased stands in a secret: as any login, with the id of its lease.

    Args:
        reference: of the secret.
        user_reference: of the user's name, where the secret is the password alone.
        lease_reference: of the lease's id; None: the secret is a JSON object with `lease_id`.
    """

    def __init__(self, reference: str, user_reference: str | None = None, lease_reference: str | None = None) -> None:
        super().__init__(reference, user_reference)
        self._lease = lease_reference

    @property
    def references(self) -> tuple[str, ...]:
        return super().references if self._lease is None else (*super().references, self._lease)

    def lease(self, material: Material) -> str | Unseen:
        """The id of its lease."""
        if self._lease is not None:
            return material.values[self._lease].reveal()
        found = (_document(material.values[self._reference].reveal()) or {}).get("lease_id")
        if isinstance(found, str) and found:
            return found
        return Unseen(Reason.NOT_DECLARED, "lease_ref says where the lease's id is kept, or lease_id in the JSON")

    def with_lease(self, material: Material, login: Login, lease: str) -> Material:
        """The same with another login and its lease."""
        values = dict(self.with_login(material, login).values)
        if self._lease is not None:
            values[self._lease] = Secret(lease)
        else:
            document = _document(values[self._reference].reveal()) or {}
            values[self._reference] = Secret(json.dumps({**document, "lease_id": lease}))
        return Material(values)


class AccessKeyForm(LoginForm):
    """How an access key of AWS stands in a secret: `KEY_ID:SECRET`, a JSON object, or the secret part alone with the
    reference of the id. The id counts as the user, the secret part as the password."""

    user_fields = ("access_key_id", "AccessKeyId", "aws_access_key_id", "AWS_ACCESS_KEY_ID")
    password_fields = ("secret_access_key", "SecretAccessKey", "aws_secret_access_key", "AWS_SECRET_ACCESS_KEY")

    def _read_text(self, text: str) -> Login | Unseen:
        id, separator, secret = text.strip().partition(":")
        if not separator or not id or not secret:
            return Unseen(
                Reason.NOT_DECLARED, "the secret is no KEY_ID:SECRET: user_ref says where the key's id is kept"
            )
        return Login(id, secret)

    def _text_with(self, text: str, login: Login) -> str:
        return f"{login.user}:{login.password}"


def _field(document: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if isinstance(document.get(name), str)), None)


def _document(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
