"""A stored AWS key in place of a role for the run."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

RELEASE = ".github/workflows/release.yml"
ROLE = "          role-to-assume: arn:aws:iam::111122223333:role/harbour-release\n"
KEYS = """          aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}
          aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
"""
VARIABLE = "    env:\n      AWS_SECRET_ACCESS_KEY: ${{ secrets.PRODUCTION_KEY }}\n"
GITLAB = """release:
  script:
    - docker login --username ci --password "$DOCKERHUB_TOKEN"
"""

FAULT = Fault(
    guarantee="supply.pipeline-credentials-short-lived",
    breaks=lambda harbour: harbour.repo.replace(RELEASE, ROLE, KEYS),
    says="AWS_SECRET_ACCESS_KEY",
    variants=(
        lambda harbour: harbour.repo.replace(RELEASE, "    env:\n", VARIABLE),
        lambda harbour: harbour.repo.write(".gitlab-ci.yml", GITLAB),
    ),
    withdraws=lambda harbour: harbour.repo.garble(RELEASE),
    reason=Reason.INCOMPLETE,
)
