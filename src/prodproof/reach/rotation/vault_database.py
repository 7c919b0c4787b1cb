"""Logins of PostgreSQL that Vault's database engine makes: leases of one role, or two static roles that take turns.

A lease: Vault makes a new user, and dropping the old one is the end of its lease. Static roles: the users stay and
Vault changes their passwords; since the old password ends at the moment at which the new one begins, two roles take
turns as two users do. Neither a revoked lease nor a replaced password comes back.

Source: Vault's HTTP API documentation, "Database secrets engine": generate credentials, rotate static role
credentials; "/sys/leases": read and revoke lease. PostgreSQL documentation, "pg_stat_activity": a session outlives its
user, and has no name then.
"""

from collections.abc import Sequence

from prodproof.facts import Reason, Unseen
from prodproof.reach.rotation.credential import Use
from prodproof.reach.rotation.material import LeasedForm, Login, LoginForm, Material
from prodproof.reach.rotation.postgres import OURS, Connection, PostgresUsers
from prodproof.reach.secret import Secret
from prodproof.reach.secrets._vault_client import Answer, VaultClient

_USER = "SELECT oid FROM pg_catalog.pg_roles WHERE rolname = %s"
_SESSIONS = """
SELECT pid::text || '.' || extract(epoch FROM backend_start)::text,
    coalesce(nullif(application_name, ''), 'a program without a name') || ' from ' ||
    coalesce(pg_catalog.host(client_addr), 'this machine')
FROM pg_catalog.pg_stat_activity WHERE application_name <> %(ours)s AND (usesysid = %(user)s
    OR (%(user)s IS NULL AND usesysid IS NOT NULL AND usename IS NULL AND datname = current_database()))
"""
_END = """
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE usesysid = %s AND (%s OR state = 'idle')
"""


class _OfVault(PostgresUsers):
    """What both have in common: what comes from Vault cannot be chosen, and does not come back.

    Args:
        client: a login of Vault that may read the roles' credentials.
        roles: as they are declared: `vault-db:MOUNT/ROLE`.
        admin: connection URL of who sees sessions of PostgreSQL and ends them.
        form: how a login stands in the secret.
        opens: where the application logs in, without the password, if the secret does not say it.
        owner: the role that cannot log in and owns what the logins make.
    """

    kind = "vault-database"
    can_restore = False

    def __init__(
        self,
        client: VaultClient,
        roles: Sequence[str],
        admin: Secret,
        form: LoginForm,
        opens: str | None = None,
        owner: str | None = None,
    ) -> None:
        super().__init__(admin, (), form, opens, owner)
        self._client = client
        self._roles = tuple(_place(role) for role in roles)

    def proposed(self, old: Material) -> Material | Unseen | None:
        return None

    def restore(self, material: Material) -> Unseen | None:
        return Unseen(Reason.NOT_CONFIGURED, "Vault does not bring back what it has revoked or replaced")

    def _kept(self, new: Material) -> Material | Unseen:
        """One that was made before, if it is good."""
        tried = self.attempt(new)
        if isinstance(tried, Unseen):
            return tried
        return new if tried.accepted else Unseen(Reason.INCOMPLETE, "what Vault made is not good any more")


class VaultLease(_OfVault):
    """Leases of one role. One that a crash made and lost ends with its time to live, known to nobody."""

    def __init__(
        self,
        client: VaultClient,
        roles: Sequence[str],
        admin: Secret,
        form: LeasedForm,
        opens: str | None = None,
        owner: str | None = None,
    ) -> None:
        super().__init__(client, roles, admin, form, opens, owner)
        self._leased = form
        self._oids: dict[str, int] = {}

    def problems(self, old: Material) -> Sequence[str] | Unseen:
        login, lease = self._form.read(old), self._leased.lease(old)
        if isinstance(login, Unseen):
            return login
        if isinstance(lease, Unseen):
            return lease
        (mount, role), made = self._roles[0], f"{self._roles[0][0]}creds/{self._roles[0][1]}/"
        known = self._client.post("sys/leases/lookup", "the lease of the present login", {"lease_id": lease})
        if isinstance(known, Unseen) and not _invalid(known):
            return known
        if isinstance(known, Unseen) or not str(known.data.get("id") or "").startswith(made):
            return [f"the present login is no lease of {mount}creds/{role} that Vault knows, so it cannot be revoked"]
        return []

    def create(self, old: Material, new: Material | None) -> Material | Unseen:
        if new is not None:
            return self._kept(new)
        mount, role = self._roles[0]
        made = self._client.get(f"{mount}creds/{role}", f"a new login of {mount}{role}")
        if isinstance(made, Unseen):
            return made
        login = _login(made)
        if isinstance(login, Unseen):
            return login
        return self._leased.with_lease(old, login, made.lease)

    def use(self, material: Material) -> Use | Unseen:
        rows = self._ask(material, lambda link: self._sessions(link, self.name(material)))
        if isinstance(rows, Unseen):
            return rows
        return Use(frozenset(row[0] for row in rows), who=frozenset(row[1] for row in rows))

    def retire(self, material: Material) -> Unseen | None:
        lease = self._leased.lease(material)
        if isinstance(lease, Unseen):
            return lease
        # Afterwards its sessions have no name any more, only its number.
        known = self._ask(material, lambda link: self._oid(link, self.name(material)))
        if isinstance(known, Unseen):
            return known
        done = self._client.post("sys/leases/revoke", "the old lease", {"lease_id": lease, "sync": True})
        if isinstance(done, Unseen) and not _invalid(done):
            return done
        # A lease that Vault does not know any more may have left its user behind.
        tried = self.attempt(material)
        if isinstance(tried, Unseen):
            return tried
        return Unseen(Reason.INCOMPLETE, "its lease is over, and it is still accepted") if tried.accepted else None

    def end_sessions(self, material: Material, *, busy: bool) -> int | Unseen:
        def ended(link: Connection) -> int:
            oid = self._oid(link, self.name(material))
            # Of a user that is gone and whose number nobody knows any more, others' sessions could be meant.
            rows = [] if oid is None else link.execute(_END.encode(), (oid, busy)).fetchall()
            return sum(bool(row[0]) for row in rows)

        return self._ask(material, ended)

    def _oid(self, link: Connection, user: str) -> int | None:
        row = link.execute(_USER.encode(), (user,)).fetchone()
        if row is not None:
            self._oids[user] = int(row[0])
        return self._oids.get(user)

    def _sessions(self, link: Connection, user: str) -> list[tuple[str, str]]:
        rows = link.execute(_SESSIONS.encode(), {"user": self._oid(link, user), "ours": OURS}).fetchall()
        return [(str(row[0]), str(row[1])) for row in rows]


class VaultStaticRoles(_OfVault):
    """Two static roles that take turns."""

    def problems(self, old: Material) -> Sequence[str] | Unseen:
        login, users = self._form.read(old), self._static()
        if isinstance(login, Unseen):
            return login
        if isinstance(users, Unseen):
            return users
        found = []
        if login.user not in users:
            found.append(f"the user in the secret is that of none of the static roles: {' and '.join(sorted(users))}")
        if len(users) != len(self._roles):
            found.append("both static roles have the same user: they cannot take turns")
        return found

    def create(self, old: Material, new: Material | None) -> Material | Unseen:
        if new is not None:
            return self._kept(new)
        users = self._static()
        if isinstance(users, Unseen):
            return users
        mount, role = next(place for user, place in users.items() if user != self.name(old))
        # Vault gives the password to whoever may read it; a new one is known to nobody else yet.
        turned = self._rotated(mount, role)
        if turned is not None:
            return turned
        made = self._client.get(f"{mount}static-creds/{role}", f"the login of {mount}{role}")
        login = made if isinstance(made, Unseen) else _login(made)
        return login if isinstance(login, Unseen) else self._form.with_login(old, login)

    def retire(self, material: Material) -> Unseen | None:
        users = self._static()
        if isinstance(users, Unseen):
            return users
        place = users.get(self.name(material))
        if place is None:
            return Unseen(Reason.NOT_CONFIGURED, "the user is that of no declared static role")
        return self._rotated(*place)

    def _static(self) -> dict[str, tuple[str, str]] | Unseen:
        """The users of the roles, with the role of each."""
        found: dict[str, tuple[str, str]] = {}
        for mount, role in self._roles:
            known = self._client.get(f"{mount}static-roles/{role}", f"the static role {mount}{role}")
            if isinstance(known, Unseen):
                return known
            found[str(known.data.get("username") or "")] = (mount, role)
        return found

    def _rotated(self, mount: str, role: str) -> Unseen | None:
        done = self._client.post(f"{mount}rotate-role/{role}", f"a new password of {mount}{role}", {})
        return done if isinstance(done, Unseen) else None


def _place(reference: str) -> tuple[str, str]:
    mount, _, role = reference.partition(":")[2].strip("/").rpartition("/")
    return f"{mount}/", role


def _login(answer: Answer) -> Login | Unseen:
    user, password = answer.data.get("username"), answer.data.get("password")
    if not isinstance(user, str) or not isinstance(password, str) or not user or not password:
        return Unseen(Reason.INCOMPLETE, "Vault answers with no username and password")
    return Login(user, password)


def _invalid(unseen: Unseen) -> bool:
    """Whether Vault knows of no such lease: it answers 400 then."""
    return unseen.why is Reason.NOT_CONFIGURED or "InvalidRequest" in unseen.detail
