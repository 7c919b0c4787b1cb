"""What is appended comes back, on both databases; what cannot be read any more comes back as unseen."""

import asyncio
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import DataStore, Declared, EntryPoint, Environment
from prodproof.ledger import Ledger, LedgerError, open_ledger
from prodproof.ledger.stored import GONE, OTHER_VERSION
from prodproof.verdicts import Kind
from tests.ledger.conftest import Make
from tests.ledger.samples import AT, HSTS, STEP, fill, host, observation, result, survey, unseen


def test_surveys_come_back_as_they_were_with_digests(ledger: Ledger) -> None:
    run = ledger.start_run("production", AT)
    given = Survey(
        EntryPoint,
        (observation("a"), unseen("b")),
        gaps=(Unseen(Reason.TIMED_OUT, "page 3"),),
        listed=(host("c"),),
    )

    returned = ledger.append_surveys(run, STEP, [given])
    read = ledger.latest_surveys([STEP, "another step"], "production")

    assert read == {STEP: returned}
    assert returned[0].observations[0].digest is not None
    assert replace(returned[0].observations[0], digest=None) == given.observations[0]
    assert returned[0].observations[1] == given.observations[1]
    assert (returned[0].gaps, returned[0].listed) == (given.gaps, given.listed)


def test_the_newest_survey_of_a_step_and_environment_counts(ledger: Ledger) -> None:
    production, staging = ledger.start_run("production", AT), ledger.start_run("staging", AT)
    ledger.append_surveys(production, STEP, [survey(observation("old"))])
    ledger.append_surveys(staging, STEP, [survey(observation("staging"))])
    ledger.append_surveys(production, STEP, [survey(observation("new"))])

    found = ledger.latest_surveys([STEP], "production")[STEP]

    assert [item.subject for item in found[0].observations] == [host("new")]


def test_equal_facts_are_stored_once(make: Make, tmp_path: Path) -> None:
    ledger = make()
    run = ledger.start_run("production", AT)
    for _ in range(5):
        ledger.append_surveys(run, STEP, [survey()])
    with sqlite3.connect(tmp_path / "state" / "ledger.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM ledger_payload").fetchone() == (1,)
    connection.close()
    assert ledger.verify().ok


def test_results_come_back_by_guarantee(ledger: Ledger) -> None:
    run = fill(ledger)

    found = ledger.latest_results("production")

    assert set(found) == {"exposure.hsts", "exposure.tls-modern"}
    hsts = found["exposure.hsts"]
    assert (hsts.kind, hsts.message, hsts.run, hsts.at) == (Kind.HOLDS, "run 2", run.id, run.started_at)
    assert hsts.rows[0].subject == host("shop.example") and hsts.rows[0].evidence
    assert found["exposure.tls-modern"].rows[0].finding is not None
    assert [item.message for item in ledger.history("exposure.hsts", "production", limit=2)] == ["run 2", "run 1"]
    assert ledger.latest_results("staging") == {}


def test_runs_say_whether_they_came_to_an_end(ledger: Ledger) -> None:
    fill(ledger, runs=2)
    interrupted = ledger.start_run("production", AT + timedelta(days=9), commit="abc", vantages=("outside",))

    runs = ledger.runs("production")

    assert [item.run.id for item in runs] == [interrupted.id, "run-1", "run-0"]
    assert runs[0].run == interrupted
    assert runs[0].finished_at is None and runs[1].finished_at is not None


def test_previous_is_the_last_time_a_subject_was_seen(ledger: Ledger) -> None:
    run = ledger.start_run("production", AT)
    ledger.append_surveys(run, STEP, [survey(observation("a", purpose="first"))])
    ledger.append_surveys(run, STEP, [survey(unseen("a"))])

    found = ledger.previous(EntryPoint, host("a"), "production")

    assert found is not None and found.seen == observation("a", purpose="first").seen
    assert ledger.previous(EntryPoint, host("b"), "production") is None
    assert ledger.previous(DataStore, host("a"), "production") is None


def test_a_declaration_comes_back(ledger: Ledger) -> None:
    declared = Declared(system="shop", environment=Environment(name="production"))
    assert ledger.latest_declaration("production") is None
    ledger.append_declaration(declared, AT)
    assert ledger.latest_declaration("production") == declared
    assert ledger.latest_declaration("staging") is None


def test_systems_in_one_database_do_not_see_each_other(location: tuple[Path | None, str | None]) -> None:
    with open_ledger(*location, system="shop") as shop, open_ledger(*location, system="blog") as blog:
        fill(shop)
        run = blog.start_run("production", AT)
        blog.append_surveys(run, STEP, [survey(observation("blog.example"))])

        assert blog.latest_results("production") == {}
        assert blog.latest_surveys([STEP], "production")[STEP][0].listed == (host("blog.example"),)
        assert (shop.verify().entries, blog.verify().entries) == (15, 2)
        assert shop.verify().ok and blog.verify().ok
        with pytest.raises(LedgerError, match="blog, shop; name the system"):
            open_ledger(*location)


def test_it_may_be_used_within_an_event_loop(ledger: Ledger) -> None:
    async def use() -> int:
        return fill(ledger, runs=1) is not None and ledger.head().sequence

    assert asyncio.run(use()) == 5


def test_a_fact_of_another_version_is_unseen(make: Make, tmp_path: Path) -> None:
    ledger = make()
    run = ledger.start_run("production", AT)

    @dataclass(frozen=True)
    class EntryPoint:
        """Of the same name as the real one, and of another form."""

        address: int

    EntryPoint.__module__ = "prodproof.facts.declared"
    other = Observation(host("a"), EntryPoint(1), AT, "outside", Proof.OUTSIDE)
    ledger.append_surveys(run, STEP, [Survey(EntryPoint, (other,))])

    found = ledger.latest_surveys([STEP], "production")[STEP][0]

    assert found.observations[0].seen == OTHER_VERSION
    assert found.listed == (host("a"),)


def test_a_fact_type_that_is_not_known_is_left_out(make: Make) -> None:
    ledger = make()
    run = ledger.start_run("production", AT)

    @dataclass(frozen=True)
    class Future:
        answer: int

    Future.__module__ = "prodproof.facts.declared"
    ledger.append_surveys(run, STEP, [Survey(Future, ()), survey()])

    assert [found.fact for found in ledger.latest_surveys([STEP], "production")[STEP]] == [EntryPoint]


@pytest.mark.parametrize("purpose", ["\ud800", "nul \0 and \u2028"])
def test_text_that_no_database_likes_is_stored_or_said_to_be_unseen(ledger: Ledger, purpose: str) -> None:
    run = ledger.start_run("production", AT)
    odd = replace(observation("a", purpose=purpose), subject=Subject("file", f"name {purpose}"))

    returned = ledger.append_surveys(run, STEP, [survey(odd)])
    found = ledger.latest_surveys([STEP], "production")[STEP]

    assert found[0].observations[0].seen == returned[0].observations[0].seen
    assert ledger.verify().ok


def test_a_fact_without_a_stored_form_is_unseen_and_not_a_crash(make: Make) -> None:
    ledger = make()
    run = ledger.start_run("production", AT)
    strange = DataStore(name="a", kind="b", rto=b"1")  # type: ignore[arg-type]  # the wrong type is the point
    huge = Observation(host("a"), strange, AT, "inside", Proof.INSIDE)

    returned = ledger.append_surveys(run, STEP, [Survey(DataStore, (huge,))])

    assert isinstance(returned[0].observations[0].seen, Unseen)
    assert returned[0].observations[0].seen.why is Reason.CRASHED


def test_a_long_step_key_is_found_again(ledger: Ledger) -> None:
    run = ledger.start_run("production", AT)
    keys = [f"probe host:{'x' * 3000}{number} outside" for number in range(2)]
    for key in keys:
        ledger.append_surveys(run, key, [survey(observation(key[-10:]))])
    found = ledger.latest_surveys(keys, "production")
    assert {key: value[0].listed for key, value in found.items()} == {key: (host(key[-10:]),) for key in keys}


def test_a_removed_fact_leaves_its_subject_listed_and_its_verdict_worded_no_more(ledger: Ledger) -> None:
    run = ledger.start_run("production", AT)
    seen = ledger.append_surveys(run, STEP, [survey()])
    digest = seen[0].observations[0].digest
    assert digest is not None
    ledger.append_results(run, [result(HSTS, evidence=(digest,), message="quotes what was seen")])

    assert ledger.erase(digest[:10], "a person asked", AT) == digest

    found = ledger.latest_surveys([STEP], "production")[STEP][0]
    assert found.listed == (host("shop.example"),) and found.observations[0].seen == GONE
    stored = ledger.latest_results("production")["exposure.hsts"]
    assert (stored.kind, stored.reason) == (Kind.UNKNOWN, Reason.STALE)
    assert ledger.verify().ok and ledger.verify().removed == 2


def test_a_broken_verdict_stays_broken_without_its_details(ledger: Ledger) -> None:
    run = ledger.start_run("production", AT)
    seen = ledger.append_surveys(run, STEP, [survey()])
    digest = seen[0].observations[0].digest or ""
    ledger.append_results(run, [result(HSTS, Kind.BROKEN, evidence=(digest,))])
    ledger.erase(digest, "a person asked", AT)
    assert ledger.latest_results("production")["exposure.hsts"].kind is Kind.BROKEN


def test_pruning_keeps_what_is_new_and_what_the_newest_verdicts_rest_on(ledger: Ledger) -> None:
    fill(ledger, runs=4)
    before = ledger.latest_surveys([STEP], "production"), ledger.latest_results("production")

    removed = ledger.prune(AT + timedelta(days=2), AT + timedelta(days=5))

    assert removed == 4  # two old facts, and the two wordings that quoted them
    assert (ledger.latest_surveys([STEP], "production"), ledger.latest_results("production")) == before
    assert ledger.prune(AT + timedelta(days=99), AT + timedelta(days=99)) == 2
    assert (ledger.latest_surveys([STEP], "production"), ledger.latest_results("production")) == before
    assert ledger.verify().ok and ledger.verify().removed == 6


def test_an_erased_fact_that_is_seen_again_is_kept_again(ledger: Ledger) -> None:
    run = ledger.start_run("production", AT)
    seen = ledger.append_surveys(run, STEP, [survey()])
    ledger.erase(seen[0].observations[0].digest or "", "a person asked", AT)
    again = ledger.append_surveys(run, STEP, [survey()])
    assert ledger.latest_surveys([STEP], "production")[STEP] == again
    assert ledger.verify().ok and ledger.verify().removed == 0


@pytest.mark.parametrize(
    ("digest", "reason", "said"),
    [("xyz", "why", "no digest"), ("0" * 64, "why", "no payload begins"), ("0" * 64, "  ", "needs a reason")],
)
def test_an_erasure_that_makes_no_sense_is_refused(make: Make, digest: str, reason: str, said: str) -> None:
    ledger = make()
    fill(ledger, runs=1)
    with pytest.raises(LedgerError, match=said):
        ledger.erase(digest, reason, AT)
    assert ledger.verify().entries == 5


def test_what_was_erased_is_nowhere_in_the_files(make: Make, tmp_path: Path) -> None:
    ledger = make()
    run = ledger.start_run("production", AT)
    seen = ledger.append_surveys(run, STEP, [survey(observation(purpose="Ada Lovelace, 10 December 1815"))])
    ledger.erase(seen[0].observations[0].digest or "", "a person asked", AT)
    ledger.close()
    left = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert b"Lovelace" not in left


def test_the_state_directory_ignores_itself(make: Make, tmp_path: Path) -> None:
    make()
    assert (tmp_path / "state" / ".gitignore").read_text() == "*\n"


def test_an_altered_newest_entry_is_refused_and_not_passed_over(make: Make, tmp_path: Path) -> None:
    ledger = make()
    fill(ledger)
    with sqlite3.connect(tmp_path / "state" / "ledger.sqlite3") as connection:
        connection.execute("UPDATE ledger_entry SET body = X'7b7d' WHERE sequence = 12")
    connection.close()
    with pytest.raises(LedgerError, match="entry 12 has been altered"):
        ledger.latest_surveys([STEP], "production")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"this is no database at all, but text" * 200, "not a database|no SQLite"), (None, "cannot be used")],
)
def test_a_state_directory_that_cannot_be_used_is_one_clear_line(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    state = tmp_path / "state"
    if content is None:
        state.write_text("a file")
    else:
        state.mkdir()
        (state / "ledger.sqlite3").write_bytes(content)
    with pytest.raises(LedgerError, match=said) as caught:
        open_ledger(state, system="shop")
    assert "\n" not in str(caught.value)


def test_a_database_url_is_never_quoted(tmp_path: Path) -> None:
    for url in ("postgresql://u:hunter2@127.0.0.1:1/db", "postgresql://u:hunter2@[::1/db"):
        with pytest.raises(LedgerError) as caught:
            open_ledger(None, url, system="shop")
        assert "hunter2" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_ledger_of_a_newer_version_is_refused(make: Make, tmp_path: Path) -> None:
    make().close()
    with sqlite3.connect(tmp_path / "state" / "ledger.sqlite3") as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('ledger', '0999_later', '2030-01-01')"
        )
    connection.close()
    with pytest.raises(LedgerError, match="newer prodproof"):
        make()


def test_importing_the_room_does_not_import_django() -> None:
    code = "import sys, prodproof.ledger; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_migrations_say_what_the_models_say(make: Make) -> None:
    make()
    from django.core.management import call_command

    try:
        call_command("makemigrations", "ledger", check_changes=True, dry_run=True, verbosity=0)
        missing = False
    except SystemExit:
        missing = True
    assert not missing
