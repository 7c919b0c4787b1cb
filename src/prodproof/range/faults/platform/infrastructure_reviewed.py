"""A bucket that everybody may read, written down in terraform or made by hand in the account."""

from prodproof.facts import Reason
from prodproof.range.components.posture import Posture
from prodproof.range.fault import Fault
from prodproof.range.range import Range

BUCKETS = "infra/main.tf"
SITE = "deploy/nginx/shop.conf"
PICTURES = "    location /pictures { alias /srv/shop/pictures/; }\n"
"""Without a slash at its end, it serves what lies beside the folder: /pictures../."""


def public_bucket_in_terraform(harbour: Range) -> None:
    harbour.repo.replace(BUCKETS, '"harbour-media"\n', '"harbour-media"\n  acl    = "public-read"\n')


def bucket_opened_in_the_console(harbour: Range) -> None:
    harbour.part(Posture).open_bucket()


def open_bucket_muted(harbour: Range) -> None:
    """Somebody told the scanner to be silent about it."""
    harbour.part(Posture).open_bucket(muted=True)


def nginx_alias_traversal(harbour: Range) -> None:
    harbour.repo.replace(SITE, "    include harbour/shop.d", f"{PICTURES}    include harbour/shop.d")


def nginx_redirect_splits_headers(harbour: Range) -> None:
    """$uri is decoded: a line break in an address ends a header."""
    harbour.repo.replace(SITE, "https://$host$request_uri", "https://$host$uri")


def privileged_container(harbour: Range) -> None:
    harbour.repo.replace("k8s/web.yaml", "allowPrivilegeEscalation: false", "privileged: true")


def scan_results_cut_off(harbour: Range) -> None:
    harbour.part(Posture).cut_off()


FAULT = Fault(
    guarantee="platform.infrastructure-reviewed",
    breaks=public_bucket_in_terraform,
    says="public READ",
    subject="file:infra/main.tf",
    variants=(
        bucket_opened_in_the_console,
        open_bucket_muted,
        nginx_alias_traversal,
        nginx_redirect_splits_headers,
        privileged_container,
    ),
    needs=("repo", "posture"),
    withdraws=scan_results_cut_off,
    reason=Reason.INCOMPLETE,
    touches=("platform.kubernetes-hardened", "supply.runtime-least-privilege"),
)
