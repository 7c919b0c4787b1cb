"""A fork's head checked out with the secrets at hand; a title in a script."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

CHECKS = ".github/workflows/checks.yml"
PREVIEW = """name: preview
on: pull_request_target
permissions: {}
jobs:
  preview:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          ref: ${{ github.event.pull_request.head.sha }}
          persist-credentials: false
      - run: make preview
"""
GITLAB = """build:
  script:
    - sh -c "echo building $CI_COMMIT_MESSAGE"
"""


def strangers_code(harbour: Range) -> None:
    harbour.repo.write(".github/workflows/preview.yml", PREVIEW)


def title_in_a_script(harbour: Range) -> None:
    greet = "      - run: echo '${{ github.event.pull_request.title }}' # zizmor: ignore[template-injection]\n"
    harbour.repo.replace(CHECKS, "      - run: docker build --tag shop:candidate .\n", greet)


def token_may_write_everything(harbour: Range) -> None:
    harbour.repo.replace(CHECKS, "    permissions:\n      contents: read\n", "    permissions: write-all\n")


def commit_message_in_a_gitlab_script(harbour: Range) -> None:
    harbour.repo.write(".gitlab-ci.yml", GITLAB)


def zizmor_not_installed(harbour: Range) -> None:
    harbour.vantage.lose_tool("zizmor")


FAULT = Fault(
    guarantee="supply.pipeline-hardened",
    breaks=strangers_code,
    says="pull_request_target",
    subject="workflow:.github/workflows/preview.yml",
    variants=(title_in_a_script, token_may_write_everything, commit_message_in_a_gitlab_script),
    withdraws=zizmor_not_installed,
    reason=Reason.TOOL_MISSING,
)
