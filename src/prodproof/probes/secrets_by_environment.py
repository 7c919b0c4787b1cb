"""The secrets of all environments, by fingerprints under one key."""

from collections.abc import Sequence

from prodproof.facts import Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import Declared, DjangoApp, Environment, EnvironmentKind, Secret
from prodproof.facts.secret_use import EnvironmentSecrets, KnownValue, SecretsByEnvironment
from prodproof.facts.traced import Unsearched
from prodproof.probes._application import asked_settings
from prodproof.probes._effective_secrets import at_place, effective, tells_of_a_secret
from prodproof.probes.probe import probe
from prodproof.probes.secret_use import NO_KEY
from prodproof.reach.secrets.stores import MANAGED, Stores
from prodproof.reach.world import World

DYNAMIC = "vault-db"
"""Logins that are made anew for each reader: two environments cannot have the same one."""


@probe(SecretsByEnvironment, per=Declared, proof=Proof.INSIDE, time_limit=400, needs_trust=True)
def observe(about: Declared, world: World) -> Survey[SecretsByEnvironment]:
    """One observation of the whole system, whichever environment is verified."""
    subject = Subject("system", about.system)
    if not world.settings.fingerprint_key:
        return Survey(SecretsByEnvironment, (world.inside(subject, NO_KEY),))
    with Stores(about) as stores:
        look = _Look(world, stores)
        environments = about.environments or (about.environment,)
        found = SecretsByEnvironment(environments=tuple(look.environment(item) for item in environments))
    return Survey(SecretsByEnvironment, (world.inside(subject, found),))


class _Look:
    """One look at the stores and applications of every environment."""

    def __init__(self, world: World, stores: Stores) -> None:
        self.world, self.stores = world, stores
        self.key = world.settings.fingerprint_key

    def environment(self, environment: Environment) -> EnvironmentSecrets:
        declared = self.world.declared
        secrets = [item for item in declared.all_secrets if item.environment == environment.name]
        apps = [item for item in declared.all_django or declared.django if item.environment == environment.name]
        values: list[KnownValue] = []
        unread: list[Unsearched] = []
        public: set[str] = set()
        for secret in secrets:
            self._declared(secret, values, unread, public)
        for app in apps:
            self._effective(app, [item for item in secrets if item.public], values, unread, public)
        kept = {(item.name, item.fingerprint): item for item in values if item.fingerprint not in public}
        return EnvironmentSecrets(
            name=environment.name,
            production=environment.kind is EnvironmentKind.PRODUCTION,
            values=tuple(kept.values()),
            unread=tuple(unread),
        )

    def _declared(self, secret: Secret, values: list[KnownValue], unread: list[Unsearched], public: set[str]) -> None:
        if secret.kind in (DYNAMIC, "django"):
            return  # what `django:` names is asked of the application
        name = f"the secret {secret.name}"
        if secret.kind not in MANAGED and self._is_named_elsewhere(secret):
            detail = f"another environment names {secret.ref}, too, and this machine has one value of it"
            unread.append(Unsearched(path=name, why=Reason.INCOMPLETE, detail=detail))
            return
        found = self.stores.fingerprints(secret, self.key)
        if not isinstance(found, Unseen):
            public |= {part.fingerprint for part in found} if secret.public else set()
            values += [KnownValue(name=_part(name, part.component), fingerprint=part.fingerprint) for part in found]
        elif not secret.public and not self._is_none(secret, found):
            unread.append(Unsearched(path=name, why=found.why, detail=found.detail))

    def _is_named_elsewhere(self, secret: Secret) -> bool:
        others = (item for item in self.world.declared.all_secrets if item.environment != secret.environment)
        return any(item.ref == secret.ref for item in others)

    def _is_none(self, secret: Secret, found: Unseen) -> bool:
        """Whether a manager says that there is none, or that it is empty: then there is nothing to share."""
        if found.why is not Reason.NOT_CONFIGURED or secret.kind not in MANAGED:
            return False
        about = self.stores.describe(secret)
        return not isinstance(about, Unseen)

    def _effective(
        self,
        app: DjangoApp,
        meant: Sequence[Secret],
        values: list[KnownValue],
        unread: list[Unsearched],
        public: set[str],
    ) -> None:
        answer = asked_settings(self.world, app)
        if isinstance(answer, Unseen):
            unread.append(Unsearched(path="its application", why=answer.why, detail=answer.detail))
            return
        items = effective(answer)
        for secret in meant:
            for name, variable in ((secret.setting, False), (secret.variable, True)):
                public |= {item.shape.fingerprint for item in at_place(items, name or "", variable)}
        values += [
            KnownValue(name=item.place, fingerprint=item.shape.fingerprint)
            for item in items
            if tells_of_a_secret(item.name, item.shape.component)
        ]


def _part(name: str, component: str) -> str:
    return f"{name} ({component})" if component else name
