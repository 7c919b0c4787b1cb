"""User stories carry security acceptance criteria.

Risk: A feature is called done when it works; that it must also refuse the wrong person was nobody's task.
Verified: Templates for stories (Markdown and YAML issue forms; not those for bugs and questions) and for changes carry
a criterion, checkbox or field that speaks of security. That merged work has them filled in is not sampled yet.
Mend: Add a heading "Security acceptance criteria" with two or three checkboxes (who may not do this, what input is
untrusted, what must not be logged) to the issue and pull request templates.
"""

from dataclasses import replace

from prodproof.facts import Location
from prodproof.facts.reviews import StoryTemplate, StoryTemplates
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds


@guarantee("culture.definition-of-done", seeds="K-interview", proof="record", severity="low", verifiable=False)
def judge(found: StoryTemplates) -> Verdict:
    """A story template and a change template, each with criteria."""
    findings = []
    for kind, name in (("story", "issue"), ("change", "pull request")):
        mine = [template for template in found.templates if template.kind == kind]
        if not mine:
            findings.append(
                Finding("no-template", f"there is no {name} template that could carry security criteria", key=kind)
            )
        findings += [
            Finding(
                "no-security-criteria", f"the {name} template has no security acceptance criteria", template.location
            )
            for template in mine
            if not template.asks_security
        ]
    return broken(*findings) if findings else holds("issue and pull request templates carry security criteria")


_STORY = StoryTemplate(Location(".github/ISSUE_TEMPLATE/story.yml"), "story", True)
_CHANGE = StoryTemplate(Location(".github/pull_request_template.md"), "change", True)
_WHOLE = StoryTemplates((_STORY, _CHANGE))

EXAMPLES = (
    Example("both carry them", _WHOLE, holds),
    Example(
        "a bug form need not",
        StoryTemplates((*_WHOLE.templates, replace(_STORY, kind="bug", asks_security=False))),
        holds,
    ),
    Example(
        "a story form without",
        StoryTemplates((replace(_STORY, asks_security=False), _CHANGE)),
        broken,
        says="no security acceptance criteria",
    ),
    Example("no story template", StoryTemplates((_CHANGE,)), broken),
    Example("no pull request template", StoryTemplates((_STORY,)), broken),
)
