"""From what is declared to the store that can answer, each opened once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from prodproof.facts import Reason, Unseen
from prodproof.facts import declared as given
from prodproof.facts.declared import Declared
from prodproof.facts.django import DjangoSettings
from prodproof.facts.secrets import ComponentPrint, SecretDescription
from prodproof.reach.secret import Secret, resolve
from prodproof.reach.secrets.components import prints_of
from prodproof.reach.secrets.local import DOCKER, EnvironmentStore, FileStore
from prodproof.reach.secrets.store import Limits, SecretStore

MANAGED = {"aws-sm": "aws", "aws-ssm": "aws", "vault": "vault", "vault-db": "vault", "k8s": "kubernetes"}
"""The kind of manager that each kind of reference is asked of."""

UNTRUSTED = Unseen(Reason.NOT_PERMITTED, "secrets are not resolved without trust: prodproof trust, or verify --trust")


class Stores:
    """The stores of one declaration. Use it in a `with`: logins that were made for it end with it.

    Threads do not share one.
    """

    def __init__(
        self,
        declared: Declared,
        *,
        environment: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        django: DjangoSettings | Unseen | None = None,
        leases: bool = False,
    ) -> None:
        """
        Args:
            declared: the system; without trust nothing is opened.
            environment: environment variables; the process's own if None.
            django: the collector's answer, for `django:` references.
            leases: whether a dynamic database role may be read, which makes a login that ends with `close`.
        """
        self._declared = declared
        self._environment = environment
        self._limits = limits or Limits()
        self._django = django or Unseen(Reason.NOT_CONFIGURED, "the running application was not asked")
        self._leases = leases
        self._open: dict[tuple[str, str], SecretStore | Unseen] = {}

    def __enter__(self) -> "Stores":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give logins and connections back."""
        for store in self._open.values():
            if isinstance(store, SecretStore):
                store.close()
        self._open.clear()

    def of(self, secret: given.Secret, writer: str | None = None) -> SecretStore | Unseen:
        """The store that a secret's reference leads to.

        Args:
            writer: reference of the login with which it is opened, if not the manager's own.
        """
        if not self._declared.trusted:
            return UNTRUSTED
        kind = MANAGED.get(secret.kind)
        if kind is None:
            return self._once(("local", secret.kind), lambda: self._local(secret.kind))
        managers = [item for item in self._declared.all_secret_managers if item.environment == secret.environment]
        named = [item for item in managers if item.kind == kind and secret.manager in (None, item.name)]
        if len(named) > 1:
            return Unseen(Reason.NOT_DECLARED, f"the secret {secret.name} could lie in several managers: say manager")
        if named and writer is not None:
            return self.manager(replace(named[0], name=f"{named[0].name}, to write", credentials=writer))
        if named:
            return self.manager(named[0])
        if kind == "vault":
            return Unseen(Reason.NOT_DECLARED, "no [[secret_manager]] of the kind vault is declared")
        default = given.SecretManager(name=f"(default {kind})", kind=kind, environment=secret.environment)
        return self.manager(default)

    def manager(self, manager: given.SecretManager) -> SecretStore | Unseen:
        """The store that is a declared manager."""
        if not self._declared.trusted:
            return UNTRUSTED
        return self._once((manager.environment, manager.name), lambda: self._managed(manager))

    def read(self, secret: given.Secret) -> Secret | Unseen:
        """The current value of a declared secret."""
        store = self.of(secret)
        return store if isinstance(store, Unseen) else store.read(secret.ref)

    def describe(self, secret: given.Secret) -> SecretDescription | Unseen:
        """What its store says of a declared secret."""
        store = self.of(secret)
        return store if isinstance(store, Unseen) else store.describe(secret.ref)

    def fingerprints(self, secret: given.Secret, key: bytes) -> tuple[ComponentPrint, ...] | Unseen:
        """The parts of a declared secret by their fingerprints under the system's key."""
        store = self.of(secret)
        return store if isinstance(store, Unseen) else store.fingerprints(secret.ref, key)

    def earlier(self, secret: given.Secret, key: bytes) -> tuple[ComponentPrint, ...]:
        """The parts of the versions before a declared secret's current one, as far as its store still has them."""
        store = self.of(secret)
        values = () if isinstance(store, Unseen) else store.earlier(secret.ref)
        return tuple(part for value in values for part in prints_of(value, key))

    def _once(self, key: tuple[str, str], made: Callable[[], SecretStore | Unseen]) -> SecretStore | Unseen:
        if key not in self._open:
            self._open[key] = made()
        return self._open[key]

    def _local(self, scheme: str) -> SecretStore | Unseen:
        if scheme == "env":
            return EnvironmentStore(self._environment)
        if scheme == "file":
            return FileStore(Path(self._declared.root or "."))
        if scheme == "docker":
            return FileStore(DOCKER, "docker")
        if scheme == "django":
            from prodproof.reach.secrets.django import DjangoStore

            return DjangoStore(self._django)
        return Unseen(Reason.NOT_CONFIGURED, f"references of the kind {scheme}: are not known")

    def _managed(self, manager: given.SecretManager) -> SecretStore | Unseen:
        if manager.kind == "files":
            return FileStore(self._path(manager.path or "."))
        if manager.kind == "kubernetes":
            return self._kubernetes(manager)
        credentials = None
        if manager.credentials is not None:
            resolved = resolve(manager.credentials, self._declared.root, self._environment)
            if isinstance(resolved, Unseen):
                return Unseen(resolved.why, f"the credentials of {manager.name}: {resolved.detail}")
            credentials = resolved
        ca = str(self._path(manager.ca)) if manager.ca else None
        if manager.kind == "vault":
            from prodproof.reach.secrets.vault import VaultStore

            return VaultStore(manager.url or "", credentials, ca, self._limits, self._leases)
        from prodproof.reach.secrets.aws import AwsStore

        roles = tuple(service.policy for service in manager.services if service.policy)
        return AwsStore(manager.region, manager.url, credentials, ca, self._limits, roles, manager.trail)

    def _kubernetes(self, manager: given.SecretManager) -> SecretStore | Unseen:
        from prodproof.reach.secrets.kubernetes import KubernetesStore

        configuration = None
        if manager.credentials is not None:
            scheme, _, name = manager.credentials.partition(":")
            if scheme != "file":
                return Unseen(
                    Reason.NOT_CONFIGURED, f"the credentials of {manager.name} must be a kubeconfig: file:PATH"
                )
            configuration = self._path(name)
        return KubernetesStore(configuration, self._limits, self._environment)

    def _path(self, path: str) -> Path:
        return Path(self._declared.root or ".") / path
