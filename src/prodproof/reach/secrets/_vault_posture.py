"""How Vault or OpenBao is set up: seal, audit devices, policies, and who holds them.

Source: Vault's HTTP API documentation, "/sys/seal-status", "/sys/audit", "/sys/policies/acl", "/sys/auth", "Identity".
"""

from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import AtRest, AuditDevice, Holder, Listener, ManagerPosture, Policy
from prodproof.reach.secrets._vault_client import VaultClient
from prodproof.reach.secrets._vault_policy import parsed

MAX_POLICIES = 500
MAX_HOLDERS = 2000
MAX_TOKENS = 2000
ROLES = {"approle": "role", "kubernetes": "role", "jwt": "role", "oidc": "role", "aws": "role", "userpass": "users"}
ROLES |= {"cert": "certs", "gcp": "role", "azure": "role", "ldap": "users"}
"""Where each kind of login keeps who may log in."""


def posture_of(client: VaultClient) -> ManagerPosture | Unseen:
    """Everything that this token may know; `Unseen` only when Vault does not answer at all."""
    seal = client.get("sys/seal-status", "the seal", open=True)
    transport = client.transport()
    if isinstance(seal, Unseen) and isinstance(transport, Unseen):
        return seal
    own = client.get("auth/token/lookup-self", "the token")
    about: dict[str, Any] = {} if isinstance(own, Unseen) else own.data
    policies = [*(about.get("policies") or ()), *(about.get("identity_policies") or ())]
    return ManagerPosture(
        kind="vault",
        transport=transport,
        at_rest=seal if isinstance(seal, Unseen) else _seal(seal.data),
        audit=_devices(client),
        policies=_policies(client),
        holders=_holders(client),
        identity=str(about.get("display_name") or ""),
        own_policies=tuple(sorted({str(item) for item in policies})),
        listeners=_listeners(client),
        root_tokens=_root_tokens(client),
    )


def _seal(data: dict[str, Any]) -> AtRest:
    # Everything that Vault stores is encrypted (AES-256-GCM) under a key that the seal protects.
    shares = f"{data.get('t')} of {data.get('n')} shares" if data.get("type") == "shamir" else ""
    return AtRest(
        kind=str(data.get("type") or ""),
        sealed=bool(data.get("sealed", True)),
        detail=shares,
        threshold=int(data["t"]) if data.get("type") == "shamir" and isinstance(data.get("t"), int) else None,
        storage=str(data.get("storage_type") or ""),
    )


def _listeners(client: VaultClient) -> tuple[Listener, ...] | Unseen:
    answer = client.get("sys/config/state/sanitized", "the listeners")
    if isinstance(answer, Unseen):
        return answer
    found = []
    for item in answer.data.get("listeners") or ():
        config = item.get("config") or {}
        if item.get("type") == "tcp":
            plain = str(config.get("tls_disable", "")).lower() in ("true", "1")
            found.append(Listener(address=str(config.get("address") or ""), encrypted=not plain))
    return tuple(found)


def _root_tokens(client: VaultClient) -> int | Unseen:
    """How many tokens may do everything; each is looked up by its accessor, which opens nothing."""
    listed = client.list("auth/token/accessors")
    if isinstance(listed, Unseen):
        return listed
    accessors = [str(item) for item in listed.data.get("keys") or ()]
    if len(accessors) > MAX_TOKENS:
        return Unseen(Reason.INCOMPLETE, f"there are more than {MAX_TOKENS} tokens")
    found, seen = 0, 0
    for accessor in accessors:
        token = client.post("auth/token/lookup-accessor", "the tokens by their accessors", {"accessor": accessor})
        if not isinstance(token, Unseen):
            seen += 1
            found += "root" in (token.data.get("policies") or ())
        elif token.why in (Reason.TIMED_OUT, Reason.UNREACHABLE) or (not seen and accessor == accessors[-1]):
            return token
        # Tokens end while they are counted, which Vault says in the same way as that it refuses to look one up. It
        # does not refuse: others were seen, prodproof's own at least.
    return found


def _devices(client: VaultClient) -> tuple[AuditDevice, ...] | Unseen:
    answer = client.get("sys/audit", "the audit devices")
    if isinstance(answer, Unseen):
        return answer
    found = []
    for path, device in sorted(answer.data.items()):
        if not isinstance(device, dict) or "type" not in device:
            continue
        options = device.get("options") or {}
        target = options.get("file_path") or options.get("path") or options.get("address") or options.get("tag") or ""
        raw = str(options.get("log_raw", "false")).lower() == "true"
        found.append(AuditDevice(name=path.rstrip("/"), kind=str(device["type"]), target=str(target), raw=raw))
    return tuple(found)


def _policies(client: VaultClient) -> tuple[Policy, ...] | Unseen:
    answer = client.list("sys/policies/acl")
    if isinstance(answer, Unseen):
        return answer
    found = []
    for name in [str(item) for item in answer.data.get("keys") or ()][:MAX_POLICIES]:
        text = client.get(f"sys/policies/acl/{name}", f"the policy {name}")
        if isinstance(text, Unseen):
            found.append(Policy(name=name, language="vault", unread=text.detail))
        elif name == "root":
            # Its text is empty, and it may do everything.
            found.append(Policy(name=name, language="vault"))
        else:
            found.append(parsed(name, str(text.data.get("policy") or "")))
    return tuple(found)


def _holders(client: VaultClient) -> tuple[Holder, ...] | Unseen:
    answer = client.get("sys/auth", "the logins")
    if isinstance(answer, Unseen):
        return answer
    entities = _entities(client)
    if isinstance(entities, Unseen):
        return entities
    found = []
    for mount, about in sorted(answer.data.items()):
        kind = about.get("type") if isinstance(about, dict) else None
        if kind not in ROLES:
            continue
        listed = client.list(f"auth/{mount}{ROLES[kind]}")
        if isinstance(listed, Unseen):
            if listed.why != "not-configured":
                return listed
            continue
        for name in [str(item) for item in listed.data.get("keys") or ()][:MAX_HOLDERS]:
            role = client.get(f"auth/{mount}{ROLES[kind]}/{name}", f"the role {name}")
            if isinstance(role, Unseen):
                return role
            alias = name
            if kind == "approle":
                id = client.get(f"auth/{mount}role/{name}/role-id", f"the role {name}")
                alias = "" if isinstance(id, Unseen) else str(id.data.get("role_id") or "")
            entity, more = entities.get((str(about.get("accessor")), alias), ("", ()))
            given = role.data.get("token_policies") or role.data.get("policies") or ()
            found.append(
                Holder(
                    name=f"{mount}{name}",
                    # Every token has the policy `default`, unless the role says otherwise.
                    policies=tuple(
                        dict.fromkeys([*map(str, given), *more, *_default(role.data)]),
                    ),
                    entity=entity,
                    lifetime=int(role.data.get("token_max_ttl") or role.data.get("max_ttl") or 0) or None,
                )
            )
    return tuple(found)


def _default(role: dict[str, Any]) -> tuple[str, ...]:
    return () if role.get("token_no_default_policy") else ("default",)


def _entities(client: VaultClient) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]] | Unseen:
    """Name and policies of each entity, by the accessor of the login and the name that it has there."""
    listed = client.list("identity/entity/name")
    if isinstance(listed, Unseen):
        return {} if listed.why == "not-configured" else listed
    found = {}
    for name in [str(item) for item in listed.data.get("keys") or ()][:MAX_HOLDERS]:
        answer = client.get(f"identity/entity/name/{name}", f"the entity {name}")
        if isinstance(answer, Unseen):
            return answer
        policies = tuple(str(item) for item in answer.data.get("policies") or ())
        for alias in answer.data.get("aliases") or ():
            found[str(alias.get("mount_accessor")), str(alias.get("name"))] = (name, policies)
    return found
