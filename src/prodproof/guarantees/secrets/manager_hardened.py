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
from prodproof.facts.declared import Declared, ManagedService, SecretManager
from prodproof.facts.secret_managers import ManagerSetup, PolicyReach, Reach
from prodproof.facts.secrets import AtRest, Listener, Transport
from prodproof.guarantees.secrets._manager_policies import DECLARED, MANAGER, SETUP, SHOP, of_policies
from prodproof.guarantees.secrets._manager_policies import EXAMPLES as POLICY_EXAMPLES
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("secrets.manager-hardened", seeds="S-1 S-2", proof="inside", severity="high")
def judge(setup: ManagerSetup, declared: Declared) -> Verdict:
    """One declared manager."""
    services = tuple(_services(setup, declared))
    findings = [*_of_encryption(setup), *_of_root(setup), *of_policies(setup, services)]
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


_WORKER = ManagedService(name="worker", paths=("secret/worker/*",))
_AWS = replace(SETUP, kind="aws", address="eu-central-1", at_rest=AtRest(kind="kms"), listeners=None, root_tokens=None)
_AWS_MANAGER = SecretManager(
    name="aws",
    kind="aws",
    region="eu-central-1",
    services=(ManagedService(name="shop", policy="shop", paths=("shop/*",)),),
)
_AWS_DECLARED = replace(DECLARED, secret_managers=(_AWS_MANAGER,), all_secret_managers=(_AWS_MANAGER,))
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
    Example("each policy for its own paths", SETUP, holds, DECLARED, says="over 12 secrets"),
    Example(
        "plain HTTP",
        replace(SETUP, transport=Transport(encrypted=False, detail="plain HTTP")),
        broken,
        DECLARED,
        says="over plain HTTP",
    ),
    Example(
        "a certificate of another name",
        replace(SETUP, transport=Transport(encrypted=True, detail="Hostname mismatch")),
        broken,
        DECLARED,
        says="Hostname mismatch",
    ),
    Example(
        "a second listener without TLS",
        replace(SETUP, listeners=(Listener(address="10.0.0.5:8100", encrypted=False),)),
        broken,
        DECLARED,
        says="without TLS at 10.0.0.5:8100",
    ),
    Example(
        "one share",
        replace(SETUP, at_rest=AtRest(kind="shamir", threshold=1, storage="raft")),
        broken,
        DECLARED,
        says="one share",
    ),
    Example("sealed by a key service", replace(SETUP, at_rest=AtRest(kind="awskms", storage="raft")), holds, DECLARED),
    Example(
        "in memory, with three shares",
        replace(SETUP, at_rest=AtRest(kind="shamir", threshold=3, storage="inmem")),
        broken,
        DECLARED,
        says="development mode",
    ),
    Example(
        "the root tokens may not be counted",
        replace(SETUP, root_tokens=Unseen(Reason.DENIED, "the tokens: Vault refuses it")),
        unknown,
        DECLARED,
        reason=Reason.DENIED,
    ),
    Example(
        "in development mode",
        replace(SETUP, at_rest=AtRest(kind="shamir", threshold=1, storage="inmem")),
        broken,
        DECLARED,
        says="development mode",
    ),
    Example(
        "without encryption", replace(SETUP, at_rest=AtRest(kind="none")), broken, DECLARED, says="without encryption"
    ),
    Example(
        "sealed at the moment",
        replace(SETUP, at_rest=AtRest(kind="shamir", threshold=3, sealed=True)),
        unknown,
        DECLARED,
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "a root token",
        replace(SETUP, root_tokens=1),
        broken,
        DECLARED,
        says="1 root token may do everything, and never ends",
    ),
    Example(
        "root tokens",
        replace(SETUP, root_tokens=2),
        broken,
        DECLARED,
        says="2 root tokens may do everything, and never end",
    ),
    Example(
        "the policies may not be read",
        replace(SETUP, policies=Unseen(Reason.DENIED, "the policies: Vault refuses it")),
        unknown,
        DECLARED,
        reason=Reason.DENIED,
    ),
    Example(
        "the policies may not be read, and there is a root token",
        replace(SETUP, policies=Unseen(Reason.DENIED, "the policies: Vault refuses it"), root_tokens=1),
        broken,
        DECLARED,
    ),
    Example(
        "the listeners may not be read",
        replace(SETUP, listeners=Unseen(Reason.DENIED, "the listeners: Vault refuses it")),
        unknown,
        DECLARED,
        reason=Reason.DENIED,
    ),
    Example(
        "a part could not be listed",
        replace(SETUP, gaps=(Unseen(Reason.DENIED, "the list of pki/"),)),
        unknown,
        DECLARED,
        reason=Reason.DENIED,
    ),
    Example(
        "nobody is declared",
        replace(SETUP, policies=()),
        unknown,
        replace(DECLARED, all_secret_managers=(replace(MANAGER, services=()),)),
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "a service without its policy",
        SETUP,
        unknown,
        replace(
            DECLARED,
            all_secret_managers=(replace(MANAGER, services=(SHOP, _WORKER)),),
        ),
        says="the policy of worker",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "a declared policy that is not there",
        replace(SETUP, policies=()),
        unknown,
        DECLARED,
        says="there is no policy shop",
        reason=Reason.NOT_CONFIGURED,
    ),
    Example(
        "no handshake was had",
        replace(SETUP, transport=Unseen(Reason.TIMED_OUT, "vault.shop.example: no answer")),
        unknown,
        DECLARED,
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
        replace(DECLARED, all_secret_managers=(_CLUSTER, replace(_CLUSTER, kind="files", services=(SHOP,)))),
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
    Example(
        "another kind of manager at the same address",
        SETUP,
        holds,
        replace(DECLARED, all_secret_managers=(MANAGER, replace(MANAGER, kind="files", services=(_WORKER,)))),
    ),
    Example(
        "a manager without an address",
        replace(SETUP, address=""),
        holds,
        replace(DECLARED, all_secret_managers=(replace(MANAGER, url=None),)),
    ),
    *POLICY_EXAMPLES,
)
