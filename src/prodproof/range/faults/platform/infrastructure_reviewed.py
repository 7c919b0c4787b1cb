"""A bucket that everybody may read, written down in terraform."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

BUCKETS = "infra/main.tf"
SITE = "deploy/nginx/shop.conf"

FAULT = Fault(
    guarantee="platform.infrastructure-reviewed",
    breaks=lambda lab: lab.repo.replace(BUCKETS, '"harbour-media"\n', '"harbour-media"\n  acl    = "public-read"\n'),
    says="public READ",
    variants=(
        lambda lab: lab.repo.replace(SITE, "location /static/ {", "location /static {"),
        lambda lab: lab.repo.replace(SITE, "https://shop.harbour.example$request_uri", "https://$host$uri"),
        lambda lab: lab.repo.replace("k8s/web.yaml", "allowPrivilegeEscalation: false", "privileged: true"),
    ),
    withdraws=lambda lab: lab.missing_tools.add("checkov"),
    reason=Reason.TOOL_MISSING,
    programs=("checkov",),
)
