"""What is compared with the code, and what is said of manifests that are not."""

from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.facts.dependency_use import DependencyUse
from prodproof.probes.dependency_use import observe
from tests.probes.files import seen, survey

GO_MOD = "module shop\n\ngo 1.22\n\nrequire github.com/gorilla/mux v1.8.1\n"


def test_go_modules_are_unknown_and_not_passed_over(tmp_path: Path) -> None:
    found = seen(
        survey(observe, tmp_path, {"go.mod": GO_MOD, "tools/go.mod": "module tools\n\ngo 1.22\n"})[DependencyUse]
    )
    assert set(found) == {"go.mod"}
    assert isinstance(found["go.mod"], Unseen) and found["go.mod"].why is Reason.NOT_VERIFIABLE_YET
