"""The parts of a value that are secret by themselves.

Production's and staging's database URLs differ in their host and may still share the password: what is compared, and
looked for, are the parts. They are cut by the function that the Django collector has, so that both sides agree.
"""

import hashlib
import hmac
from dataclasses import dataclass

from prodproof.facts.secrets import FINGERPRINT_DIGITS, ComponentPrint
from prodproof.reach.django.collector import secret_parts
from prodproof.reach.secret import Secret


@dataclass(frozen=True)
class Component:
    """A part of a value."""

    name: str
    """`password`, `db.password`, `0`; empty for the whole value."""

    value: Secret


def components_of(value: Secret) -> tuple[Component, ...]:
    """What is secret in a value: the password of a URL or connection string, the fields of a JSON document, the items
    of a list, the private keys of a PEM file, or the whole. Users, hosts and certificates are left out.
    """
    return tuple(Component(name, Secret(part)) for name, part in secret_parts(value.reveal()))


def prints_of(value: Secret, key: bytes) -> tuple[ComponentPrint, ...]:
    """The parts by their fingerprints under a system's key; each fingerprint once."""
    found = {
        hmac.new(key, part.value.reveal().encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest(): part.name
        for part in reversed(components_of(value))
    }
    return tuple(
        ComponentPrint(component=name, fingerprint=digest[:FINGERPRINT_DIGITS])
        for digest, name in sorted(found.items(), key=lambda item: item[1])
    )
