"""From how a secret is declared to the adapter that rotates it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from prodproof.facts import Reason, Unseen
from prodproof.facts import declared as given
from prodproof.facts.declared import Declared, RotationKind, SecretRotation
from prodproof.reach.http.client import HttpClient
from prodproof.reach.load import unowned
from prodproof.reach.rotation.credential import Credential
from prodproof.reach.rotation.material import AccessKeyForm, LeasedForm, LoginForm, Material
from prodproof.reach.rotation.pick_up import tell
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.stores import Stores
from prodproof.reach.secrets.writer import SecretWriter
from prodproof.reach.world import Settings


def credential_of(
    secret: given.Secret, declared: Declared, stores: Stores, settings: Settings, mark: str
) -> Credential | Unseen:
    """The adapter for a secret, logged in nowhere yet; or why there is none.

    Args:
        settings: how others are treated.
        mark: of the step, for programs that are run.
    """
    rotation = secret.rotation
    if rotation is None:
        return Unseen(Reason.NOT_CONFIGURED, f"how {secret.name} is rotated is not declared: [secret.rotation]")
    match rotation.kind:
        case RotationKind.POSTGRES:
            from prodproof.reach.rotation.postgres import PostgresUsers

            admin = _admin(secret, rotation, stores)
            if isinstance(admin, Unseen):
                return admin
            return PostgresUsers(admin, rotation.users, form_of(secret), secret.opens, rotation.owner_role)
        case RotationKind.REDIS:
            from prodproof.reach.rotation.redis import RedisUsers

            admin = _admin(secret, rotation, stores)
            return admin if isinstance(admin, Unseen) else RedisUsers(admin, rotation.users, form_of(secret))
        case RotationKind.AWS_ACCESS_KEY:
            return _access_keys(secret, rotation, declared, stores)
        case RotationKind.VAULT_DATABASE:
            return _of_vault(secret, rotation, stores)
        case RotationKind.COMMAND:
            from prodproof.reach.rotation.command import CommandCredential

            root = Path(declared.root or ".")
            return CommandCredential(rotation, secret.ref, root, mark, settings.fingerprint_key)
        case RotationKind.TLS:
            from prodproof.reach.rotation.tls_key import TlsKey

            if refused := asyncio.run(unowned(rotation.served_url or "", declared, settings)):
                return refused
            root = Path(declared.root or ".")
            client = HttpClient(settings, _hosts(declared))
            return TlsKey(rotation, secret.ref, root, mark, settings.fingerprint_key, client)
        case RotationKind.DJANGO_KEY:
            return _django_key(secret, rotation, declared, stores, settings, mark)
    assert_never(rotation.kind)


def references(secret: given.Secret) -> tuple[str, ...]:
    """Everything that is written when a secret is rotated."""
    return form_of(secret).references


def form_of(secret: given.Secret) -> LoginForm:
    """How the login stands in a secret."""
    rotation = secret.rotation
    if rotation is None:
        return LoginForm(secret.ref)
    if rotation.kind is RotationKind.AWS_ACCESS_KEY:
        return AccessKeyForm(secret.ref, rotation.user_ref)
    if rotation.kind is RotationKind.VAULT_DATABASE and len(rotation.roles) == 1:
        return LeasedForm(secret.ref, rotation.user_ref, rotation.lease_ref)
    return LoginForm(secret.ref, rotation.user_ref)


def current(secret: given.Secret, stores: Stores) -> Material | Unseen:
    """What the store holds now."""
    values: dict[str, Secret] = {}
    for reference in references(secret):
        found = stores.read(replace(secret, ref=reference))
        if isinstance(found, Unseen):
            return found
        values[reference] = found
    return Material(values)


def writer_of(secret: given.Secret, stores: Stores) -> SecretWriter | Unseen:
    """What writes to the store of a secret."""
    rotation = secret.rotation
    store = stores.of(secret, writer=rotation.writer if rotation else None)
    return store if isinstance(store, Unseen) else store.writer()


def _access_keys(
    secret: given.Secret, rotation: SecretRotation, declared: Declared, stores: Stores
) -> Credential | Unseen:
    from prodproof.reach.rotation.aws_key import AccessKeys
    from prodproof.reach.secrets._aws_session import Aws

    admin, form = _admin(secret, rotation, stores), form_of(secret)
    if isinstance(admin, Unseen):
        return admin
    assert isinstance(form, AccessKeyForm)
    # Where AWS is, is said of its secrets manager; without one, by this machine's environment.
    known = [item for item in declared.all_secret_managers if item.kind == "aws"]
    place = next((item for item in known if item.environment == secret.environment), None)
    region, url, ca = (place.region, place.url, place.ca) if place else (None, None, None)
    authority = str(Path(declared.root or ".") / ca) if ca else None
    return AccessKeys(lambda key: Aws(region, url, key, authority), admin, rotation.users[0], form)


def _of_vault(secret: given.Secret, rotation: SecretRotation, stores: Stores) -> Credential | Unseen:
    from prodproof.reach.rotation.vault_database import VaultLease, VaultStaticRoles
    from prodproof.reach.secrets.vault import VaultStore

    admin, form = _admin(secret, rotation, stores), form_of(secret)
    if isinstance(admin, Unseen):
        return admin
    roles = given.Secret(name=f"roles of {secret.name}", ref=rotation.roles[0], environment=secret.environment)
    vault = stores.of(roles, writer=rotation.writer)
    if isinstance(vault, Unseen):
        return vault
    assert isinstance(vault, VaultStore)
    if isinstance(form, LeasedForm):
        return VaultLease(vault.client, rotation.roles, admin, form, secret.opens, rotation.owner_role)
    return VaultStaticRoles(vault.client, rotation.roles, admin, form, secret.opens, rotation.owner_role)


def _django_key(
    secret: given.Secret,
    rotation: SecretRotation,
    declared: Declared,
    stores: Stores,
    settings: Settings,
    mark: str,
) -> Credential | Unseen:
    from prodproof.reach.rotation.django_key import DjangoKey

    if rotation.fallbacks_ref is None or rotation.signing_url is None:
        return Unseen(Reason.NOT_DECLARED, f"{secret.name} needs fallbacks_ref and signing_url in [secret.rotation]")
    if refused := asyncio.run(unowned(rotation.signing_url, declared, settings)):
        return refused
    writer = writer_of(secret, stores)
    if isinstance(writer, Unseen):
        return writer
    seconds = rotation.pick_up_within
    return DjangoKey(
        secret.ref,
        rotation.fallbacks_ref,
        rotation.signing_url,
        client=HttpClient(settings, _hosts(declared)),
        read=lambda reference: stores.read(replace(secret, ref=reference)),
        writer=writer,
        tell=lambda: tell(rotation, declared, settings, mark, seconds),
        seconds=seconds,
    )


def _hosts(declared: Declared) -> dict[str, frozenset[str]]:
    return {host.name.lower(): frozenset(host.addresses) for host in declared.all_hosts or declared.hosts}


def _admin(secret: given.Secret, rotation: SecretRotation, stores: Stores) -> Secret | Unseen:
    if rotation.admin is None:
        return Unseen(Reason.NOT_DECLARED, f"no admin is declared in [secret.rotation] of {secret.name}")
    # It may lie in another manager than the secret itself: the only one of its kind.
    found = stores.read(
        given.Secret(name=f"admin of {secret.name}", ref=rotation.admin, environment=secret.environment)
    )
    return Unseen(found.why, f"the admin of {secret.name}: {found.detail}") if isinstance(found, Unseen) else found
