"""Workflows that anybody may change, and questions that nobody asks."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

OWNERS = ".github/CODEOWNERS"
TEMPLATE = ".github/pull_request_template.md"


def pipeline_without_owner(harbour: Range) -> None:
    harbour.repo.replace(OWNERS, "/.github/               @harbour/platform", "/.github/")


def pull_request_template_removed(harbour: Range) -> None:
    harbour.repo.remove(TEMPLATE)


def question_about_secrets_removed(harbour: Range) -> None:
    question = "- [ ] Secrets: none in code, configuration, tests or output; new ones are in the manager.\n"
    harbour.repo.replace(TEMPLATE, question, "")


def pull_request_template_unreadable(harbour: Range) -> None:
    harbour.repo.garble(TEMPLATE)


FAULT = Fault(
    guarantee="supply.reviews-ask-security",
    breaks=pipeline_without_owner,
    says=".github/workflows/ (the pipeline) has no owner",
    subject="repo:harbour/shop",
    variants=(pull_request_template_removed, question_about_secrets_removed),
    withdraws=pull_request_template_unreadable,
    reason=Reason.INCOMPLETE,
    touches=("culture.definition-of-done",),
)
