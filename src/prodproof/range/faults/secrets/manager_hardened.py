"""A policy that reaches too much, a listener without TLS, a seal that one person opens, a root token."""

from prodproof.facts import Reason
from prodproof.range.components.vault import Vault
from prodproof.range.components.vault_secrets import MOUNT
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def everything_for_one_service(harbour: Range) -> None:
    """The shop's policy has the path secret/*."""
    harbour.part(Vault).allow("shop", f"{MOUNT}/*", "read")


def policies_may_be_written(harbour: Range) -> None:
    """Who may write policies may give itself everything."""
    harbour.part(Vault).allow("shop", "sys/policies/acl/*", "create", "update")


def listener_without_tls(harbour: Range) -> None:
    """A second listener, for convenience."""
    harbour.part(Vault).listen_in_clear()


def development_mode(harbour: Range) -> None:
    """As `vault server -dev` starts it: in memory, and one share opens it."""
    harbour.part(Vault).change(storage="inmem", shares=[1, 1])


def root_token_in_use(harbour: Range) -> None:
    """The token of the first day was never revoked."""
    harbour.part(Vault).change(keep_root=True)


def distrusted(harbour: Range) -> None:
    """Nobody trusts the system file."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="secrets.manager-hardened",
    breaks=everything_for_one_service,
    says="the policy shop reaches",
    subject="secret-manager:vault",
    variants=(policies_may_be_written, listener_without_tls, development_mode, root_token_in_use),
    withdraws=distrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("vault",),
)
