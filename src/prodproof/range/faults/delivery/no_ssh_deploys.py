"""A release that logs in to the server and pulls."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

RELEASE = ".github/workflows/release.yml"
STEP = '          kubectl --namespace shop set image deployment/web web="$IMAGE"\n'
PULL = '          ssh deploy@shop.harbour.example "cd /srv/shop && git pull && systemctl restart shop"\n'

FAULT = Fault(
    guarantee="delivery.no-ssh-deploys",
    breaks=lambda harbour: harbour.repo.replace(RELEASE, STEP, PULL),
    says="reaches a server by ssh",
    variants=(
        lambda harbour: harbour.repo.write(
            "deploy.sh", "#!/bin/sh\nrsync -az --delete . deploy@shop.harbour.example:/srv/shop/\n"
        ),
        lambda harbour: harbour.repo.write(
            ".gitlab-ci.yml", "deploy:\n  script:\n    - scp dist.tar web@shop.harbour.example:/srv\n"
        ),
    ),
    withdraws=lambda harbour: harbour.repo.garble(RELEASE),
    reason=Reason.INCOMPLETE,
)
