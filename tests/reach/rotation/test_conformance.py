"""What every kind of credential answers, each on its real server."""

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.rotation.credential import Outcome, Use
from tests.reach.rotation.cases import Case, created, outcome, sessions


def test_the_present_one_is_accepted_and_a_wrong_one_refused(case: Case) -> None:
    assert case.credential.problems(case.old) in ((), [])
    assert outcome(case, case.old) is Outcome.ACCEPTED
    assert outcome(case, case.credential.wrong(case.old)) is Outcome.REFUSED


def test_the_new_one_is_good_beside_the_old_one_and_may_do_the_same(case: Case) -> None:
    new = created(case)
    assert new != case.old
    assert outcome(case, new) is outcome(case, case.old) is Outcome.ACCEPTED
    assert outcome(case, case.credential.wrong(new)) is Outcome.REFUSED
    assert not case.credential.missing(case.old, new)
    assert case.credential.name(new) != case.credential.name(case.old)


def test_made_twice_it_is_one(case: Case) -> None:
    first = created(case)
    proposed = first if case.credential.kind != "command" else None
    assert case.credential.create(case.old, proposed) == first
    assert outcome(case, first) is Outcome.ACCEPTED


def test_the_retired_one_is_refused_and_comes_back(case: Case) -> None:
    new = created(case)
    for _ in range(2):
        assert case.credential.retire(case.old) is None
        assert outcome(case, case.old) is Outcome.REFUSED
    assert outcome(case, new) is Outcome.ACCEPTED
    if not case.credential.can_restore:
        assert isinstance(case.credential.restore(case.old), Unseen)
        return
    assert case.credential.restore(case.old) is None
    assert outcome(case, case.old) is Outcome.ACCEPTED
    assert outcome(case, case.credential.wrong(case.old)) is Outcome.REFUSED


def test_sessions_of_a_retired_one_live_on_until_they_are_ended(case: Case) -> None:
    if case.opened is None:
        assert case.credential.end_sessions(case.old, busy=True) == 0
        return
    use = case.opened(case.old)
    assert sessions(case, case.old) == 1
    new = created(case)
    case.credential.retire(case.old)
    use()
    assert sessions(case, case.old) == 1 and sessions(case, new) == 0
    assert case.credential.end_sessions(case.old, busy=False) == 1
    with pytest.raises(Exception, match=r"."):
        use()
    assert case.credential.end_sessions(case.old, busy=True) == 0


def test_use_by_others_is_seen_and_our_own_is_not(case: Case) -> None:
    before = case.credential.use(case.old)
    assert isinstance(before, Use)
    outcome(case, case.old)
    assert case.credential.use(case.old) == before
    if case.opened is None:
        return
    case.opened(case.old)
    now = case.credential.use(case.old)
    assert isinstance(now, Use) and len(now.sessions - before.sessions) == 1
    assert any("127.0.0.1" in who for who in now.who)


def test_nothing_shows_a_value(case: Case, capfd: pytest.CaptureFixture[str]) -> None:
    new = created(case)
    told = [case.credential.attempt(new), case.credential.use(new), case.credential.retire(new), new, case.credential]
    shown = f"{told!r} {capfd.readouterr()}"
    for value in (*new.reveal().values(), *case.old.reveal().values()):
        assert value.rpartition("://")[2].partition("@")[0].rpartition(":")[2] not in shown


def test_where_nobody_answers_nothing_is_said(case: Case) -> None:
    away = case.away()
    for seen in (away.use(case.old), away.create(case.old, case.credential.wrong(case.old)), away.retire(case.old)):
        assert isinstance(seen, Unseen) and seen.why in (Reason.UNREACHABLE, Reason.INCOMPLETE)
    away.close()


def test_two_good_ones_are_found(case: Case) -> None:
    if case.credential.kind in ("command", "vault-database"):
        return  # its programs know of no others; Vault alone knows the other password
    new = created(case)
    problems = case.credential.problems(case.old)
    assert not isinstance(problems, Unseen)
    assert any(item.startswith(f"both credentials are valid: {case.credential.name(new)}") for item in problems)
