"""Which of checkov's checks are findings and which are advice.

checkov gives no severities without an account. A check is severe when its title is about exposure to everybody,
missing encryption or authentication, unlimited rights, or secrets in the code; tuning, tagging, logging, key ownership
and redundancy are advice.
"""

import re

_SEVERE = re.compile(
    r"\bpublic|0\.0\.0\.0|internet|anonymous|unauthenticated|wildcard|\*|administrat|hard.?coded|privileged"
    r"|host (process|ipc|network)|docker (daemon )?socket|\bany (user|principal|ip)|all (users|principals)|open to"
    r"|unrestricted|plain ?text|cleartext|credential|full access|full IAM|escalat|exfiltrat|encrypt|HTTPS|TLS|SSL"
    r"|in.transit|Instance Metadata|IMDS|authentication|SYS_ADMIN|secret",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"CMK|customer.managed|by default|using (a )?KMS|Customer.(Master|Managed) Key|own key|\blogs?\b|logging"
    r"|description|double|managed key|private link|rotat|multi.factor|Active Directory|AAD|as files over|latest"
    r"|specified as|supplied|DNSSEC|backup|deletion|expir|admission of|branch|reviews|health|\bWAF\b"
    r"|IAM (database )?authentication|certificate authentication|custom SSL|egress|to port 80\b|public IP",
    re.IGNORECASE,
)
_NOT_SEVERE = {
    "CKV_AWS_39",  # a public EKS endpoint; CKV_AWS_38 finds the one that is open to everybody
    "CKV_AWS_106",  # the account's default; CKV_AWS_3 and 8 look at the volumes themselves
    "CKV_AWS_127",  # who issued the certificate
    "CKV_AWS_250",  # a version advisory with a link in its title
    "CKV_AWS_355", "CKV_AWS_356",  # many actions allow no narrower resource
    "CKV2_AWS_71",  # wildcard certificates
}  # fmt: skip


def is_severe(check: str, title: str) -> bool:
    """Whether a failed check is a finding of ours."""
    return check not in _NOT_SEVERE and bool(_SEVERE.search(title)) and not _ADVICE.search(title)
