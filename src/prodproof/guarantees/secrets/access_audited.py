"""Every access to a secret is logged, and the trail cannot be changed.

Risk: If nobody records who reads a secret, a theft looks like nothing at all.
Verified: The canary of each [[secret_manager]] is read with prodproof's own login, and this very request must stand
in the manager's audit trail within minutes: in the file of Vault's audit device (by the id that Vault gave the
request), in CloudTrail's event history (by AWS's). The audit devices are read from the manager. A trail must not be
changeable: of CloudTrail, log file validation and the bucket's object lock in compliance mode are read; of a file,
whether anybody but its owner may change or replace it, and the attribute append-only. Its owner and root still can,
so that without that attribute this stays unknown, and shipping it to a store that cannot be changed is not verified
yet: this can be found broken, and never holds. Vault is a simulator in our own proof; CloudTrail's event look-up,
too, since moto has none.
Mend: Turn on the manager's audit trail (CloudTrail, Vault audit device), ship it to a store that cannot be changed, and
look a canary read up in it.
"""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason, Unseen
from prodproof.facts.secret_audit import CanaryRead, TrailFile
from prodproof.facts.secrets import AuditDevice
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("secrets.access-audited", seeds="S-6 H-8", proof="active", severity="medium", verifiable=False)
def judge(read: CanaryRead) -> Verdict:
    """One declared manager."""
    if findings := [*_of_devices(read), *_of_trail(read)]:
        return broken(*findings)
    if isinstance(read.recorded, Unseen):
        return unknown(read.recorded.why, f"the trail could not be read: {read.recorded.detail}")
    if isinstance(read.devices, Unseen):
        return unknown(read.devices.why, read.devices.detail)
    if isinstance(read.file, Unseen):
        return unknown(read.file.why, read.file.detail)
    after = f"the canary's read was in {read.trail} after {read.waited} s"
    if read.file is not None and not read.file.append_only:
        return unknown(
            Reason.INSUFFICIENT_PROOF,
            f"{after}; that nobody can change it afterwards, its owner {read.file.owner} included, is not proven",
        )
    if any(device.locked is None for device in _trails(read)):
        return unknown(Reason.DENIED, "whether the bucket of its trail has an object lock may not be read")
    return holds(after)


def _trails(read: CanaryRead) -> tuple[AuditDevice, ...]:
    devices = read.devices if isinstance(read.devices, tuple) else ()
    return tuple(device for device in devices if device.kind == "cloudtrail")


def _of_devices(read: CanaryRead) -> Iterator[Finding]:
    if read.devices == ():
        yield Finding(
            "no-trail",
            "keeps no audit trail: nobody writes down who reads a secret",
            key="devices",
            mend="vault audit enable file file_path=..., or a CloudTrail trail for management events",
        )
    trails = _trails(read)
    if trails and not any(device.active for device in trails):
        yield Finding("stopped", f"its trail {trails[0].name} is stopped", key="stopped", mend="start its logging")
    elif trails and not any(device.reads and device.active for device in trails):
        yield Finding("no-reads", f"its trail {trails[0].name} leaves out events that only read", key="reads")
    for device in trails:
        if device.validated is False:
            yield Finding(
                "not-validated", f"{device.name}: log file validation is off", key=f"{device.name} validation"
            )
        if device.locked is False:
            message = f"{device.name}: what lies in its bucket {device.target} can be deleted"
            yield Finding("not-locked", message, key=f"{device.name} lock", mend="object lock in compliance mode")


def _of_trail(read: CanaryRead) -> Iterator[Finding]:
    if read.recorded is False:
        yield Finding(
            "not-recorded",
            f"a canary was read, and {read.waited} s later {read.trail} had nothing of it",
            key="canary",
            mend="look at the device's filter and target, and whether what ships the trail still runs",
        )
    if isinstance(read.file, TrailFile) and read.file.writers:
        names = " and ".join(read.file.writers)
        yield Finding(
            "writable", f"{names} may change the trail {read.trail}", key="writable", mend="mode 0600, folder 0700"
        )


_DEVICE = AuditDevice(name="file", kind="file", target="/var/log/vault/audit.log")
_VAULT = CanaryRead(
    kind="vault",
    trail="file:/var/log/vault/audit.log",
    devices=(_DEVICE,),
    recorded=True,
    file=TrailFile(mode=0o600, owner="vault", append_only=True),
)
_TRAIL = AuditDevice(
    name="main", kind="cloudtrail", target="trail-bucket", validated=True, all_regions=True, locked=True
)
_AWS = CanaryRead(kind="aws", trail="cloudtrail:main", devices=(_TRAIL,), recorded=True, waited=240)
_OPEN = TrailFile(mode=0o666, owner="vault", append_only=False, writers=("others",))

EXAMPLES = (
    Example("written to a file that only grows", _VAULT, holds, says="after 0 s"),
    Example(
        "a file that its owner can change",
        replace(_VAULT, file=TrailFile(mode=0o600, owner="vault", append_only=False)),
        unknown,
        says="its owner vault included",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "a file system that does not say",
        replace(_VAULT, file=TrailFile(mode=0o600, owner="vault")),
        unknown,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "no audit device",
        replace(_VAULT, devices=(), recorded=None, file=None),
        broken,
        says="keeps no audit trail",
    ),
    Example(
        "reads are filtered out",
        replace(_VAULT, recorded=False, waited=20),
        broken,
        says="20 s later file:/var/log/vault/audit.log had nothing of it",
    ),
    Example("everybody may change it", replace(_VAULT, file=_OPEN), broken, says="others may change the trail"),
    Example(
        "everybody may change it, and it stopped",
        replace(_VAULT, file=_OPEN, recorded=False),
        broken,
        says="(and 1 more)",
    ),
    Example(
        "the trail may not be read",
        replace(_VAULT, recorded=Unseen(Reason.DENIED, "permission denied")),
        unknown,
        says="could not be read: permission denied",
        reason=Reason.DENIED,
    ),
    Example(
        "the devices may not be read",
        replace(_VAULT, devices=Unseen(Reason.DENIED, "the audit devices: Vault refuses it")),
        unknown,
        reason=Reason.DENIED,
    ),
    Example(
        "the devices may not be read, and the canary is missing",
        replace(_VAULT, devices=Unseen(Reason.DENIED, "the audit devices: Vault refuses it"), recorded=False),
        broken,
    ),
    Example(
        "the file went away",
        replace(_VAULT, file=Unseen(Reason.UNREACHABLE, "not on this machine")),
        unknown,
        reason=Reason.UNREACHABLE,
    ),
    Example("CloudTrail with lock and validation", _AWS, holds, says="after 240 s"),
    Example("it was stopped", replace(_AWS, devices=(replace(_TRAIL, active=False),)), broken, says="main is stopped"),
    Example(
        "one of two was stopped",
        replace(_AWS, devices=(replace(_TRAIL, name="old", active=False), _TRAIL)),
        holds,
    ),
    Example(
        "it writes down changes only",
        replace(_AWS, devices=(replace(_TRAIL, reads=False),)),
        broken,
        says="leaves out events that only read",
    ),
    Example(
        "the one that reads is stopped",
        replace(_AWS, devices=(replace(_TRAIL, reads=False), replace(_TRAIL, name="old", active=False))),
        broken,
        says="leaves out",
    ),
    Example(
        "without validation",
        replace(_AWS, devices=(replace(_TRAIL, validated=False),)),
        broken,
        says="validation is off",
    ),
    Example(
        "a bucket without lock",
        replace(_AWS, devices=(replace(_TRAIL, locked=False),)),
        broken,
        says="trail-bucket can be deleted",
    ),
    Example(
        "the lock may not be read",
        replace(_AWS, devices=(replace(_TRAIL, locked=None),)),
        unknown,
        reason=Reason.DENIED,
    ),
)
