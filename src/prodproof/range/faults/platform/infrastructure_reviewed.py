"""A bucket that everybody may read, written down in terraform or made by hand in the account."""

from prodproof.facts import Reason
from prodproof.range.components.posture import Posture
from prodproof.range.fault import Fault

BUCKETS = "infra/main.tf"
SITE = "deploy/nginx/shop.conf"

FAULT = Fault(
    guarantee="platform.infrastructure-reviewed",
    breaks=lambda harbour: harbour.repo.replace(
        BUCKETS, '"harbour-media"\n', '"harbour-media"\n  acl    = "public-read"\n'
    ),
    says="public READ",
    variants=(
        lambda harbour: harbour.part(Posture).open_bucket(),
        lambda harbour: harbour.part(Posture).open_bucket(muted=True),
        lambda harbour: harbour.repo.replace(SITE, "location /static/ {", "location /static {"),
        lambda harbour: harbour.repo.replace(SITE, "https://shop.harbour.example$request_uri", "https://$host$uri"),
        lambda harbour: harbour.repo.replace("k8s/web.yaml", "allowPrivilegeEscalation: false", "privileged: true"),
    ),
    needs=("repo", "posture"),
    withdraws=lambda harbour: harbour.part(Posture).cut_off(),
    reason=Reason.INCOMPLETE,
    programs=("checkov",),
    touches=("platform.kubernetes-hardened", "supply.runtime-least-privilege"),
)
