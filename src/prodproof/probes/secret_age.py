"""How old each declared secret is, how long it holds, and what replaces it."""

import json
from dataclasses import replace
from datetime import datetime

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.declared import Declared, Secret
from prodproof.facts.secret_age import SecretAge
from prodproof.facts.secrets import SecretDescription
from prodproof.probes._dates_of_values import Dates, dates_of
from prodproof.probes.probe import probe
from prodproof.reach.secrets.stores import Stores
from prodproof.reach.world import World

NONE_DECLARED = Unseen(Reason.NOT_DECLARED, "no secret is declared for this environment: [[secret]]")
DATED = frozenset({"aws", "vault", "kubernetes"})
"""Stores that note themselves when a version was made."""

ENGINES = frozenset({"postgres", "mysql", "mariadb", "oracle", "sqlserver", "mongo", "redshift", "db2"})
"""Values of `engine` for which AWS publishes rotation functions (Secrets Manager user guide, "JSON structure of
secrets")."""


@probe(SecretAge, per=Declared, proof=Proof.INSIDE, time_limit=300, needs_trust=True)
def observe(about: Declared, world: World) -> Survey[SecretAge]:
    """One observation for each declared secret of the environment that is not meant to be public."""
    secrets = [secret for secret in about.secrets if not secret.public]
    with Stores(about) as stores:
        found = tuple(world.inside(secret.subject, _age(secret, stores)) for secret in secrets)
    return Survey(SecretAge, found, () if about.secrets else (NONE_DECLARED,))


def _age(secret: Secret, stores: Stores) -> SecretAge | Unseen:
    about = stores.describe(secret)
    if isinstance(about, Unseen):
        return about
    dates, known, unread = Dates(), False, None
    if about.found and secret.kind != "vault-db":  # a login that a database engine makes has no dates of its own
        value = stores.read(secret)
        if isinstance(value, Unseen):
            unread = value
        else:
            dates, known = dates_of(value), secret.kind == "aws-sm" and _has_engine(secret, stores)
    return SecretAge(
        reference=about.reference,
        store=about.store,
        found=about.found,
        detail=about.detail,
        created=dates.begins or (about.created if about.store in DATED else None),
        expires=min(filter(None, (dates.ends, about.expires)), default=None),
        form=dates.form,
        rotation=about.rotation,
        rotatable=_is_rotatable(about) or known,
        pending=_pending(about),
        unread=unread,
    )


def _has_engine(secret: Secret, stores: Stores) -> bool:
    # The declared part may be one field of the document that names the engine.
    value = stores.read(replace(secret, ref=secret.ref.partition("#")[0]))
    if isinstance(value, Unseen):
        return False
    try:
        document = json.loads(value.reveal())
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and str(document.get("engine")) in ENGINES


def _is_rotatable(about: SecretDescription) -> bool:
    rotation = about.rotation
    return rotation is not None and bool(rotation.enabled or rotation.by or rotation.schedule or rotation.last)


def _pending(about: SecretDescription) -> datetime | None:
    waiting = [item for item in about.versions if "AWSPENDING" in item.stages and "AWSCURRENT" not in item.stages]
    return waiting[0].created if waiting else None
