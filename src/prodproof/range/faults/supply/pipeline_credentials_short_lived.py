"""A stored AWS key in place of a role for the run."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

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


def stored_aws_key(harbour: Range) -> None:
    harbour.repo.replace(RELEASE, ROLE, KEYS)


def stored_key_in_the_environment(harbour: Range) -> None:
    harbour.repo.replace(RELEASE, "    env:\n", VARIABLE)


def registry_password_in_gitlab(harbour: Range) -> None:
    harbour.repo.write(".gitlab-ci.yml", GITLAB)


def release_workflow_unreadable(harbour: Range) -> None:
    harbour.repo.garble(RELEASE)


FAULT = Fault(
    guarantee="supply.pipeline-credentials-short-lived",
    breaks=stored_aws_key,
    says="AWS_SECRET_ACCESS_KEY",
    subject="workflow:.github/workflows/release.yml",
    variants=(stored_key_in_the_environment, registry_password_in_gitlab),
    withdraws=release_workflow_unreadable,
    reason=Reason.INCOMPLETE,
)
