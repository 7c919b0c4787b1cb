"""Two users of Redis that take turns: while one is good the other is off and has no password.

Passwords reach the server as SHA-256 only, but for the logins that are tried.

Source: Redis documentation, "ACL", "ACL SETUSER", "CLIENT LIST", "CLIENT KILL". That a user is off ends no session.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import redis
from redis import exceptions as raised
from redis.backoff import NoBackoff
from redis.retry import Retry

from prodproof.facts import Reason, Unseen
from prodproof.reach.rotation.credential import Attempt, Credential, Outcome, Use, random_text
from prodproof.reach.rotation.material import Login, LoginForm, Material
from prodproof.reach.secret import Secret

SECONDS = 10.0
OURS = "prodproof"
"""The name under which prodproof's own sessions are seen; they are nobody's use."""

_RULE = re.compile(r"\([^)]*\)|\S+")
_NO_RULE = re.compile(r"on|off|nopass|resetpass|reset|[#><!].*")
_COMPARED = ("commands", "keys", "channels", "selectors")
Answer = TypeVar("Answer")


class RedisUsers(Credential):
    """Users that take turns.

    Args:
        admin: URL, password included, of who makes them: it may use ACL and CLIENT.
        users: the two.
        form: how a login stands in the secret.
    """

    kind = "redis"

    def __init__(self, admin: Secret, users: Sequence[str], form: LoginForm) -> None:
        self._admin, self._users, self._form = admin, tuple(users), form
        self._client: Any = None

    def name(self, material: Material) -> str:
        login = self._form.read(material)
        return "nobody" if isinstance(login, Unseen) else login.user

    def problems(self, old: Material) -> Sequence[str] | Unseen:
        login = self._form.read(old)
        if isinstance(login, Unseen):
            return login
        if login.user not in self._users:
            return [f"the user in the secret is none of {' and '.join(self._users)}"]
        other = self._other(login.user)
        known = self._ask(lambda client: client.acl_getuser(other))
        if isinstance(known, Unseen):
            return known
        found = []
        if known is not None and "on" in known["flags"]:
            found.append(f"both credentials are valid: {other} is on as well; ACL SETUSER {other} off resetpass")
        if (lost := self._ask(_keep)) is not None:
            if lost.why is not Reason.INCOMPLETE:
                return lost
            found.append(lost.detail)
        return found

    def wrong(self, material: Material) -> Material:
        return self._form.with_login(material, Login(self.name(material), random_text()))

    def proposed(self, old: Material) -> Material | Unseen | None:
        login = self._form.read(old)
        if isinstance(login, Unseen):
            return login
        return self._form.with_login(old, Login(self._other(login.user), random_text()))

    def create(self, old: Material, new: Material | None) -> Material | Unseen:
        assert new is not None  # proposed always knows it
        before, after = self._login(old), self._login(new)

        def made(client: Any) -> Unseen | None:
            start = f"user {before.user} "
            line = next((item for item in client.acl_list() if item.startswith(start)), None)
            if line is None:
                return Unseen(Reason.NOT_CONFIGURED, f"Redis has no user {before.user}")
            rules = [rule for rule in _RULE.findall(line[len(start) :]) if not _NO_RULE.fullmatch(rule)]
            client.execute_command("ACL", "SETUSER", after.user, "reset", *rules, "on", _hash(after))
            return _keep(client)

        return self._ask(made) or new

    def missing(self, old: Material, new: Material) -> Sequence[str] | Unseen:
        def compared(client: Any) -> list[str]:
            one, other = client.acl_getuser(self.name(old)) or {}, client.acl_getuser(self.name(new)) or {}
            return [f"other {part}" for part in _COMPARED if one.get(part) != other.get(part)]

        return self._ask(compared)

    def attempt(self, material: Material) -> Attempt | Unseen:
        login = self._form.read(material)
        if isinstance(login, Unseen):
            return login
        client = _client(self._place(material), login)
        try:
            client.ping()
        except raised.AuthenticationError:
            return Attempt(Outcome.REFUSED, "WRONGPASS")
        except raised.NoPermissionError:
            pass  # it is let in, and may not do this
        except (raised.RedisError, OSError, ValueError) as error:
            return _why(error)
        finally:
            client.close()
        return Attempt(Outcome.ACCEPTED, "logged in")

    def use(self, material: Material) -> Use | Unseen:
        rows = self._ask(lambda client: _sessions(client, self.name(material)))
        if isinstance(rows, Unseen):
            return rows
        rows = [row for row in rows if row["name"] != OURS]
        who = frozenset(f"{row['name'] or 'a program without a name'} from {row['addr']}" for row in rows)
        return Use(frozenset(str(row["id"]) for row in rows), who=who)

    def retire(self, material: Material) -> Unseen | None:
        user = self.name(material)

        def retired(client: Any) -> Unseen | None:
            if client.acl_getuser(user) is not None:
                client.execute_command("ACL", "SETUSER", user, "off", "resetpass")
            return _keep(client)

        return self._ask(retired)

    def restore(self, material: Material) -> Unseen | None:
        login = self._login(material)

        def restored(client: Any) -> Unseen | None:
            client.execute_command("ACL", "SETUSER", login.user, "resetpass", "on", _hash(login))
            return _keep(client)

        return self._ask(restored)

    def end_sessions(self, material: Material, *, busy: bool) -> int | Unseen:
        def ended(client: Any) -> int:
            rows = _sessions(client, self.name(material))
            # Within a transaction, or waiting in a blocking command.
            chosen = [row for row in rows if busy or (row["multi"] == "-1" and "b" not in row["flags"])]
            return sum(int(client.client_kill_filter(_id=row["id"])) for row in chosen)

        return self._ask(ended)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _other(self, user: str) -> str:
        return self._users[1] if user == self._users[0] else self._users[0]

    def _login(self, material: Material) -> Login:
        login = self._form.read(material)
        assert isinstance(login, Login)  # `problems` has looked
        return login

    def _place(self, material: Material) -> str:
        """Where the application logs in; where the administrator does, if its secret does not say it."""
        text = material.values[self._form.references[0]].reveal()
        return text if text.startswith(("redis://", "rediss://")) else self._admin.reveal()

    def _ask(self, question: Callable[[Any], Answer]) -> Answer | Unseen:
        try:
            if self._client is None:
                parts = urlsplit(self._admin.reveal())
                self._client = _client(self._admin.reveal(), Login(parts.username or "default", parts.password or ""))
            return question(self._client)
        except (raised.RedisError, OSError, ValueError, KeyError) as error:
            self.close()
            return _why(error)


def _client(url: str, login: Login) -> Any:
    parts = urlsplit(url)
    return redis.Redis(
        host=parts.hostname or "localhost",
        port=parts.port or 6379,
        username=login.user,
        password=login.password,
        ssl=parts.scheme == "rediss",
        client_name=OURS,
        socket_timeout=SECONDS,
        socket_connect_timeout=SECONDS,
        decode_responses=True,
        single_connection_client=False,
        max_connections=1,
        retry=Retry(NoBackoff(), 0),
    )


def _sessions(client: Any, user: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.client_list()
    return [row for row in rows if row.get("user") == user]


def _hash(login: Login) -> str:
    return "#" + hashlib.sha256(login.password.encode()).hexdigest()


def _keep(client: Any) -> Unseen | None:
    """Let the users outlive a restart of the server."""
    for command in (("ACL", "SAVE"), ("CONFIG", "REWRITE")):
        try:
            client.execute_command(*command)
            return None
        except raised.ResponseError:
            continue
    return Unseen(
        Reason.INCOMPLETE, "Redis forgets its users when it is started again: set aclfile, or a writable config"
    )


def _why(error: Exception) -> Unseen:
    """The true reason; the server's own words are left out, they may quote what was sent."""
    if isinstance(error, raised.TimeoutError):
        return Unseen(Reason.TIMED_OUT, f"Redis did not answer within {SECONDS:g} s")
    if isinstance(error, (raised.AuthenticationError, raised.NoPermissionError)):
        return Unseen(Reason.DENIED, "Redis does not let the administrator do that; see `admin` of [secret.rotation]")
    if isinstance(error, raised.ResponseError):
        return Unseen(Reason.INCOMPLETE, "Redis answers with an error")
    return Unseen(Reason.UNREACHABLE, "Redis cannot be reached")
