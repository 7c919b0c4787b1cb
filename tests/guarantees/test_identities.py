"""What waivers and the ledger know findings by: two alike in one place stay two."""

from dataclasses import replace

from prodproof.facts import Location
from prodproof.facts.code import CodeFinding, CodeFindings, Hole, Taint
from prodproof.facts.infrastructure import Flaw, InfrastructureFile, InfrastructureKind
from prodproof.guarantees.application.no_injection import judge
from prodproof.guarantees.platform.infrastructure_reviewed import judge as judge_infrastructure

QUERY = CodeFinding(
    hole=Hole.SQL, call="execute", function="search", taint=Taint.REQUEST, location=Location("shop/views.py", 31)
)


def keys(*findings: CodeFinding) -> list[str]:
    return [item.key for item in judge(CodeFindings(findings=findings, files=1)).findings]


def test_alike_findings_are_numbered() -> None:
    below = replace(QUERY, location=Location("shop/views.py", 90))
    assert keys(QUERY, below, below) == ["search execute", "search execute 2", "search execute 3"]
    elsewhere = replace(QUERY, location=Location("shop/other.py", 31))
    assert keys(QUERY, elsewhere, replace(QUERY, call="raw")) == ["search execute", "search execute", "search raw"]


def test_alike_flaws_of_one_resource_are_numbered() -> None:
    flaw = Flaw(check="CKV_AWS_20", title="public", about="bucket.media", line=3)
    file = InfrastructureFile(
        kind=InfrastructureKind.TERRAFORM,
        scanner="checkov",
        flaws=(flaw, replace(flaw, line=9), replace(flaw, about="bucket.logs")),
        location=Location("main.tf"),
    )
    assert [item.key for item in judge_infrastructure(file).findings] == [
        "bucket.media",
        "bucket.media #2",
        "bucket.logs",
    ]
