"""A record still points to a bucket that was deleted."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def deleted_bucket(lab: Lab) -> None:
    lab.quay.delete_bucket()


def deleted_app(lab: Lab) -> None:
    lab.quay.add("shop IN CNAME quay-shop.azurewebsites.net.")


def forgotten_test(lab: Lab) -> None:
    lab.quay.add(f"*.test IN A {lab.quay.provider}")


def dead_name_server(lab: Lab) -> None:
    lab.quay.add("blog IN NS ns.gone.azurewebsites.net.")


def no_zone_file(lab: Lab) -> None:
    lab.quay.lose_file()


FAULT = Fault(
    guarantee="exposure.no-stale-dns",
    breaks=deleted_bucket,
    says="anybody can take it",
    variants=(deleted_app, forgotten_test, dead_name_server),
    withdraws=no_zone_file,
    reason=Reason.NOT_CONFIGURED,
    needs=("quay",),
)
