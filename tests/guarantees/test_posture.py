"""Which posture scans can stand for a whole account."""

from dataclasses import replace

import pytest

from prodproof.facts.posture import Cloud, PostureResults
from prodproof.guarantees._posture import QUESTIONS, uncovered
from prodproof.guarantees.platform.infrastructure_reviewed import EXAMPLES

WHOLE = next(item.fact for item in EXAMPLES if isinstance(item.fact, PostureResults))
ASKED = {
    Cloud.AWS: ("identity", "public storage", "exposure to the internet", "encryption", "logging"),
    Cloud.AZURE: ("identity", "exposure to the internet", "encryption", "logging"),
    Cloud.GCP: ("identity", "exposure to the internet", "logging"),
}


def answered(cloud: Cloud, *left_out: str) -> PostureResults:
    """A scan with one answer to each question but those."""
    checks = tuple(min(some) for name, some in QUESTIONS[cloud] if name not in left_out)
    return replace(WHOLE, cloud=cloud, answered=checks)


@pytest.mark.parametrize(("cloud", "question"), [(cloud, name) for cloud, names in ASKED.items() for name in names])
def test_each_question_needs_an_answer(cloud: Cloud, question: str) -> None:
    assert uncovered(answered(cloud)) == ""
    assert uncovered(answered(cloud, question)).startswith(f"no answer about {question} (")


def test_regions_of_each_partition() -> None:
    aws = answered(Cloud.AWS)
    assert "us-west-2" in uncovered(replace(aws, regions=("us-east-1",)))
    for region in WHOLE.regions:
        assert region in uncovered(replace(aws, regions=tuple(set(WHOLE.regions) - {region})))
    for first, second in (("cn-north-1", "cn-northwest-1"), ("us-gov-east-1", "us-gov-west-1")):
        assert uncovered(replace(aws, regions=(first, second))) == ""
        assert uncovered(replace(aws, regions=(first,))).startswith(f"nothing about {second} (")
        assert uncovered(replace(aws, regions=(second,))).startswith(f"nothing about {first} (")
    assert uncovered(replace(answered(Cloud.GCP), regions=())) == ""
    assert "not known what" in uncovered(replace(aws, cloud=Cloud.ALIBABA))


def test_the_regions_that_every_account_has() -> None:
    assert set(WHOLE.regions) == {
        "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
        "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1",
        "us-east-2", "us-west-1", "us-west-2",
    }  # fmt: skip
