"""Features that touch authentication, payments, personal data or administration have a threat model.

Risk: The feature that handles money or passwords was built without anybody asking how it could be abused; attackers
ask first.
Verified: Sensitive code, found by its names or declared (`sensitive_paths`), is matched with threat model files (by
path or topic; `threat_models` names further ones). A model must bear a date and an owner, and its file must have been
touched since the module's last change of a hundred lines or more, as the history tells it.
Mend: Write `docs/threat-models/payments.md`: owner, date, `covers: shop/payments`, what is at stake, who attacks, what
stops them. Look at it again with every large change.
"""

from dataclasses import replace
from datetime import UTC, datetime

from prodproof.facts import Location, Reason
from prodproof.facts.reviews import SensitiveModule, Sensitivity, ThreatModel, ThreatModelling
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("culture.threat-models", seeds="K-interview", proof="record", severity="medium")
def judge(modelling: ThreatModelling) -> Verdict:
    """Each sensitive module: a model, dated, owned, not older than the code."""
    if not modelling.modules:
        return unknown(
            Reason.NOT_DECLARED, "no sensitive code was recognised by its name; name it under sensitive_paths"
        )
    findings = [finding for module in modelling.modules if (finding := _flaw(module, modelling.models))]
    if findings:
        return broken(*findings)
    if modelling.history:
        return unknown(Reason.INCOMPLETE, modelling.history)
    return holds(f"{len(modelling.modules)} sensitive modules have a threat model that is up to date")


def _flaw(module: SensitiveModule, models: tuple[ThreatModel, ...]) -> Finding | None:
    mine = [model for model in models if module.path in model.covers]
    if not mine:
        return Finding(
            "no-threat-model", f"{module.path} ({module.kind}) has no threat model", Location(module.path.rstrip("/"))
        )
    owned = [model for model in mine if model.dated and model.owner]
    if not owned:
        lacks = "a date" if mine[0].owner else "an owner" if mine[0].dated else "a date and an owner"
        return Finding(
            "unowned-threat-model", f"the threat model of {module.path} lacks {lacks}", mine[0].location, module.path
        )
    if module.changed and all(model.changed and model.changed < module.changed for model in owned):
        message = f"{module.path} changed much on {module.changed:%Y-%m-%d}, after its threat model was last touched"
        return Finding("outdated-threat-model", message, owned[0].location, module.path)
    return None


_PAYMENTS = SensitiveModule("shop/payments/", Sensitivity.PAYMENTS, datetime(2026, 3, 1, tzinfo=UTC))
_MODEL = ThreatModel(
    Location("docs/threat-models/payments.md"),
    "2026-04-02",
    "ana",
    datetime(2026, 4, 2, tzinfo=UTC),
    ("shop/payments/",),
)
_WHOLE = ThreatModelling((_PAYMENTS,), (_MODEL,))

EXAMPLES = (
    Example("a model, newer than the code", _WHOLE, holds),
    Example("payments without a model", replace(_WHOLE, models=()), broken, says="has no threat model"),
    Example("a model of something else", replace(_WHOLE, models=(replace(_MODEL, covers=()),)), broken),
    Example("nobody owns it", replace(_WHOLE, models=(replace(_MODEL, owner=None),)), broken, says="lacks an owner"),
    Example(
        "older than the last large change",
        replace(_WHOLE, models=(replace(_MODEL, changed=datetime(2026, 2, 1, tzinfo=UTC)),)),
        broken,
        says="changed much on 2026-03-01",
    ),
    Example("a shallow clone", replace(_WHOLE, history="the clone is shallow"), unknown, reason=Reason.INCOMPLETE),
    Example("nothing recognised", ThreatModelling((), ()), unknown, reason=Reason.NOT_DECLARED),
    Example(
        "neither dated nor owned",
        replace(_WHOLE, models=(replace(_MODEL, owner=None, dated=None),)),
        broken,
        says="lacks a date and an owner",
    ),
    Example("without a date", replace(_WHOLE, models=(replace(_MODEL, dated=None),)), broken, says="lacks a date"),
    Example("a model that the history does not know", replace(_WHOLE, models=(replace(_MODEL, changed=None),)), holds),
    Example(
        "an old model beside a new one",
        replace(_WHOLE, models=(replace(_MODEL, changed=datetime(2026, 2, 1, tzinfo=UTC)), _MODEL)),
        holds,
    ),
    Example(
        "a model of the same commit",
        replace(_WHOLE, models=(replace(_MODEL, changed=datetime(2026, 3, 1, tzinfo=UTC)),)),
        holds,
    ),
    Example("code without a large change", replace(_WHOLE, modules=(replace(_PAYMENTS, changed=None),)), holds),
)
