"""The quick looks that decide whether a file is worth parsing stay quick on files made to slow them down."""

from collections.abc import Callable

import pytest

from prodproof.reach.files.alert_rules import may_hold_rules
from prodproof.reach.files.alertmanager import may_hold_routing
from prodproof.reach.files.kube_objects import may_hold_objects


@pytest.mark.parametrize("sieve", [may_hold_rules, may_hold_objects, may_hold_routing])
@pytest.mark.parametrize("flood", ["\n" * 2_000_000, " " * 2_000_000, "\n - " * 500_000, "kind" * 500_000])
def test_floods(sieve: Callable[[str], bool], flood: str) -> None:
    assert sieve(f"apiVersion{flood}") is False
