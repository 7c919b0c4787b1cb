"""The credentials and artifacts for restoring are available when the affected systems are gone.

Risk: The key that opens the backup lay on the server that burned.
Verified: The drill `restore` lists all that it needed, each with where it came from, and restores without any network,
or, where the backups lie elsewhere, with one in which only their store can be reached, so that production cannot have
helped. A credential is lost with production if it came from production's own manager of secrets (one that is not
declared as `offsite`), or from a file of a machine that is one of production's: on which the data store itself lies,
or which has the address of a declared host. The environment of the run counts as what the person had who began the
drill. Roles that a dump names and nothing makes are lost too. Where the machine lets nothing be cut off (only root
may), the answer is unknown: nothing shows then that production was not used. Where the copies themselves lie is
recovery.backups-offsite.
Mend: Keep credentials, keys and the runbook for a restore outside the systems they restore, and drill with
production made unavailable.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from prodproof.facts import Reason
from prodproof.facts.restores import NeededThing, Origin, RestoreTested
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("recovery.restore-independent", seeds="M-B6", proof="drill", severity="critical")
def judge(fact: RestoreTested) -> Verdict:
    """One data store, restored."""
    if findings := [finding for need in fact.needs for finding in _lost(need, fact)]:
        return broken(*findings)
    if fact.failure:
        return unknown(Reason.INCOMPLETE, f"what a restore needs shows when one works: {fact.failure}")
    if not fact.needs:
        return unknown(Reason.INCOMPLETE, "nothing says what it needed")
    credentials = [need for need in fact.needs if need.what == "credential"]
    if unsaid := [need.name for need in credentials if need.origin is Origin.UNSAID]:
        return unknown(Reason.INCOMPLETE, f"nothing says where {unsaid[0]} came from")
    if fact.production_here is None and (files := [need for need in credentials if need.origin is Origin.FILE]):
        return unknown(
            Reason.NOT_DECLARED,
            f"{files[0].name} came from {files[0].came_from}; is that a machine of production? No dsn and "
            "no [[host]] that can be looked up says where production is",
        )
    if not fact.no_network and not fact.only_reached:
        return unknown(
            Reason.INSUFFICIENT_PROOF,
            "it had the whole network, so nothing shows that it did without production: run the drill as root",
        )
    keys = ", ".join(f"{need.name} from {need.came_from}" for need in credentials) or "no credential"
    way = "it had no network" if fact.no_network else f"it reached only {fact.only_reached[0]}"
    return holds(f"{way}; of {len(fact.needs)} things that it needed: {keys}")


def _lost(need: NeededThing, fact: RestoreTested) -> Iterator[Finding]:
    if need.origin is Origin.NOWHERE:
        yield Finding(
            need.what,
            f"the {need.what} {need.name} must come from {need.came_from}",
            key=need.name,
            mend="keep what makes roles in the repository, and name it: roles of [data_store.restore]; or restore from "
            "a physical backup",
        )
    if need.what != "credential":
        return
    if need.origin is Origin.MANAGER and not need.apart:
        whose = f"{need.manager}, production's own manager" if need.manager else "production's own manager"
        yield Finding(
            "manager",
            f"{need.name} came from {whose}: it is gone with production",
            key=need.name,
            mend="keep a copy where production's loss does not reach, and restore with that; or declare that the "
            "manager stands apart: offsite of [[secret_manager]]",
        )
    if need.origin is Origin.FILE and fact.production_here:
        yield Finding(
            "file",
            f"{need.name} came from {need.came_from}, on the machine that is {fact.production_here}",
            key=need.name,
            mend="keep a copy of it outside of production, and run the drill where only that copy is",
        )


_PROGRAM = NeededThing(what="program", name="restic", came_from="/usr/bin/restic", origin=Origin.MACHINE)
_PLACE = NeededThing(what="place", name="/srv/backups", came_from="the repository", origin=Origin.STORE)
_GIVEN = NeededThing(
    what="credential", name="env:BACKUP_KEY", came_from="the environment of this run", origin=Origin.ENVIRONMENT
)
_FILE = NeededThing(what="credential", name="file:backup.key", came_from="the file backup.key", origin=Origin.FILE)
_VAULT = NeededThing(
    what="credential",
    name="vault:secret/backup#key",
    came_from="vault (secret/backup#key)",
    origin=Origin.MANAGER,
    manager="vault",
)
_ROLE = NeededThing(what="role", name="shop_owner", came_from="elsewhere", origin=Origin.NOWHERE)
_GOOD = RestoreTested(
    backup="nightly", tool="restic", needs=(_PROGRAM, _PLACE, _GIVEN), no_network=True, production_here=""
)


def _with(need: NeededThing, **changes: Any) -> RestoreTested:
    return replace(_GOOD, needs=(_PROGRAM, _PLACE, need), **changes)


EXAMPLES = (
    Example(
        "the key was given by whoever ran it",
        _GOOD,
        holds,
        says="it had no network; of 3 things that it needed: env:BACKUP_KEY from the environment",
    ),
    Example("nothing secret was needed", replace(_GOOD, needs=(_PROGRAM,)), holds, says="no credential"),
    Example("a file of a machine apart", _with(_FILE), holds, says="file:backup.key from the file"),
    Example(
        "a backup key kept only on the production server",
        _with(_FILE, production_here="the server of shop"),
        broken,
        says="on the machine that is the server of shop",
    ),
    Example("given, on production's machine", replace(_GOOD, production_here="the server of shop"), holds),
    Example(
        "a file, and nobody knows of which machine",
        _with(_FILE, production_here=None),
        unknown,
        says="is that a machine of production",
        reason=Reason.NOT_DECLARED,
    ),
    Example("given, and nobody knows where", replace(_GOOD, production_here=None), holds),
    Example("production's own manager", _with(_VAULT), broken, says="vault, production's own manager"),
    Example("a manager that nobody declared", _with(replace(_VAULT, manager="")), broken, says="came from production"),
    Example("a manager that stands apart", _with(replace(_VAULT, apart="another provider")), holds),
    Example("a role that no dump holds", _with(_ROLE), broken, says="the role shop_owner must come from elsewhere"),
    Example("a role that the repository makes", _with(replace(_ROLE, origin=Origin.REPOSITORY)), holds),
    Example("two lost things", replace(_GOOD, needs=(_ROLE, _VAULT)), broken, says="(and 1 more)"),
    Example(
        "a program on production's machine",
        replace(_GOOD, needs=(replace(_PROGRAM, origin=Origin.FILE),), production_here="the server of shop"),
        holds,
    ),
    Example(
        "settings on a machine that nobody knows",
        replace(_GOOD, needs=(replace(_PLACE, origin=Origin.FILE),), production_here=None),
        holds,
    ),
    Example(
        "from where, nobody says",
        _with(replace(_GIVEN, origin=Origin.UNSAID)),
        unknown,
        says="where env:BACKUP_KEY came from",
        reason=Reason.INCOMPLETE,
    ),
    Example("a program from somewhere", replace(_GOOD, needs=(replace(_PROGRAM, origin=Origin.UNSAID),)), holds),
    Example("nothing is listed", replace(_GOOD, needs=()), unknown, says="what it needed", reason=Reason.INCOMPLETE),
    Example(
        "it reached the store alone",
        replace(_GOOD, no_network=False, only_reached=("s3.shop.example:443",)),
        holds,
        says="it reached only s3.shop.example:443",
    ),
    Example(
        "it had the network",
        replace(_GOOD, no_network=False),
        unknown,
        says="it had the whole network",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "it had the network, and a key of production",
        _with(_VAULT, no_network=False),
        broken,
        says="gone with production",
    ),
    Example(
        "it did not come back",
        replace(_GOOD, failure="restore: it ends early"),
        unknown,
        says="it ends early",
        reason=Reason.INCOMPLETE,
    ),
)
