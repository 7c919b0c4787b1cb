"""Which clouds a repository's infrastructure files make things in."""

import re
from collections.abc import Iterator

from prodproof.facts import Unseen
from prodproof.facts.posture import Cloud
from prodproof.probes import _files
from prodproof.probes.infrastructure import CLOUDFORMATION, STACK, TERRAFORM
from prodproof.reach.git.repository import RepositoryReader, shown

_BY_NAME = {
    "alicloud": Cloud.ALIBABA,
    "aws": Cloud.AWS,
    "awscc": Cloud.AWS,
    "azapi": Cloud.AZURE,
    "azurerm": Cloud.AZURE,
    "digitalocean": Cloud.DIGITALOCEAN,
    "exoscale": Cloud.EXOSCALE,
    "google": Cloud.GCP,
    "google-beta": Cloud.GCP,
    "hcloud": Cloud.HETZNER,
    "ibm": Cloud.IBM,
    "linode": Cloud.LINODE,
    "oci": Cloud.ORACLE,
    "openstack": Cloud.OPENSTACK,
    "ovh": Cloud.OVH,
    "scaleway": Cloud.SCALEWAY,
    "upcloud": Cloud.UPCLOUD,
    "vultr": Cloud.VULTR,
}
"""Terraform's names of providers, which are also what the names of their resources begin with."""

_HCL = re.compile(r'^[ \t]*(?:resource|data|ephemeral|provider)[ \t]+"([a-z][a-z0-9-]{0,40})[_"]', re.MULTILINE)
_JSON = re.compile(r'"([a-z][a-z0-9-]{0,40})(?:_[a-z0-9_]{1,100})?"\s{0,20}:\s{0,20}[{\[]')
_SOURCE = re.compile(
    r'source"?\s{0,20}[:=]\s{0,20}"(?:[\w.-]{1,80}/){0,2}?(?:hashicorp/|terraform-)(aws|google|azurerm)\b'
)


def clouds(reader: RepositoryReader) -> dict[Cloud, str]:
    """Each cloud with the first file that uses it.

    A file that cannot be read is not named here: the survey of infrastructure files holds it as unseen.
    """
    found: dict[Cloud, str] = {}
    for path, cloud in _uses(reader):
        found.setdefault(cloud, shown(path))
    return found


def _uses(reader: RepositoryReader) -> Iterator[tuple[str, Cloud]]:
    for path, text in _files.texts(reader, *TERRAFORM):
        if isinstance(text, Unseen):
            continue
        names = (_JSON if path.endswith(".json") else _HCL).findall(text) + _SOURCE.findall(text)
        yield from ((path, _BY_NAME[name]) for name in sorted(set(names)) if name in _BY_NAME)
    for path, text in _files.texts(reader, *CLOUDFORMATION, having=STACK):
        if not isinstance(text, Unseen):
            yield path, Cloud.AWS
