"""A story template that asks for nothing but the feature."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

STORY = ".github/ISSUE_TEMPLATE/story.yml"
PLAIN = """name: Story
description: Something that a user shall be able to do
body:
  - type: textarea
    attributes:
      label: As a …, I want …, so that …
"""


def template_asks_for_the_feature_only(harbour: Range) -> None:
    harbour.repo.write(STORY, PLAIN)


def pull_request_template_removed(harbour: Range) -> None:
    harbour.repo.remove(".github/pull_request_template.md")


def story_template_unreadable(harbour: Range) -> None:
    harbour.repo.garble(STORY)


FAULT = Fault(
    guarantee="culture.definition-of-done",
    breaks=template_asks_for_the_feature_only,
    says="the issue template has no security acceptance criteria",
    subject="repo:harbour/shop",
    variants=(pull_request_template_removed,),
    withdraws=story_template_unreadable,
    reason=Reason.INCOMPLETE,
    touches=("supply.reviews-ask-security",),
)
