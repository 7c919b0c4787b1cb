"""Workflows that anybody may change, and questions that nobody asks."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

OWNERS = ".github/CODEOWNERS"
TEMPLATE = ".github/pull_request_template.md"

FAULT = Fault(
    guarantee="supply.reviews-ask-security",
    breaks=lambda harbour: harbour.repo.replace(OWNERS, "/.github/               @harbour/platform", "/.github/"),
    says=".github/workflows/ (the pipeline) has no owner",
    variants=(
        lambda harbour: harbour.repo.remove(TEMPLATE),
        lambda harbour: harbour.repo.replace(
            TEMPLATE, "- [ ] Secrets: none in code, configuration, tests or output; new ones are in the manager.\n", ""
        ),
    ),
    withdraws=lambda harbour: harbour.repo.garble(TEMPLATE),
    reason=Reason.INCOMPLETE,
)
