"""Which cloud accounts must have been scanned, and what becomes of the claim without it."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import Declared, Environment, Repository, Service
from prodproof.facts.infrastructure import InfrastructureFile, InfrastructureKind
from prodproof.facts.location import Location
from prodproof.facts.posture import Cloud, PostureResults, cloud_of
from prodproof.guarantees import entry
from prodproof.probes.posture import observe
from prodproof.range.components.posture import ACCOUNT, healthy, result, write_results
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import World
from prodproof.verdicts import Evidence, Kind, Result, decide
from prodproof.verdicts.example import NOON

FILE = "posture/aws.ocsf.json"
NIGHT = NOON - timedelta(hours=9)
CLAIM = entry("platform.infrastructure-reviewed").guarantee
AWS = Service(name="aws", kind="aws", account=ACCOUNT, posture=FILE)
MAIN = {"infra/main.tf": 'provider "aws" {\n  region = "eu-central-1"\n}\n'}


def observed(
    root: Path, *services: Service, files: Mapping[str, str] = MAIN, gone: bool = False
) -> Survey[PostureResults]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    system = Declared(
        system="shop",
        environment=Environment(name="production"),
        root=str(root),
        repositories=(Repository(path="."),),
        services=services,
    )
    reader = Unseen(Reason.DENIED, "may not be read") if gone else RepositoryReader.open(root)
    answer = observe.observe(system, World(declared=system, now=NOON, repositories={".": reader}))
    assert isinstance(answer, Survey)
    return answer


def decided(posture: Survey[PostureResults], *kinds: InfrastructureKind) -> Result:
    """The claim, with clean infrastructure files of these kinds beside the posture."""
    files = [
        Observation(
            Subject("file", kind),
            InfrastructureFile(kind=kind, scanner="checkov 3", location=Location(kind)),
            NOON,
            "inside",
            Proof.INSIDE,
        )
        for kind in kinds
    ]
    evidence = Evidence.of([posture, Survey(InfrastructureFile, tuple(files))])
    return decide(CLAIM, evidence, Declared(system="shop", environment=Environment(name="production")), NOON)


def why(posture: Survey[PostureResults]) -> tuple[str, Reason, str]:
    (observation,) = posture.observations
    assert isinstance(observation.seen, Unseen)
    return str(observation.subject), observation.seen.why, observation.seen.detail


def test_a_scanned_account_holds_and_is_as_old_as_its_scan(tmp_path: Path) -> None:
    write_results(tmp_path / FILE, healthy(NIGHT))
    posture = observed(tmp_path, AWS)
    (observation,) = posture.observations
    assert (str(observation.subject), observation.at, observation.commit) == ("account:aws", NIGHT, None)
    assert isinstance(observation.seen, PostureResults)
    assert observation.seen.described_in == "infra/main.tf"
    answer = decided(posture, InfrastructureKind.TERRAFORM)
    assert answer.kind is Kind.HOLDS
    assert answer.expires_at == NIGHT + CLAIM.good_for


def test_an_old_scan_is_stale(tmp_path: Path) -> None:
    write_results(tmp_path / FILE, healthy(NOON - timedelta(days=3)))
    answer = decided(observed(tmp_path, AWS), InfrastructureKind.TERRAFORM)
    assert (answer.kind, answer.reason) == (Kind.UNKNOWN, Reason.STALE)


def test_a_scan_of_the_future_is_refused_for_good(tmp_path: Path) -> None:
    write_results(tmp_path / FILE, [*healthy(NIGHT), result("ec2_ami_public", "ami-1", NOON + timedelta(minutes=6))])
    subject, reason, detail = why(observed(tmp_path, AWS))
    assert (subject, reason, "future" in detail) == ("account:aws", Reason.INCOMPLETE, True)


def test_without_any_cloud_the_files_decide(tmp_path: Path) -> None:
    github = Service(name="github", kind="github")
    posture = observed(
        tmp_path, github, files={"compose.yml": "services: {}\n", "examples/main.tf": MAIN["infra/main.tf"]}
    )
    assert (posture.observations, posture.gaps) == ((), ())
    assert decided(posture, InfrastructureKind.COMPOSE).kind is Kind.HOLDS
    assert decided(posture).reason is Reason.NOT_DECLARED


@pytest.mark.parametrize(
    ("files", "cloud"),
    [
        (MAIN, "aws"),
        ({"a.tf": 'resource "azurerm_storage_account" "a" {}\n'}, "azure"),
        ({"a.tf": 'data "google_project" "a" {}\n'}, "gcp"),
        ({"a.tf.json": '{"resource": {"aws_s3_bucket": {"a": {}}}}'}, "aws"),
        ({"a.tf": 'module "a" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n'}, "aws"),
        ({"a.tf": 'terraform {\n  required_providers {\n    g = { source = "hashicorp/google" }\n  }\n}\n'}, "gcp"),
        ({"stack.yml": "Resources:\n  Media:\n    Type: AWS::S3::Bucket\n"}, "aws"),
    ],
)
def test_a_cloud_that_only_the_files_name_must_be_scanned(tmp_path: Path, files: dict[str, str], cloud: str) -> None:
    posture = observed(tmp_path, files=files)
    subject, reason, detail = why(posture)
    assert (subject, reason) == (f"cloud:{cloud}", Reason.NOT_CONFIGURED)
    assert f"prowler {cloud} --output-formats json-ocsf" in detail
    assert next(iter(files)) in detail
    answer = decided(posture, InfrastructureKind.TERRAFORM)
    assert (answer.kind, answer.reason) == (Kind.UNKNOWN, Reason.NOT_CONFIGURED)


def test_comments_and_other_providers_are_no_cloud(tmp_path: Path) -> None:
    text = '# resource "aws_s3_bucket" "a" {}\nresource "random_id" "a" {}\nresource "postgresql_role" "a" {}\n'
    assert observed(tmp_path, files={"a.tf": text}).observations == ()


def test_a_declared_account_without_results(tmp_path: Path) -> None:
    account = Service(name="main", kind="AWS", account=ACCOUNT)
    assert why(observed(tmp_path, account))[:2] == ("account:main", Reason.NOT_CONFIGURED)
    assert why(observed(tmp_path, AWS))[:2] == ("account:aws", Reason.NOT_CONFIGURED)
    nameless = Service(name="main", kind="aws", posture=FILE)
    assert why(observed(tmp_path, nameless))[:2] == ("account:main", Reason.NOT_DECLARED)


def test_a_cloud_without_a_known_scanner_is_said(tmp_path: Path) -> None:
    posture = observed(tmp_path, files={"a.tf": 'resource "hcloud_server" "a" {}\n'})
    assert why(posture)[:2] == ("cloud:hetzner", Reason.NOT_VERIFIABLE_YET)
    assert decided(posture, InfrastructureKind.TERRAFORM).kind is Kind.UNKNOWN


def test_one_account_does_not_stand_for_another_cloud(tmp_path: Path) -> None:
    write_results(tmp_path / FILE, healthy(NIGHT))
    posture = observed(tmp_path, AWS, files={**MAIN, "g.tf": 'provider "google" {}\n'})
    assert sorted(str(item.subject) for item in posture.observations) == ["account:aws", "cloud:gcp"]
    assert decided(posture, InfrastructureKind.TERRAFORM).kind is Kind.UNKNOWN


def test_an_account_that_no_file_describes_is_not_code(tmp_path: Path) -> None:
    write_results(tmp_path / FILE, healthy(NIGHT))
    answer = decided(observed(tmp_path, AWS, files={"compose.yml": "services: {}\n"}), InfrastructureKind.COMPOSE)
    assert (answer.kind, answer.reason) == (Kind.UNKNOWN, Reason.NOT_DECLARED)


def test_a_repository_that_cannot_be_read_may_use_any_cloud(tmp_path: Path) -> None:
    assert [gap.why for gap in observed(tmp_path, gone=True).gaps] == [Reason.DENIED]


def test_a_finding_keeps_its_id_when_others_come_and_go(tmp_path: Path) -> None:
    failed = result("ec2_ami_public", "ami-1", NIGHT, status="FAIL")
    ids = []
    for others in ([], [result("ec2_ami_public", "ami-0", NIGHT, status="FAIL")]):
        write_results(tmp_path / FILE, [*others, *healthy(NIGHT), failed])
        answer = decided(observed(tmp_path, AWS), InfrastructureKind.TERRAFORM)
        ids += [row.finding_id for row in answer.rows if row.finding and "ami-1" in row.finding.message]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_kinds_of_services() -> None:
    assert [cloud_of(kind) for kind in ("AWS", "Google Cloud", "hcloud", "google", "github", "")] == [
        Cloud.AWS,
        Cloud.GCP,
        Cloud.HETZNER,
        None,
        None,
        None,
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_scan_with_less_in_it_never_holds(tmp_path: Path, data: st.DataObject) -> None:
    """Checks that were refused, filtered, muted or handed to a person do not make a broken account a good one."""
    results = [*healthy(NIGHT), result("ec2_ami_public", "ami-1", NIGHT, status="FAIL")]
    essential = [item for item in results if item["severity"] != "Low" and item["status_code"] == "PASS"]
    lost = data.draw(st.sampled_from(essential))
    kept = [item for item in results if item["metadata"] != lost["metadata"] and item["status_code"] != "FAIL"]
    handed = [{**item, "status_code": "MANUAL"} if item["status_code"] == "FAIL" else item for item in results]
    muted = [{**item, "status_id": 3, "status": "Suppressed"} for item in results]
    one_region = [item for item in results if item["cloud"] == lost["cloud"] and item["status_code"] == "PASS"]
    write_results(tmp_path / FILE, data.draw(st.sampled_from([kept, one_region, muted, handed[-1:] + essential])))
    assert decided(observed(tmp_path, AWS), InfrastructureKind.TERRAFORM).kind is not Kind.HOLDS
