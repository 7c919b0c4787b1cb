"""A record still points to a bucket that was deleted."""

from prodproof.facts import Reason
from prodproof.range.components.zone import NameZone
from prodproof.range.fault import Fault
from prodproof.range.places import HOST
from prodproof.range.range import Range


def deleted_bucket(harbour: Range) -> None:
    harbour.part(NameZone).add(f"assets IN CNAME assets.{HOST}.s3.eu-central-1.amazonaws.com.")


def deleted_app(harbour: Range) -> None:
    zone = harbour.part(NameZone)
    zone.add("status IN CNAME harbour-status.azurewebsites.net.")
    zone.delete_app()


def forgotten_wildcard(harbour: Range) -> None:
    harbour.part(NameZone).add(f"*.test IN A {harbour.places.providers}")


def dead_name_server(harbour: Range) -> None:
    harbour.part(NameZone).add("blog IN NS ns.gone.azurewebsites.net.")


def no_zone_file(harbour: Range) -> None:
    harbour.part(NameZone).lose_file()


FAULT = Fault(
    guarantee="exposure.no-stale-dns",
    breaks=deleted_bucket,
    says="anybody can take it",
    subject="zone:harbour.example",
    variants=(deleted_app, forgotten_wildcard, dead_name_server),
    withdraws=no_zone_file,
    reason=Reason.NOT_CONFIGURED,
    needs=("zone", "providers"),
    # What answers under the forgotten name is an entry point that nobody declared.
    touches=("exposure.entry-points-declared",),
)
