"""A search says what was found, once each, and never says that nothing is there when it did not look."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from prodproof.facts import Reason
from prodproof.trace.finding import Finding
from prodproof.trace.search import MAX_FINDINGS, Outcome, Progress, Search, first_of_each
from prodproof.trace.stream import Item, Sink
from tests.trace.plain import Literal, Texts

WANTED = b"correct-horse-7"


def search(*sources: Texts, matcher: Literal | None = None, **options: Any) -> Outcome:
    return Search(sources, [matcher or Literal(WANTED)], **options).run()


def test_what_is_there_is_found_with_its_place() -> None:
    text = b"first line\npassword = correct-horse-7 # old\nlast\n"
    outcome = search(Texts("logs", {"a.log": text}, {"b.log": b"nothing"}))
    (found,) = outcome.findings
    assert (found.place, found.path, found.line, found.offset) == ("logs", "a.log", 2, text.index(WANTED))
    assert (found.kind, found.rule, found.encoding) == ("wanted", "value", "plain")
    assert found.context == "password = … # old"
    assert outcome.complete
    assert outcome.bytes_read >= len(text) + len(b"nothing")


def test_nothing_is_found_where_nothing_is() -> None:
    outcome = search(Texts("logs", {"a.log": b"correct-horse-8"}))
    assert outcome.findings == () and outcome.complete


def test_no_value_is_shown_by_anything() -> None:
    both = b"k=correct-horse-7 correct-horse-7;t=" + b"Zk3" * 30
    outcome = search(Texts("logs", {"a.log": both}))
    assert len(outcome.findings) == 2
    assert "horse" not in repr(outcome) and "Zk3Zk3Zk3Zk3" not in repr(outcome)


def test_half_a_secret_at_the_edge_of_the_context_is_not_shown() -> None:
    text = b'{"a": "' + b"s3cr3t!" * 40 + b'", "b": "correct-horse-7"}'
    (found,) = search(Texts("logs", {"a.json": text})).findings
    assert "s3cr3t" not in found.context


def test_long_names_are_shown() -> None:
    text = b"export HARBOUR_PAYMENTS_PROVIDER_SECRET='correct-horse-7' other=" + b"Zk3" * 10
    (found,) = search(Texts("logs", {"a": text})).findings
    assert found.context == "export HARBOUR_PAYMENTS_PROVIDER_SECRET='…' …"


def test_a_hit_in_the_overlap_of_two_slabs_is_one_finding() -> None:
    size = 8 * 1024 * 1024
    text = bytearray(b"." * (2 * size))
    for position in (size - 40, size - 7, size + 20):
        text[position : position + len(WANTED)] = WANTED
    outcome = search(Texts("logs", {"big": bytes(text)}), matcher=Literal(WANTED, overlap=64))
    assert [item.offset for item in outcome.findings] == [size - 40, size - 7, size + 20]


def test_the_same_finding_keeps_its_id_when_lines_move() -> None:
    before = search(Texts("logs", {"a": b"x\npassword = correct-horse-7\n"})).findings[0]
    after = search(Texts("logs", {"a": b"x\n\n\n  password =  correct-horse-7\n"})).findings[0]
    elsewhere = search(Texts("logs", {"b": b"x\npassword = correct-horse-7\n"})).findings[0]
    assert before.id == after.id != elsewhere.id
    assert before.line != after.line


def test_a_search_that_does_not_find_its_marker_proves_nothing() -> None:
    outcome = search(Texts("logs", {"a": b"x"}), matcher=Literal(WANTED, blind=True))
    assert not outcome.complete
    assert outcome.gaps[0].why is Reason.CRASHED and "marker" in outcome.gaps[0].detail


def test_what_a_source_cannot_read_makes_it_incomplete() -> None:
    def denied(sink: Sink) -> None:
        sink.gap("b.log\x1b[2J", Reason.DENIED, "may not be read")

    outcome = search(Texts("logs", {"a": b"x"}, reads=denied))
    assert not outcome.complete
    (gap,) = outcome.gaps
    assert (gap.place, gap.why, gap.detail) == ("logs", Reason.DENIED, "may not be read")
    assert "\x1b" not in gap.path


def test_a_source_that_fails_is_a_gap_and_the_others_go_on() -> None:
    def fail(sink: Sink) -> None:
        raise ValueError("correct-horse-7")

    outcome = search(Texts("bad", {"a": b"x"}, reads=fail), Texts("good", {"b": WANTED}))
    assert [item.place for item in outcome.findings] == ["good"]
    (gap,) = outcome.gaps
    assert gap.place == "bad" and gap.why is Reason.CRASHED
    assert "horse" not in repr(outcome)


def test_findings_and_gaps_without_end_are_counted() -> None:
    def many(sink: Sink) -> None:
        for number in range(1500):
            sink.gap(f"file {number}", Reason.DENIED, "may not be read")

    outcome = search(Texts("logs", {"a": WANTED * (MAX_FINDINGS + 7)}, reads=many))
    assert len(outcome.findings) == MAX_FINDINGS and outcome.more == 7
    assert len(outcome.gaps) == 1001 and "500" in outcome.gaps[-1].detail


def test_it_can_be_stopped_and_says_so() -> None:
    started = threading.Event()
    holder: list[Search] = []

    def wait(sink: Sink) -> None:
        started.set()
        holder[0].stop()
        sink.put(Item("more"), b"x")
        raise AssertionError("it went on")

    holder.append(Search([Texts("logs", {"a": WANTED}, reads=wait)], [Literal(WANTED)], threads=1))
    outcome = holder[0].run()
    assert started.is_set()
    assert outcome.interrupted and not outcome.complete


def test_a_fault_of_ours_in_a_matcher_is_raised() -> None:
    class Broken(Literal):
        def fork(self) -> "Literal":
            raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        search(Texts("logs", {"a": b"x"}), matcher=Broken(WANTED))


def test_progress_is_told() -> None:
    told: list[Progress] = []
    search(Texts("logs", {"a": b"x" * 1000}), progress=told.append)
    assert told and told[-1].size == 1000 and told[-1].read >= 1000


def found(path: str, date: str | None, commit: str | None, value: str = "f1", offset: int = 3) -> Finding:
    return Finding("git:.", path, offset, "Key", "key", "plain", value, 1, commit, date)


def test_of_many_versions_the_oldest_is_kept() -> None:
    items: Sequence[Finding] = (
        found("a", "2024-03-01", "c3", offset=7),
        found("a", "2023-01-01", "c1"),
        found("a", "2023-05-01", "c2", value="f2"),
        found("b", "2023-05-01", "c2"),
    )
    assert {(item.path, item.commit) for item in first_of_each(items)} == {("a", "c1"), ("a", "c2"), ("b", "c2")}


def test_what_stands_twice_in_a_file_is_told_twice() -> None:
    items = (found("a", None, None), found("a", None, None, offset=90))
    assert tuple(first_of_each(items)) == items
