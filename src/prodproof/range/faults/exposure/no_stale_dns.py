"""A record still points to a bucket that was deleted."""

from prodproof.facts import Reason
from prodproof.range.components.providers import Providers
from prodproof.range.components.zone import NameZone
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def deleted_bucket(harbour: Range) -> None:
    harbour.part(Providers).delete_bucket()


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
)
