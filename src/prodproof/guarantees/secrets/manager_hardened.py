"""The manager encrypts at rest and in transit, and what each policy can reach is just its service's declared
secrets.

Risk: One policy that reads everything makes the vault a single file with all your passwords.
Verified: One TLS handshake with each [[secret_manager]], its certificate checked; Vault's listeners, which must all
speak TLS. At rest: Vault's seal (a key service, or at least two shares) and its storage, which must not be that of
development mode; the key of each AWS secret and parameter. Live root tokens of Vault are counted. The policies are
evaluated as the manager evaluates them, over every stored path, over a made-up path in each engine, and over the paths
of the manager itself (policies, logins, audit devices, raw storage): what each policy, and each login with several,
reaches must be declared under [[secret_manager.service]]. Templates are filled with the login's identity. Of AWS and
Kubernetes the declared roles and service accounts count; a condition of IAM is taken to let through. Kubernetes does
not say how it encrypts at rest: unknown. Vault is a simulator in our own proof, AWS is moto.
Mend: Give each service a policy for its own paths, serve the manager over TLS only, and keep its seal key in a
KMS.
"""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Declared, Environment, ManagedService, SecretManager
from prodproof.facts.secret_managers import ManagerSetup, PolicyReach, Reach
from prodproof.facts.secrets import AtRest, Listener, Transport
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

SHOWN = 3


@guarantee("secrets.manager-hardened", seeds="S-1 S-2", proof="inside", severity="high")
def judge(setup: ManagerSetup, declared: Declared) -> Verdict:
    """One declared manager."""
    services = tuple(_services(setup, declared))
    findings = [*_of_encryption(setup), *_of_root(setup), *_of_policies(setup, services)]
    if findings:
        return broken(*findings)
    for part in (setup.transport, setup.at_rest, setup.listeners, setup.root_tokens, setup.policies, *setup.gaps):
        if isinstance(part, Unseen):
            return unknown(part.why, part.detail)
    assert not isinstance(setup.policies, Unseen) and not isinstance(setup.at_rest, Unseen)
    if setup.at_rest.sealed:
        return unknown(Reason.UNREACHABLE, "it is sealed: nothing could be asked")
    if not services:
        return unknown(Reason.NOT_DECLARED, "who reads there is not declared: [[secret_manager.service]]")
    known = {name for reach in setup.policies for name in reach.policies}
    for service in services:
        if not service.policy:
            return unknown(Reason.NOT_DECLARED, f"the policy of {service.name} is not declared")
        if service.policy not in known:
            return unknown(
                Reason.NOT_CONFIGURED, f"there is no policy {service.policy}, which {service.name} is to have"
            )
    for reach in setup.policies:
        if reach.unresolved:
            return unknown(Reason.INCOMPLETE, f"{reach.holder}: cannot be evaluated ({reach.unresolved[0]})")
    return holds(
        f"{len(setup.policies)} policies evaluated over {setup.stored} secrets; seal or key: {setup.at_rest.kind}"
    )


def _services(setup: ManagerSetup, declared: Declared) -> Iterator[ManagedService]:
    """Those of every declared manager that is this store: staging may declare its own part of it."""
    for manager in declared.all_secret_managers:
        address = manager.url or manager.region or manager.credentials or ""
        if manager.kind == setup.kind and address == setup.address:
            yield from manager.services


def _of_encryption(setup: ManagerSetup) -> Iterator[Finding]:
    transport, at_rest, listeners = setup.transport, setup.at_rest, setup.listeners
    if isinstance(transport, Transport) and not transport.encrypted:
        yield Finding(
            "plain-http", "is talked to over plain HTTP: every secret can be read on the way", key="transport"
        )
    elif isinstance(transport, Transport) and not transport.trusted:
        yield Finding("certificate", f"its certificate is not valid for its name: {transport.detail}", key="transport")
    for listener in listeners if isinstance(listeners, tuple) else ():
        if not listener.encrypted:
            message = f"takes requests without TLS at {listener.address}"
            yield Finding("plain-listener", message, key=listener.address, mend="remove the listener with tls_disable")
    if isinstance(at_rest, AtRest):
        if at_rest.storage == "inmem":
            yield Finding("development-mode", "runs in development mode: nothing is stored or sealed", key="storage")
        elif at_rest.threshold == 1:
            yield Finding("seal", "one share of the unseal key opens it, as in development mode", key="seal")
        elif at_rest.kind == "none":
            yield Finding("at-rest", "stores secrets without encryption", key="at-rest")
    for name, key in setup.keys:
        if not key:
            yield Finding("no-key", f"{name} is not encrypted with a key", key=name, mend="make it a SecureString")


def _of_root(setup: ManagerSetup) -> Iterator[Finding]:
    count = setup.root_tokens
    if isinstance(count, int) and count:
        yield Finding(
            "root-token",
            f"{count} root token{'s' if count > 1 else ''} may do everything, and never end{'' if count > 1 else 's'}",
            key="root",
            mend="revoke them; make one with the shares of the key when it is needed, and revoke it afterwards",
        )


def _of_policies(setup: ManagerSetup, services: tuple[ManagedService, ...]) -> Iterator[Finding]:
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


_SHOP = ManagedService(name="shop", policy="shop", paths=("secret/shop/*",))
_MANAGER = SecretManager(name="vault", kind="vault", url="https://vault.shop.example", services=(_SHOP,))
_DECLARED = Declared(
    system="shop",
    environment=Environment(name="production"),
    secret_managers=(_MANAGER,),
    all_secret_managers=(_MANAGER,),
)
_OWN = PolicyReach(
    holder="the policy shop", policies=("shop",), reaches=(Reach(name="secret/shop/database", actions=("read",)),)
)
_SETUP = ManagerSetup(
    kind="vault",
    address="https://vault.shop.example",
    transport=Transport(encrypted=True, version="TLSv1.3", trusted=True),
    at_rest=AtRest(kind="shamir", threshold=3, storage="raft"),
    listeners=(Listener(address="10.0.0.5:8200", encrypted=True),),
    root_tokens=0,
    policies=(_OWN,),
    stored=12,
)
_FOREIGN = Reach(name="secret/billing/database", actions=("read",))
_EVERYTHING = replace(_OWN, reaches=(*_OWN.reaches, _FOREIGN, Reach(name="secret/", actions=("read",), future=True)))
_WRITES_POLICIES = replace(_OWN, reaches=(*_OWN.reaches, Reach(name="sys/policies/acl", actions=("create", "update"))))
_TEMPLATED = PolicyReach(
    holder="the login approle/shop",
    policies=("own-paths", "default"),
    names=("shop", "shop"),
    reaches=_OWN.reaches,
)
_BOTH = replace(
    _MANAGER,
    services=(
        replace(_SHOP, policy="own-paths"),
        ManagedService(name="billing", policy="own-paths", paths=("secret/billing/*",)),
    ),
)
_TWO = replace(_DECLARED, secret_managers=(_BOTH,), all_secret_managers=(_BOTH,))
_STAGING = replace(
    _MANAGER,
    name="staging",
    environment="staging",
    services=(ManagedService(name="billing", policy="billing", paths=("secret/billing/*",)),),
)
_EXACT = replace(_MANAGER, services=(replace(_SHOP, paths=("secret/shop/database",)),))
_EXACTLY = replace(_DECLARED, secret_managers=(_EXACT,), all_secret_managers=(_EXACT,))
_BILLING = PolicyReach(holder="the policy billing", policies=("billing",), reaches=(_FOREIGN,))
_AWS = replace(_SETUP, kind="aws", address="eu-central-1", at_rest=AtRest(kind="kms"), listeners=None, root_tokens=None)
_AWS_MANAGER = SecretManager(
    name="aws",
    kind="aws",
    region="eu-central-1",
    services=(ManagedService(name="shop", policy="shop", paths=("shop/*",)),),
)
_AWS_DECLARED = replace(_DECLARED, secret_managers=(_AWS_MANAGER,), all_secret_managers=(_AWS_MANAGER,))
_ROLE = PolicyReach(
    holder="the role shop",
    policies=("shop",),
    reaches=(Reach(name="shop/database", actions=("secretsmanager:GetSecretValue",)),),
)
_CLUSTER = SecretManager(
    name="cluster",
    kind="kubernetes",
    credentials="file:kubeconfig",
    services=(ManagedService(name="web", policy="shop/web", paths=("shop/database",)),),
)
_CONDITIONAL = Reach(name="billing/key", actions=("secretsmanager:GetSecretValue",), conditional=True)

EXAMPLES = (
    Example("each policy for its own paths", _SETUP, holds, _DECLARED, says="over 12 secrets"),
    Example(
        "a policy with secret/*",
        replace(_SETUP, policies=(_EVERYTHING,)),
        broken,
        _DECLARED,
        says="the policy shop reaches secret/billing/database (read), whatever comes to lie in secret/ (read)",
    ),
    Example(
        "only what comes later",
        replace(_SETUP, policies=(replace(_OWN, reaches=_EVERYTHING.reaches[::2]),)),
        broken,
        _DECLARED,
        says="whatever comes to lie in secret/",
    ),
    Example(
        "it may write policies",
        replace(_SETUP, policies=(_WRITES_POLICIES,)),
        broken,
        _DECLARED,
        says="sys/policies/acl (create, update), which is not declared for shop",
    ),
    Example("a path without wildcard", _SETUP, holds, _EXACTLY),
    Example(
        "a path beside one without wildcard",
        replace(_SETUP, policies=(replace(_OWN, reaches=(Reach(name="secret/shop/other", actions=("read",)),)),)),
        broken,
        _EXACTLY,
        says="secret/shop/other",
    ),
    Example(
        "whatever comes, where one path is declared",
        replace(
            _SETUP,
            policies=(replace(_OWN, reaches=(Reach(name="secret/shop/database", actions=("read",), future=True),)),),
        ),
        broken,
        _EXACTLY,
        says="whatever comes to lie in",
    ),
    Example(
        "a folder whose name begins in the same way",
        replace(_SETUP, policies=(replace(_OWN, reaches=(Reach(name="secret/shopping/key", actions=("read",)),)),)),
        broken,
        _DECLARED,
        says="secret/shopping/key",
    ),
    Example(
        "a policy of nobody, and a service without its policy",
        replace(_SETUP, policies=(_OWN, replace(_BILLING, policies=("",)))),
        broken,
        replace(
            _DECLARED,
            all_secret_managers=(
                replace(_MANAGER, services=(_SHOP, ManagedService(name="billing", paths=("secret/billing/*",)))),
            ),
        ),
        says="no declared service has it",
    ),
    Example(
        "a policy of nobody",
        replace(_SETUP, policies=(_OWN, _BILLING)),
        broken,
        _DECLARED,
        says="no declared service has it",
    ),
    Example(
        "a policy of staging, in the same store",
        replace(_SETUP, policies=(_OWN, _BILLING)),
        holds,
        replace(_DECLARED, all_secret_managers=(_MANAGER, _STAGING)),
    ),
    Example(
        "a policy of staging, in another store",
        replace(_SETUP, policies=(_OWN, _BILLING)),
        broken,
        replace(_DECLARED, all_secret_managers=(_MANAGER, replace(_STAGING, url="https://other.example"))),
    ),
    Example("a template that resolves to its own", replace(_SETUP, policies=(_TEMPLATED,)), holds, _TWO),
    Example(
        "a template that resolves to another's",
        replace(_SETUP, policies=(replace(_TEMPLATED, reaches=(_FOREIGN,)),)),
        broken,
        _TWO,
        says="the login approle/shop reaches secret/billing/database (read), which is not declared for shop",
    ),
    Example(
        "a template that nobody can resolve",
        replace(_SETUP, policies=(replace(_OWN, unresolved=("secret/{{identity.entity.metadata.team}}/*",)),)),
        unknown,
        _DECLARED,
        says="identity.entity.metadata.team",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "plain HTTP",
        replace(_SETUP, transport=Transport(encrypted=False, detail="plain HTTP")),
        broken,
        _DECLARED,
        says="over plain HTTP",
    ),
    Example(
        "a certificate of another name",
        replace(_SETUP, transport=Transport(encrypted=True, detail="Hostname mismatch")),
        broken,
        _DECLARED,
        says="Hostname mismatch",
    ),
    Example(
        "a second listener without TLS",
        replace(_SETUP, listeners=(Listener(address="10.0.0.5:8100", encrypted=False),)),
        broken,
        _DECLARED,
        says="without TLS at 10.0.0.5:8100",
    ),
    Example(
        "one share",
        replace(_SETUP, at_rest=AtRest(kind="shamir", threshold=1, storage="raft")),
        broken,
        _DECLARED,
        says="one share",
    ),
    Example(
        "sealed by a key service", replace(_SETUP, at_rest=AtRest(kind="awskms", storage="raft")), holds, _DECLARED
    ),
    Example(
        "in memory, with three shares",
        replace(_SETUP, at_rest=AtRest(kind="shamir", threshold=3, storage="inmem")),
        broken,
        _DECLARED,
        says="development mode",
    ),
    Example(
        "the root tokens may not be counted",
        replace(_SETUP, root_tokens=Unseen(Reason.DENIED, "the tokens: Vault refuses it")),
        unknown,
        _DECLARED,
        reason=Reason.DENIED,
    ),
    Example(
        "in development mode",
        replace(_SETUP, at_rest=AtRest(kind="shamir", threshold=1, storage="inmem")),
        broken,
        _DECLARED,
        says="development mode",
    ),
    Example(
        "without encryption", replace(_SETUP, at_rest=AtRest(kind="none")), broken, _DECLARED, says="without encryption"
    ),
    Example(
        "sealed at the moment",
        replace(_SETUP, at_rest=AtRest(kind="shamir", threshold=3, sealed=True)),
        unknown,
        _DECLARED,
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "a root token",
        replace(_SETUP, root_tokens=1),
        broken,
        _DECLARED,
        says="1 root token may do everything, and never ends",
    ),
    Example(
        "root tokens",
        replace(_SETUP, root_tokens=2),
        broken,
        _DECLARED,
        says="2 root tokens may do everything, and never end",
    ),
    Example(
        "the policies may not be read",
        replace(_SETUP, policies=Unseen(Reason.DENIED, "the policies: Vault refuses it")),
        unknown,
        _DECLARED,
        reason=Reason.DENIED,
    ),
    Example(
        "the policies may not be read, and there is a root token",
        replace(_SETUP, policies=Unseen(Reason.DENIED, "the policies: Vault refuses it"), root_tokens=1),
        broken,
        _DECLARED,
    ),
    Example(
        "the listeners may not be read",
        replace(_SETUP, listeners=Unseen(Reason.DENIED, "the listeners: Vault refuses it")),
        unknown,
        _DECLARED,
        reason=Reason.DENIED,
    ),
    Example(
        "a part could not be listed",
        replace(_SETUP, gaps=(Unseen(Reason.DENIED, "the list of pki/"),)),
        unknown,
        _DECLARED,
        reason=Reason.DENIED,
    ),
    Example(
        "nobody is declared",
        replace(_SETUP, policies=()),
        unknown,
        replace(_DECLARED, all_secret_managers=(replace(_MANAGER, services=()),)),
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "a service without its policy",
        _SETUP,
        unknown,
        replace(
            _DECLARED,
            all_secret_managers=(
                replace(_MANAGER, services=(_SHOP, ManagedService(name="worker", paths=("secret/worker/*",)))),
            ),
        ),
        says="the policy of worker",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "a declared policy that is not there",
        replace(_SETUP, policies=()),
        unknown,
        _DECLARED,
        says="there is no policy shop",
        reason=Reason.NOT_CONFIGURED,
    ),
    Example(
        "no handshake was had",
        replace(_SETUP, transport=Unseen(Reason.TIMED_OUT, "vault.shop.example: no answer")),
        unknown,
        _DECLARED,
        reason=Reason.TIMED_OUT,
    ),
    Example(
        "a service account of Kubernetes, whose cluster does not say how it stores",
        replace(
            _AWS,
            kind="kubernetes",
            address="file:kubeconfig",
            at_rest=Unseen(Reason.NOT_VERIFIABLE_YET, "the API does not say"),
            policies=(
                PolicyReach(
                    holder="the service account shop/web",
                    policies=("shop/web",),
                    reaches=(Reach(name="shop/database", actions=("get",)),),
                ),
            ),
        ),
        unknown,
        replace(_DECLARED, all_secret_managers=(_CLUSTER, replace(_CLUSTER, kind="files", services=(_SHOP,)))),
        says="the API does not say",
        reason=Reason.NOT_VERIFIABLE_YET,
    ),
    Example(
        "a role of AWS",
        replace(_AWS, policies=(_ROLE,), keys=(("shop/database", "alias/aws/secretsmanager"),)),
        holds,
        _AWS_DECLARED,
    ),
    Example(
        "a condition decides",
        replace(_AWS, policies=(replace(_ROLE, reaches=(_CONDITIONAL,)),)),
        broken,
        _AWS_DECLARED,
        says="billing/key (secretsmanager:GetSecretValue; a condition decides)",
    ),
    Example(
        "a parameter in clear",
        replace(_AWS, policies=(_ROLE,), keys=(("/shop/url", ""),)),
        broken,
        _AWS_DECLARED,
        says="/shop/url is not encrypted",
    ),
)
