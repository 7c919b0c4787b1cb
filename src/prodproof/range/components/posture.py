"""Prowler's results of the shop's cloud account, as a scan of this night would have written them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prodproof.facts.declared import Declared
from prodproof.range.component import Component
from prodproof.range.components.repo import Repo

ACCOUNT = "000000000000"
FILE = "posture/aws.ocsf.json"
"""Relative to the system file, as it says itself; git ignores the folder."""

REGIONS = (
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
    *("ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
)
_HOME = "eu-central-1"
_SEVERITIES = {"Critical": 5, "High": 4, "Medium": 3, "Low": 2}


def result(
    check: str,
    resource: str,
    at: datetime,
    *,
    status: str = "PASS",
    severity: str = "High",
    region: str = _HOME,
    muted: bool = False,
    account: str = ACCOUNT,
) -> dict[str, object]:
    """One result in the form that Prowler writes, without its prose."""
    return {
        "message": f"{resource}: {status}",
        "metadata": {
            "event_code": check,
            "product": {"name": "Prowler", "uid": "prowler", "vendor_name": "Prowler", "version": "5.46.0"},
            "profiles": ["cloud", "datetime"],
            "version": "1.5.0",
        },
        "severity_id": _SEVERITIES[severity],
        "severity": severity,
        "status": "Suppressed" if muted else "New",
        "status_id": 3 if muted else 1,
        "status_code": status,
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "class_uid": 2004,
        "type_uid": 200401,
        "finding_info": {"title": check.replace("_", " "), "uid": f"prowler-aws-{check}-{account}-{region}-{resource}"},
        "resources": [{"uid": resource, "region": region, "cloud_partition": "aws"}],
        "cloud": {"account": {"uid": account, "type": "AWS Account"}, "provider": "aws", "region": region},
        "time": int(at.timestamp()),
        "time_dt": at.replace(tzinfo=None).isoformat(),
        "unmapped": {"provider": "aws", "provider_uid": account},
    }


def healthy(at: datetime) -> list[dict[str, object]]:
    """What a scan of the whole account at that time says: everything passes but what is advice."""
    bucket, group = "arn:aws:s3:::harbour-media", f"arn:aws:ec2:{_HOME}:{ACCOUNT}:security-group/sg-0a1b2c3d"
    root = f"arn:aws:iam::{ACCOUNT}:root"
    trail = f"arn:aws:cloudtrail:{_HOME}:{ACCOUNT}:trail/all"
    return [
        result("iam_root_mfa_enabled", root, at, severity="Critical", region="us-east-1"),
        result("account_maintain_current_contact_details", root, at, status="MANUAL", severity="Medium"),
        result("s3_bucket_public_access", bucket, at, severity="Critical"),
        result("s3_bucket_object_lock", bucket, at, status="FAIL", severity="Low"),
        result("ec2_securitygroup_default_restrict_traffic", group, at),
        result("ec2_ebs_default_encryption", ACCOUNT, at),
        *(result("cloudtrail_multi_region_enabled", trail, at, region=region) for region in REGIONS),
    ]


def write_results(file: Path, results: Iterable[dict[str, object]]) -> None:
    """Write results as Prowler does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(list(results), indent=4))


class Posture(Component):
    """The file with the results, healthy, of a scan seven hours before the range was started."""

    name = "posture"
    after = ("repo",)
    seen_by = frozenset({Declared})

    @property
    def file(self) -> Path:
        """Where the system file says that the results lie."""
        return self.range.part(Repo).directory / FILE

    def configure(self) -> None:
        write_results(self.file, healthy(datetime.now(UTC) - timedelta(hours=7)))

    def watched(self) -> Iterable[Path]:
        return (self.file,)

    def reload(self) -> None:
        """Nothing runs here."""

    def open_bucket(self, *, muted: bool = False) -> None:
        """Somebody made a bucket public in the console, past the code."""
        now = datetime.now(UTC) - timedelta(hours=1)
        exports = "arn:aws:s3:::harbour-exports"
        found = result("s3_bucket_public_access", exports, now, status="FAIL", severity="Critical", muted=muted)
        write_results(self.file, [*healthy(now), found])

    def cut_off(self) -> None:
        """The scanner's disk was full."""
        self.file.write_bytes(self.file.read_bytes()[:-200])


COMPONENT = Posture
