"""What the results of a posture scan must hold to stand for a whole account.

A scan can be cut down on purpose (`--checks`, `--services`, `--status`, `--region`), and Prowler leaves a check out
where its access was denied. Results do not say so: whatever was asked for and not answered is simply not there. So a
few questions are named that every account has an answer to, from each of the services whose loss would hide the most.
"""

from prodproof.facts.posture import Cloud, PostureResults

Questions = tuple[tuple[str, frozenset[str]], ...]
"""What is asked, and the checks of which one at least must have come to pass or fail."""

_AWS: Questions = (
    (
        "identity",
        frozenset(
            {
                "iam_avoid_root_usage",
                "iam_no_root_access_key",
                "iam_password_policy_minimum_length_14",
                "iam_root_mfa_enabled",
                "iam_user_mfa_enabled_console_access",
            }
        ),
    ),
    ("public storage", frozenset({"s3_account_level_public_access_blocks", "s3_bucket_public_access"})),
    (
        "exposure to the internet",
        frozenset(
            {
                "ec2_securitygroup_allow_ingress_from_internet_to_all_ports",
                "ec2_securitygroup_allow_ingress_from_internet_to_any_port",
                "ec2_securitygroup_default_restrict_traffic",
            }
        ),
    ),
    (
        "encryption",
        frozenset(
            {
                "ec2_ebs_default_encryption",
                "ec2_ebs_volume_encryption",
                "efs_encryption_at_rest_enabled",
                "rds_instance_storage_encrypted",
                "s3_bucket_default_encryption",
            }
        ),
    ),
    ("logging", frozenset({"cloudtrail_multi_region_enabled"})),
)
_AZURE: Questions = (
    (
        "identity",
        frozenset({"iam_role_user_access_admin_restricted", "iam_subscription_roles_owner_custom_not_created"}),
    ),
    (
        "exposure to the internet",
        frozenset(
            {
                "network_rdp_internet_access_restricted",
                "network_ssh_internet_access_restricted",
                "storage_blob_public_access_level_is_disabled",
                "storage_default_network_access_rule_is_denied",
            }
        ),
    ),
    (
        "encryption",
        frozenset(
            {
                "sqlserver_tde_encryption_enabled",
                "storage_secure_transfer_required_is_enabled",
                "vm_ensure_attached_disks_encrypted_with_cmk",
            }
        ),
    ),
    ("logging", frozenset({"monitor_diagnostic_settings_exists"})),
)
_GCP: Questions = (
    ("identity", frozenset({"iam_no_service_roles_at_project_level", "iam_sa_no_administrative_privileges"})),
    (
        "exposure to the internet",
        frozenset(
            {
                "cloudsql_instance_public_access",
                "cloudstorage_bucket_public_access",
                "compute_firewall_rdp_access_from_the_internet_allowed",
                "compute_firewall_ssh_access_from_the_internet_allowed",
                "compute_instance_public_ip",
            }
        ),
    ),
    # Google encrypts everything at rest, and there is no setting that could be asked about in every project.
    ("logging", frozenset({"iam_audit_logs_enabled", "logging_sink_created"})),
)
QUESTIONS = {Cloud.AWS: _AWS, Cloud.AZURE: _AZURE, Cloud.GCP: _GCP}

AWS_REGIONS = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
        *("ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    }
)
"""Those that are on in every AWS account and cannot be turned off; a whole scan has results of each (CloudTrail's)."""

_CHINA = frozenset({"cn-north-1", "cn-northwest-1"})
_GOVERNMENT = frozenset({"us-gov-east-1", "us-gov-west-1"})


def uncovered(results: PostureResults) -> str:
    """What the scan has no answer about, in words; empty when it can stand for the account."""
    answered = set(results.answered)
    open_questions = [name for name, checks in QUESTIONS.get(results.cloud, ()) if not checks & answered]
    if results.cloud not in QUESTIONS:
        return f"it is not known what one of {results.cloud} must answer"
    if open_questions:
        how = "scan without --checks, --services and --status, with leave to read everything"
        return f"no answer about {', '.join(open_questions)} ({how})"
    if results.cloud is Cloud.AWS and (missing := sorted(_regions(results) - set(results.regions), reverse=True)):
        more = f" and {len(missing) - 4} more regions" if len(missing) > 4 else ""
        return f"nothing about {', '.join(missing[:4])}{more} (scan without --region)"
    return ""


def _regions(results: PostureResults) -> frozenset[str]:
    for partition in (_CHINA, _GOVERNMENT):
        if partition & set(results.regions):
            return partition
    return AWS_REGIONS
