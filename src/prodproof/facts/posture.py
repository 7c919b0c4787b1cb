"""What a posture scanner said about a cloud account."""

from dataclasses import dataclass
from enum import StrEnum


class Cloud(StrEnum):
    """Who rents out the machines, networks and stores that infrastructure files make."""

    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"
    ALIBABA = "alibaba"
    DIGITALOCEAN = "digitalocean"
    EXOSCALE = "exoscale"
    HETZNER = "hetzner"
    IBM = "ibm"
    LINODE = "linode"
    OPENSTACK = "openstack"
    ORACLE = "oracle"
    OVH = "ovh"
    SCALEWAY = "scaleway"
    UPCLOUD = "upcloud"
    VULTR = "vultr"


SCANNED = frozenset({Cloud.AWS, Cloud.AZURE, Cloud.GCP})
"""The clouds for which it is known what a whole scan must have answered."""

_ALIASES = {
    "amazon": Cloud.AWS,
    "amazon web services": Cloud.AWS,
    "microsoft azure": Cloud.AZURE,
    "google cloud": Cloud.GCP,
    "google-cloud": Cloud.GCP,
    "alibabacloud": Cloud.ALIBABA,
    "hcloud": Cloud.HETZNER,
    "oci": Cloud.ORACLE,
    "oraclecloud": Cloud.ORACLE,
    "ovhcloud": Cloud.OVH,
    "akamai": Cloud.LINODE,
    "softlayer": Cloud.IBM,
}


def cloud_of(kind: str) -> Cloud | None:
    """The cloud that a declared service's kind names; None for services that are no cloud."""
    name = kind.strip().lower()
    return Cloud(name) if name in list(Cloud) else _ALIASES.get(name)


@dataclass(frozen=True, kw_only=True)
class AccountFlaw:
    """One resource of an account that does not pass a check."""

    check: str
    """The scanner's own id: `s3_bucket_public_access`."""

    title: str
    resource: str
    region: str
    muted: bool = False
    """Somebody told the scanner to accept it."""


@dataclass(frozen=True, kw_only=True)
class PostureResults:
    """One scan of one cloud account."""

    cloud: Cloud
    account: str
    """Account, subscription or project id, as the scanner writes it."""

    scanner: str
    """Name and version: `Prowler 5.46.0`."""

    answered: tuple[str, ...]
    """Checks that came to pass or fail for something; sorted."""

    regions: tuple[str, ...]
    """Regions that results are about; sorted."""

    flaws: tuple[AccountFlaw, ...] = ()
    """Critical and high failures, and those whose severity is not said; the first of them where there are very many."""

    more_flaws: int = 0
    """Further ones that `flaws` does not list."""

    left_to_people: tuple[str, ...] = ()
    """Critical and high checks with a result that the scanner leaves to a person; sorted."""

    lesser: int = 0
    """Failures of medium and low severity."""

    described_in: str = ""
    """A terraform or CloudFormation file that makes things in this cloud; empty when none was found."""
