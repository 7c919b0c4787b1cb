"""What roles of Kubernetes allow, and whom bindings give them to."""

from dataclasses import replace
from typing import Any

from prodproof.facts import Location
from prodproof.facts.kubernetes import ClusterAccessBinding, ClusterAccessRole, PolicyRule
from prodproof.verdicts import Example, Finding, Verdict, broken, holds

_RBAC = "rbac.authorization.k8s.io"
_STRANGERS = {"Group:system:anonymous", "User:system:anonymous", "Group:system:unauthenticated"}


def role(role: ClusterAccessRole) -> Verdict:
    """No wildcards, and no right to become more than one is."""
    findings = []
    for rule in role.rules:
        core = bool({"", "*"} & set(rule.groups))
        if "*" in rule.verbs and "*" in rule.resources and core:
            findings.append(_of_role(role, "wildcard-role", "may do everything with everything"))
        elif "*" in rule.resources and core and not rule.names:
            findings.append(
                _of_role(role, "wildcard-resources", f"may {', '.join(rule.verbs)} every resource, Secrets too")
            )
        elif ({"escalate", "impersonate", "bind"} & set(rule.verbs) or _all_of_roles(rule)) and not rule.names:
            findings.append(_of_role(role, "may-escalate-rights", "may grant itself or take on further rights"))
        elif role.bound_everywhere and "secrets" in rule.resources and core and not rule.names:
            findings.append(_of_role(role, "all-secrets", "reaches the Secrets of all namespaces"))
    return (
        broken(*{item.rule: item for item in findings}.values())
        if findings
        else holds("no wildcard over the core resources, and no right to take on more")
    )


def _all_of_roles(rule: PolicyRule) -> bool:
    # `*` holds the verbs escalate and bind, which are what keeps a role from granting itself everything.
    roles = {"*", "roles", "clusterroles"} & set(rule.resources)
    return "*" in rule.verbs and bool(roles) and bool({_RBAC, "*"} & set(rule.groups))


def _of_role(role: ClusterAccessRole, rule: str, text: str) -> Finding:
    return Finding(
        rule, f"{role.kind} {role.name} {text}", role.location, f"{role.kind}/{role.namespace or ''}/{role.name}"
    )


def binding(binding: ClusterAccessBinding) -> Verdict:
    """Nobody is made cluster-admin, and strangers get nothing."""
    who = ", ".join(binding.subjects) or "nobody"
    key = f"{binding.kind}/{binding.namespace or ''}/{binding.name}"
    if (
        binding.role == "cluster-admin"
        and binding.role_kind == "ClusterRole"
        and set(binding.subjects) != {"Group:system:masters"}
    ):
        where = "of the cluster" if binding.kind == "ClusterRoleBinding" else "of its namespace"
        message = f"{binding.kind} {binding.name} makes {who} administrator {where} (cluster-admin)"
        return broken(Finding("cluster-admin", message, binding.location, key))
    if set(binding.subjects) & _STRANGERS and binding.role != "system:public-info-viewer":
        message = f"{binding.kind} {binding.name} gives {binding.role} to callers without an identity"
        return broken(Finding("anonymous-access", message, binding.location, key))
    return holds(f"{binding.role} to {who}")


_AT = Location("k8s/web.yaml", 1)
_READER = PolicyRule(groups=("",), resources=("configmaps",), verbs=("get",))
_ROLE = ClusterAccessRole(kind="Role", name="web", namespace="shop", rules=(_READER,), location=_AT)
_BINDING = ClusterAccessBinding(
    kind="RoleBinding", name="web", namespace="shop", role="web", role_kind="Role",
    subjects=("ServiceAccount:shop/web",), location=_AT,
)  # fmt: skip


def _may(**changes: Any) -> ClusterAccessRole:
    return replace(_ROLE, rules=(replace(_READER, **changes),))


EXAMPLES = (
    Example("a role for one resource", _ROLE, holds),
    Example(
        "everything with everything",
        replace(_ROLE, rules=(PolicyRule(groups=("*",), resources=("*",), verbs=("*",)),)),
        broken,
    ),
    Example(
        "every verb on roles holds escalate and bind",
        replace(_ROLE, rules=(PolicyRule(groups=(_RBAC,), resources=("clusterroles",), verbs=("*",)),)),
        broken,
        says="further rights",
    ),
    Example(
        "every verb in a group of its own",
        replace(_ROLE, rules=(PolicyRule(groups=("metrics.k8s.io",), resources=("*",), verbs=("*",)),)),
        holds,
    ),
    Example("a role in its namespace", _BINDING, holds),
    Example(
        "cluster-admin",
        replace(_BINDING, kind="ClusterRoleBinding", role="cluster-admin", role_kind="ClusterRole"),
        broken,
        says="cluster-admin",
    ),
    Example("every resource, read", _may(resources=("*",)), broken, says="every resource"),
    Example("every resource by name", _may(resources=("*",), names=("web",)), holds),
    Example("every verb on one resource", _may(verbs=("*",)), holds),
    Example(
        "every verb on every resource, by name",
        _may(verbs=("*",), resources=("*",), names=("web",)),
        broken,
        says="everything with everything",
    ),
    Example("every verb on roles of no group of theirs", _may(verbs=("*",), resources=("roles",)), holds),
    Example(
        "every verb on bindings",
        _may(groups=("rbac.authorization.k8s.io",), verbs=("*",), resources=("rolebindings",)),
        holds,
    ),
    Example(
        "every verb on roles",
        _may(groups=("rbac.authorization.k8s.io",), verbs=("*",), resources=("roles",)),
        broken,
        says="further rights",
    ),
    Example(
        "every verb on one role",
        _may(groups=("rbac.authorization.k8s.io",), verbs=("*",), resources=("roles",), names=("web",)),
        holds,
    ),
    Example("reads roles", _may(groups=("rbac.authorization.k8s.io",), resources=("roles",)), holds),
    *(
        Example(f"may {verb}", _may(verbs=(verb,)), broken, says="further rights")
        for verb in ("escalate", "impersonate", "bind")
    ),
    Example(
        "the secrets of all namespaces",
        replace(_may(resources=("secrets",)), bound_everywhere=True),
        broken,
        says="Secrets of all namespaces",
    ),
    Example(
        "one secret of all namespaces",
        replace(_may(resources=("secrets",), names=("tls",)), bound_everywhere=True),
        holds,
    ),
    Example("the secrets of its namespace", _may(resources=("secrets",)), holds),
    Example("something else in all namespaces", replace(_ROLE, bound_everywhere=True), holds),
    Example(
        "what another group calls secrets",
        replace(_may(resources=("secrets",), groups=("acme.io",)), bound_everywhere=True),
        holds,
    ),
    Example(
        "cluster-admin to the cluster's masters",
        replace(_BINDING, role="cluster-admin", role_kind="ClusterRole", subjects=("Group:system:masters",)),
        holds,
    ),
    Example("a role of one's own that is called cluster-admin", replace(_BINDING, role="cluster-admin"), holds),
    Example("another cluster role", replace(_BINDING, role="view", role_kind="ClusterRole"), holds),
    *(
        Example(f"a role for {who}", replace(_BINDING, subjects=(who,)), broken, says="without an identity")
        for who in ("Group:system:anonymous", "User:system:anonymous", "Group:system:unauthenticated")
    ),
    Example(
        "what everybody may read",
        replace(_BINDING, role="system:public-info-viewer", subjects=("Group:system:unauthenticated",)),
        holds,
    ),
)
