"""How each declared manager of secrets is set up, and what its policies reach."""

from prodproof.facts import Proof, Survey, Unseen
from prodproof.facts.declared import SecretManager
from prodproof.facts.secret_managers import ManagerSetup, PolicyReach
from prodproof.facts.secrets import ManagerPosture, SecretListing
from prodproof.probes._reached import of_aws, of_kubernetes, of_vault
from prodproof.probes.probe import probe
from prodproof.reach.secrets.store import SecretStore
from prodproof.reach.secrets.stores import Stores
from prodproof.reach.world import World

MAX_KEYS = 1000


@probe(ManagerSetup, per=SecretManager, proof=Proof.INSIDE, time_limit=180, needs_trust=True)
def observe(manager: SecretManager, world: World) -> Survey[ManagerSetup]:
    """One observation for each declared manager."""
    with Stores(world.declared) as stores:
        store = stores.manager(manager)
        seen = store if isinstance(store, Unseen) else _setup(manager, store, world)
    return Survey(ManagerSetup, (world.inside(manager.subject, seen),))


def _setup(manager: SecretManager, store: SecretStore, world: World) -> ManagerSetup | Unseen:
    posture = store.posture()
    if isinstance(posture, Unseen):
        return posture
    listing = store.names()
    return ManagerSetup(
        kind=posture.kind,
        address=address_of(manager),
        transport=posture.transport,
        at_rest=posture.at_rest,
        listeners=posture.listeners,
        root_tokens=posture.root_tokens,
        policies=_reaches(posture, listing, manager),
        stored=len(listing.secrets),
        keys=_keys(store, listing) if posture.kind == "aws" else (),
        gaps=listing.gaps,
    )


def address_of(manager: SecretManager) -> str:
    """By which two declared managers are known to be the same store."""
    return manager.url or manager.region or manager.credentials or ""


def _reaches(
    posture: ManagerPosture, listing: SecretListing, manager: SecretManager
) -> tuple[PolicyReach, ...] | Unseen:
    if isinstance(posture.policies, Unseen):
        return posture.policies
    if isinstance(posture.holders, Unseen):
        return posture.holders
    if posture.kind == "vault":
        return tuple(of_vault(posture.policies, posture.holders, listing.secrets))
    if posture.kind == "aws":
        return tuple(of_aws(posture.policies, posture.holders, listing.secrets, posture.identity))
    return tuple(of_kubernetes(posture.policies, posture.holders, listing.secrets, manager.services))


def _keys(store: SecretStore, listing: SecretListing) -> tuple[tuple[str, str], ...]:
    found = []
    for item in listing.secrets[:MAX_KEYS]:
        about = store.describe(f"{'aws-ssm' if ':ssm:' in item.path else 'aws-sm'}:{item.name}")
        if not isinstance(about, Unseen):
            found.append((item.name, about.key))
    return tuple(found)
