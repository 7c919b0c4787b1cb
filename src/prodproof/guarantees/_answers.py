"""What judges of HTTP answers share: which answers count, and when too few were had."""

from prodproof.facts import Reason
from prodproof.facts.http import Answer, SiteAnswers, Situation
from prodproof.verdicts import Verdict, unknown


def own(fact: SiteAnswers) -> tuple[Answer, ...]:
    """The answers that the site itself gave: no firewall's challenge, no maintenance page of a gateway before it.

    None at all where the entry point's own page is forbidden or fails: who answered then is not known.
    """
    normal = fact.of(Situation.NORMAL)
    if normal is not None and _is_no_site(normal):
        return ()
    return tuple(answer for answer in fact.answers if answer.interposed is None)


def _is_no_site(normal: Answer) -> bool:
    return normal.interposed is not None or normal.status == 403 or normal.status >= 500


def unseen(fact: SiteAnswers, *needed: Situation) -> Verdict | None:
    """Why these answers cannot stand for the site; None when everything needed was read.

    A redirect that leaves the declared hosts stands for the normal answer: there is nothing else at this host.
    """
    for answer in fact.answers:
        if answer.certificate_error:
            return unknown(
                Reason.UNREACHABLE, f"the certificate is not trusted ({answer.certificate_error}); read all the same"
            )
    for answer in fact.answers:
        if answer.interposed and answer.situation in (Situation.NORMAL, *needed):
            return unknown(Reason.DENIED, f"{answer.called} came from {answer.interposed}, not from the site")
    for situation in needed:
        if fact.of(situation) is not None:
            continue
        if situation is Situation.NORMAL and fact.of(Situation.REDIRECT) is not None and not _lost(fact, situation):
            continue
        for missing in fact.missing:
            if missing.situation is situation:
                return unknown(missing.why, missing.detail)
        return unknown(Reason.INCOMPLETE, f"no {situation.value} answer was read")
    normal = fact.of(Situation.NORMAL)
    if normal is not None and _is_no_site(normal):
        reason = Reason.DENIED if normal.status == 403 else Reason.INCOMPLETE
        return unknown(reason, f"{normal.path} answers {normal.status}; the site was not seen working")
    return None


def _lost(fact: SiteAnswers, situation: Situation) -> bool:
    return any(missing.situation is situation for missing in fact.missing)
