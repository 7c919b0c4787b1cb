"""Which segments of the log are missing, whatever their size is."""

import pytest

from prodproof.reach.backups._wal import log_bytes, missing_between, newest_of_timeline


def names(*numbers: tuple[int, int], timeline: int = 1) -> list[str]:
    return [f"{timeline:08X}{log:08X}{segment:08X}" for log, segment in numbers]


def test_nothing_is_missing() -> None:
    have = names((0, 254), (0, 255), (1, 0), (1, 1))
    assert missing_between(have, have[0], have[-1]) is None
    assert missing_between(have, have[0], have[0]) is None


@pytest.mark.parametrize("gap", [(0, 254), (0, 255), (1, 0), (1, 1)])
def test_the_first_missing_one_is_named(gap: tuple[int, int]) -> None:
    every = [(0, 254), (0, 255), (1, 0), (1, 1)]
    have = names(*(number for number in every if number != gap))
    assert missing_between(have, names(every[0])[0], names(every[-1])[0]) == names(gap)[0]


def test_larger_segments_are_fewer_to_a_log() -> None:
    have = names((0, 62), (0, 63), (1, 0), (1, 1))  # 64 MB
    assert missing_between(have, have[0], have[-1]) is None


def test_other_timelines_and_other_files_are_passed_over() -> None:
    have = names((0, 1), (0, 2)) + names((0, 3), timeline=2) + ["00000002.history", "x"]
    assert missing_between(have, have[0], have[1]) is None
    assert newest_of_timeline(have, have[0]) == have[1]


def test_how_much_log_there_is() -> None:
    first, last = names((0, 255), (1, 1))
    assert log_bytes(first, last) == 3 * 16 * 2**20
    assert log_bytes("", last) == 0
