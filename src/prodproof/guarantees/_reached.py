"""What judges of path answers share: whether the site was seen at all."""

from prodproof.facts import Reason
from prodproof.facts.paths import PathAnswer, PathLost, Table
from prodproof.verdicts import Verdict, unknown


def present(answer: PathAnswer) -> bool:
    """Whether something of its own answers there, rather than what any unknown path gets."""
    return 200 <= answer.status < 300 and not answer.as_unknown and answer.interposed is None


def unseen(
    home: PathAnswer | None, answers: tuple[PathAnswer, ...], lost: tuple[PathLost, ...], table: Table
) -> Verdict | None:
    """Why the answers cannot show that nothing is there; None when they can."""
    if home is None or lost:
        first = lost[0] if lost else PathLost("/", Reason.UNREACHABLE, "the site did not answer")
        more = f" and {len(lost) - 1} more paths" if len(lost) > 1 else ""
        return unknown(first.why, f"{first.detail} (asked for {first.path}{more})")
    if home.interposed:
        return unknown(Reason.DENIED, f"the site's own page was answered by {home.interposed}")
    if home.status in (401, 403) and home.as_unknown:
        return unknown(Reason.DENIED, f"every path answers {home.status} alike, as if this vantage were locked out")
    if home.status >= 500:
        return unknown(Reason.INCOMPLETE, f"the site's own page answers {home.status}")
    for answer in answers:
        if answer.interposed and answer.status not in (403, 404):
            return unknown(Reason.INCOMPLETE, f"{answer.path} was answered by {answer.interposed}")
    if home.certificate_error:
        return unknown(Reason.UNREACHABLE, f"the certificate is not trusted ({home.certificate_error})")
    if table is Table.NOT_READ:
        return unknown(
            Reason.INCOMPLETE, "only the usual paths were asked: the application's URL table has not been read yet"
        )
    return None
