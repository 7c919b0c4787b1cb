"""Reviews ask the security questions: input, secrets, attack surface, permissions, safe logging; owners are named for
sensitive paths.

Risk: A change to the login or the pipeline is waved through by somebody who did not know what to look for.
Verified: The pull (or merge) request template must speak of all five; CODEOWNERS, evaluated as the forge does, must
name an owner for each sensitive path that is found by name or declared: authentication, payments, settings, pipeline.
That the questions are answered is not looked at.
Mend: Add the five questions to `.github/pull_request_template.md` as checkboxes; in `.github/CODEOWNERS` give
`/.github/`, the settings, authentication and payment code a team, after the general lines, for the last match counts.
"""

from dataclasses import replace

from prodproof.facts import Location
from prodproof.facts.reviews import OwnedPath, ReviewQuestions, Sensitivity, Topic
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds


@guarantee("supply.reviews-ask-security", seeds="L-5", proof="inside", severity="low")
def judge(questions: ReviewQuestions) -> Verdict:
    """The template's questions, then the owners."""
    findings = []
    if questions.template is None:
        findings.append(Finding("no-template", "there is no pull request template that asks the security questions"))
    elif missing := [topic for topic in Topic if topic not in questions.topics]:
        message = f"the template does not ask about {', '.join(missing)}"
        findings.append(Finding("question-missing", message, Location(questions.template), ",".join(missing)))
    findings += [_unowned(questions, item) for item in questions.sensitive if not item.owned]
    if findings:
        return broken(*findings)
    return holds(f"five questions are asked, and {len(questions.sensitive)} sensitive paths have owners")


def _unowned(questions: ReviewQuestions, item: OwnedPath) -> Finding:
    if questions.owners_file is None:
        return Finding("no-owner", f"no CODEOWNERS: nobody is named for {item.path} ({item.kind})", key=item.path)
    what = f"{item.path} ({item.kind}) has no owner in CODEOWNERS"
    if item.example and item.example != item.path:
        what += f", for example {item.example}"
    return Finding("no-owner", what, Location(questions.owners_file, item.line), item.path)


_WHOLE = ReviewQuestions(
    template=".github/pull_request_template.md",
    topics=tuple(Topic),
    owners_file=".github/CODEOWNERS",
    sensitive=(
        OwnedPath(".github/workflows/", Sensitivity.PIPELINE, True),
        OwnedPath("shop/payments/", Sensitivity.PAYMENTS, True),
    ),
)

EXAMPLES = (
    Example("all asked, all owned", _WHOLE, holds),
    Example(
        "workflows without an owner",
        replace(
            _WHOLE,
            sensitive=(OwnedPath(".github/workflows/", Sensitivity.PIPELINE, False, ".github/workflows/ci.yml", 3),),
        ),
        broken,
        says="has no owner",
    ),
    Example("nothing about logging", replace(_WHOLE, topics=tuple(Topic)[:-1]), broken, says="safe logging"),
    Example("no template", replace(_WHOLE, template=None, topics=()), broken, says="no pull request template"),
)
