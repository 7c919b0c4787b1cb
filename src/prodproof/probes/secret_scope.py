"""What each declared secret can do at the service that takes it; a login with it, and one act that must be refused."""

import os
from dataclasses import replace
from pathlib import Path

from prodproof.facts import Observation, Proof, Reason, Survey, Unseen
from prodproof.facts.declared import Declared, Permission, Secret, SecretManager
from prodproof.facts.secret_scope import SecretScope
from prodproof.probes.probe import probe
from prodproof.reach.secret import Secret as Value
from prodproof.reach.secret import resolve
from prodproof.reach.secrets.stores import Stores
from prodproof.reach.world import World

READ = ("postgres", "vault", "aws")
NONE_DECLARED = Unseen(Reason.NOT_DECLARED, "no secret is declared for this environment: [[secret]]")
NO_PURPOSE = Unseen(Reason.NOT_DECLARED, "what it is meant to be able to do is not declared: `may` of [[secret]]")
NOT_ALLOWED = Unseen(Reason.NOT_PERMITTED, 'logging in with it is not allowed: allow = ["login"] of [[secret]]')


@probe(SecretScope, per=Declared, proof=Proof.ACTIVE, time_limit=300, needs_trust=True)
def observe(about: Declared, world: World) -> Survey[SecretScope]:
    """One observation for each declared secret of the environment that is not meant to be public.

    A login happens only with secrets that allow it. That it works is the proof that the service is the team's.
    """
    secrets = [secret for secret in about.secrets if not secret.public]
    with Stores(about) as stores:
        found = tuple(
            Observation(secret.subject, _scope(secret, stores, world), world.now, world.vantage, Proof.ACTIVE)
            for secret in secrets
        )
    return Survey(SecretScope, found, () if about.secrets else (NONE_DECLARED,))


def _scope(secret: Secret, stores: Stores, world: World) -> SecretScope | Unseen:
    services = {power.service for power in secret.may}
    if not services:
        return NO_PURPOSE
    if len(services) > 1 or not services <= set(READ):
        names = " and ".join(sorted(services))
        return Unseen(Reason.INSUFFICIENT_PROOF, f"what it can do is not read from services of the kind {names}")
    if Permission.LOGIN not in secret.allow:
        return NOT_ALLOWED
    value = stores.read(secret)
    if isinstance(value, Unseen):
        return value
    (service,) = services
    if service == "postgres":
        from prodproof.reach.scopes.postgres import scope_of

        user = _user(secret, stores)
        return user if isinstance(user, Unseen) else scope_of(value, secret.opens, secret.may, user)
    if service == "aws":
        return _of_aws(secret, value, world)
    from prodproof.reach.scopes import vault

    manager = _manager(secret, world.declared, "vault")
    if manager is None:
        return Unseen(Reason.NOT_DECLARED, "the Vault that it opens is not declared: [[secret_manager]] with that url")
    store = stores.manager(manager)
    if isinstance(store, Unseen):
        return store
    listing = store.names()
    if listing.gaps:
        return Unseen(listing.gaps[0].why, f"what lies in {manager.name}: {listing.gaps[0].detail}")
    root = Path(world.declared.root or ".")
    ca = os.fspath(root / manager.ca) if manager.ca else None
    return vault.scope_of(value, manager.url or "", ca, listing.secrets, secret.may)


def _user(secret: Secret, stores: Stores) -> str | Unseen | None:
    """Who logs in with it, where that is kept beside it and changes with each rotation."""
    if secret.rotation is None or secret.rotation.user_ref is None:
        return None
    found = stores.read(replace(secret, ref=secret.rotation.user_ref))
    return found if isinstance(found, Unseen) else found.reveal()


def _of_aws(secret: Secret, value: Value, world: World) -> SecretScope | Unseen:
    from prodproof.reach.scopes import aws
    from prodproof.reach.secrets._aws_session import Aws

    manager = _manager(secret, world.declared, "aws")
    credentials = None
    if manager is not None and manager.credentials is not None:
        resolved = resolve(manager.credentials, world.declared.root)
        if isinstance(resolved, Unseen):
            return resolved
        credentials = resolved
    url = manager.url if manager is not None else None
    reader = Aws(manager.region if manager is not None else None, url, credentials)
    try:
        return aws.scope_of(value, reader, secret.may, url)
    finally:
        reader.close()


def _manager(secret: Secret, declared: Declared, kind: str) -> SecretManager | None:
    """The declared manager that a secret opens; the only one of that kind, where the secret does not say."""
    here = [item for item in declared.secret_managers if item.kind == kind]
    if secret.opens is not None:
        here = [item for item in here if (item.url or "").rstrip("/") == secret.opens.rstrip("/")]
    return here[0] if len(here) == 1 else None
