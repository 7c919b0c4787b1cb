"""A release that logs in to the server and pulls."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

RELEASE = ".github/workflows/release.yml"
STEP = '          kubectl --namespace shop set image deployment/web web="$IMAGE"\n'
PULL = '          ssh deploy@shop.harbour.example "cd /srv/shop && git pull && systemctl restart shop"\n'


def release_pulls_over_ssh(harbour: Range) -> None:
    harbour.repo.replace(RELEASE, STEP, PULL)


def rsync_script(harbour: Range) -> None:
    """Run by hand, past the pipeline."""
    harbour.repo.write("deploy.sh", "#!/bin/sh\nrsync -az --delete . deploy@shop.harbour.example:/srv/shop/\n")


def gitlab_job_copies_by_scp(harbour: Range) -> None:
    harbour.repo.write(".gitlab-ci.yml", "deploy:\n  script:\n    - scp dist.tar web@shop.harbour.example:/srv\n")


def release_workflow_unreadable(harbour: Range) -> None:
    harbour.repo.garble(RELEASE)


FAULT = Fault(
    guarantee="delivery.no-ssh-deploys",
    breaks=release_pulls_over_ssh,
    says="reaches a server by ssh",
    subject="workflow:.github/workflows/release.yml",
    variants=(rsync_script, gitlab_job_copies_by_scp),
    withdraws=release_workflow_unreadable,
    reason=Reason.INCOMPLETE,
)
