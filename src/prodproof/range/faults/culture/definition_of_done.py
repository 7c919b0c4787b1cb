"""A story template that asks for nothing but the feature."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

STORY = ".github/ISSUE_TEMPLATE/story.yml"
PLAIN = """name: Story
description: Something that a user shall be able to do
body:
  - type: textarea
    attributes:
      label: As a …, I want …, so that …
"""

FAULT = Fault(
    guarantee="culture.definition-of-done",
    breaks=lambda harbour: harbour.repo.write(STORY, PLAIN),
    says="the issue template has no security acceptance criteria",
    variants=(lambda harbour: harbour.repo.remove(".github/pull_request_template.md"),),
    withdraws=lambda harbour: harbour.repo.garble(STORY),
    reason=Reason.INCOMPLETE,
)
