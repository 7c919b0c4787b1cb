"""What policies of a manager of secrets reach, against what is declared for whoever has them."""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import Declared, Environment, ManagedService, SecretManager
from prodproof.facts.secret_managers import ManagerSetup, PolicyReach, Reach
from prodproof.facts.secrets import AtRest, Listener, Transport
from prodproof.verdicts import Example, Finding, broken, holds, unknown

SHOWN = 3


def of_policies(setup: ManagerSetup, services: tuple[ManagedService, ...]) -> Iterator[Finding]:
    """What policies, and logins with several, reach beyond what is declared for the services that have them."""
    for reach in setup.policies if isinstance(setup.policies, tuple) else ():
        whose = _of_login(reach, services)
        allowed = [path for service in whose for path in service.paths]
        beyond = [item for item in reach.reaches if not any(_covers(path, item) for path in allowed)]
        if not beyond:
            continue
        more = len(beyond) - SHOWN + reach.more
        places = ", ".join(_place(item) for item in beyond[:SHOWN]) + (f" and {more} more" if more > 0 else "")
        if whose:
            names = " and ".join(sorted({service.name for service in whose}))
            message = f"{reach.holder} reaches {places}, which is not declared for {names}"
        else:
            message = f"{reach.holder} reaches {places}, and no declared service has it"
        yield Finding("policy", message, key=reach.holder, mend="give each service a policy for its own paths alone")


def _of_login(reach: PolicyReach, services: tuple[ManagedService, ...]) -> tuple[ManagedService, ...]:
    """The services that have a policy; of a login that is called like one of them, that one alone."""
    whose = tuple(service for service in services if service.policy and service.policy in reach.policies)
    named = tuple(service for service in whose if service.name in reach.names)
    return named or whose


def _covers(path: str, item: Reach) -> bool:
    if path.endswith("*"):
        return item.name.startswith(path[:-1])
    return path == item.name and not item.future


def _place(item: Reach) -> str:
    where = f"whatever comes to lie in {item.name}" if item.future else item.name
    actions = item.actions[:SHOWN]
    more = ", ..." if len(item.actions) > SHOWN else ""
    condition = "; a condition decides" if item.conditional else ""
    return f"{where} ({', '.join(actions)}{more}{condition})"


SHOP = ManagedService(name="shop", policy="shop", paths=("secret/shop/*",))
MANAGER = SecretManager(name="vault", kind="vault", url="https://vault.shop.example", services=(SHOP,))
DECLARED = Declared(
    system="shop",
    environment=Environment(name="production"),
    secret_managers=(MANAGER,),
    all_secret_managers=(MANAGER,),
)
OWN = PolicyReach(
    holder="the policy shop", policies=("shop",), reaches=(Reach(name="secret/shop/database", actions=("read",)),)
)
SETUP = ManagerSetup(
    kind="vault",
    address="https://vault.shop.example",
    transport=Transport(encrypted=True, version="TLSv1.3", trusted=True),
    at_rest=AtRest(kind="shamir", threshold=3, storage="raft"),
    listeners=(Listener(address="10.0.0.5:8200", encrypted=True),),
    root_tokens=0,
    policies=(OWN,),
    stored=12,
)
_FOREIGN = Reach(name="secret/billing/database", actions=("read",))
_EVERYTHING = replace(OWN, reaches=(*OWN.reaches, _FOREIGN, Reach(name="secret/", actions=("read",), future=True)))
_WRITES_POLICIES = replace(OWN, reaches=(*OWN.reaches, Reach(name="sys/policies/acl", actions=("create", "update"))))
_TEMPLATED = PolicyReach(
    holder="the login approle/shop",
    policies=("own-paths", "default"),
    names=("shop", "shop"),
    reaches=OWN.reaches,
)
_BOTH = replace(
    MANAGER,
    services=(
        replace(SHOP, policy="own-paths"),
        ManagedService(name="billing", policy="own-paths", paths=("secret/billing/*",)),
    ),
)
_TWO = replace(DECLARED, secret_managers=(_BOTH,), all_secret_managers=(_BOTH,))
_STAGING = replace(
    MANAGER,
    name="staging",
    environment="staging",
    services=(ManagedService(name="billing", policy="billing", paths=("secret/billing/*",)),),
)
_EXACT = replace(MANAGER, services=(replace(SHOP, paths=("secret/shop/database",)),))
_EXACTLY = replace(DECLARED, secret_managers=(_EXACT,), all_secret_managers=(_EXACT,))
_BILLING = PolicyReach(holder="the policy billing", policies=("billing",), reaches=(_FOREIGN,))

EXAMPLES = (
    Example(
        "a policy with secret/*",
        replace(SETUP, policies=(_EVERYTHING,)),
        broken,
        DECLARED,
        says="the policy shop reaches secret/billing/database (read), whatever comes to lie in secret/ (read)",
    ),
    Example(
        "only what comes later",
        replace(SETUP, policies=(replace(OWN, reaches=_EVERYTHING.reaches[::2]),)),
        broken,
        DECLARED,
        says="whatever comes to lie in secret/",
    ),
    Example(
        "it may write policies",
        replace(SETUP, policies=(_WRITES_POLICIES,)),
        broken,
        DECLARED,
        says="sys/policies/acl (create, update), which is not declared for shop",
    ),
    Example("a path without wildcard", SETUP, holds, _EXACTLY),
    Example(
        "a path beside one without wildcard",
        replace(SETUP, policies=(replace(OWN, reaches=(Reach(name="secret/shop/other", actions=("read",)),)),)),
        broken,
        _EXACTLY,
        says="secret/shop/other",
    ),
    Example(
        "whatever comes, where one path is declared",
        replace(
            SETUP,
            policies=(replace(OWN, reaches=(Reach(name="secret/shop/database", actions=("read",), future=True),)),),
        ),
        broken,
        _EXACTLY,
        says="whatever comes to lie in",
    ),
    Example(
        "a folder whose name begins in the same way",
        replace(SETUP, policies=(replace(OWN, reaches=(Reach(name="secret/shopping/key", actions=("read",)),)),)),
        broken,
        DECLARED,
        says="secret/shopping/key",
    ),
    Example(
        "a policy of nobody, and a service without its policy",
        replace(SETUP, policies=(OWN, replace(_BILLING, policies=("",)))),
        broken,
        replace(
            DECLARED,
            all_secret_managers=(
                replace(MANAGER, services=(SHOP, ManagedService(name="billing", paths=("secret/billing/*",)))),
            ),
        ),
        says="no declared service has it",
    ),
    Example(
        "a policy of nobody",
        replace(SETUP, policies=(OWN, _BILLING)),
        broken,
        DECLARED,
        says="no declared service has it",
    ),
    Example(
        "a policy of staging, in the same store",
        replace(SETUP, policies=(OWN, _BILLING)),
        holds,
        replace(DECLARED, all_secret_managers=(MANAGER, _STAGING)),
    ),
    Example(
        "a policy of staging, in another store",
        replace(SETUP, policies=(OWN, _BILLING)),
        broken,
        replace(DECLARED, all_secret_managers=(MANAGER, replace(_STAGING, url="https://other.example"))),
    ),
    Example("a template that resolves to its own", replace(SETUP, policies=(_TEMPLATED,)), holds, _TWO),
    Example(
        "a template that resolves to another's",
        replace(SETUP, policies=(replace(_TEMPLATED, reaches=(_FOREIGN,)),)),
        broken,
        _TWO,
        says="the login approle/shop reaches secret/billing/database (read), which is not declared for shop",
    ),
    Example(
        "a template that nobody can resolve",
        replace(SETUP, policies=(replace(OWN, unresolved=("secret/{{identity.entity.metadata.team}}/*",)),)),
        unknown,
        DECLARED,
        says="identity.entity.metadata.team",
        reason=Reason.INCOMPLETE,
    ),
)
