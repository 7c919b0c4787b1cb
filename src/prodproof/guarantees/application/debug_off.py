"""DEBUG is off in production, verified from outside and from the effective settings of the running process.

Risk: Anybody who mistypes an address or causes an error is shown your settings, the addresses of your application and
the code around the fault; with some frameworks they get a console that runs their commands on your server.
Verified: The collector reads DEBUG from the settings as the application loaded them, in the environment in which its
command is run, and unknown paths are asked for from outside and searched for the debug pages of a dozen frameworks.
Without the collector the source is read: it can show that DEBUG is on, never that it is off. Flask, FastAPI and
Express switches are read from source alone.
Mend: Django: `DEBUG = False` in the production settings, or `DEBUG = env.bool("DEBUG", default=False)`, so that a
missing variable is the safe case (`bool(os.environ.get("DEBUG"))` is true for the text "False"). Flask: remove
`debug=True` and FLASK_DEBUG, serve with gunicorn. FastAPI: no `debug=True`. Express: `NODE_ENV=production`.
Then declare `[[django]] manage = ["python", "manage.py"]`, so that it stays verified.
"""

from dataclasses import replace
from typing import Any

from prodproof.facts import Location, Reason
from prodproof.facts.code import DebugSwitch, DebugSwitches
from prodproof.facts.debug import DebugPages, DebugSign
from prodproof.facts.declared import Environment, EnvironmentKind
from prodproof.facts.django import Certainty, DjangoSettings, Setting, Source
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable, unknown

ASK = "to know it, let the running application be asked: [[django]] in the system file, or --django"


@guarantee("application.debug-off", seeds="M-P4", proof="inside+outside", severity="high")
def judge(fact: DjangoSettings, declared: Environment) -> Verdict:
    if declared.kind is EnvironmentKind.DEVELOPMENT:
        return not_applicable("a development environment")
    debug = fact.setting("DEBUG")
    if debug is None:
        return unknown(Reason.INCOMPLETE, "the settings that were read do not include DEBUG")
    if fact.source is Source.EFFECTIVE:
        return _effective(fact, debug)
    return _static(fact, debug)


def _effective(fact: DjangoSettings, debug: Setting) -> Verdict:
    if debug.certainty is not Certainty.KNOWN or (debug.type and debug.value is None):
        return unknown(Reason.INCOMPLETE, f"DEBUG is a {debug.type or 'value that cannot be read'}")
    if debug.value:
        text = f" (the text {debug.value!r}, which counts as true)" if isinstance(debug.value, str) else ""
        message = f"the running application has DEBUG on{text}: {fact.module}"
        return broken(Finding("debug-effective", message, key=fact.module))
    return holds(f"the application loads with DEBUG off ({fact.module}, Django {fact.django})")


def _static(fact: DjangoSettings, debug: Setting) -> Verdict:
    where = f"{fact.module} ({fact.chosen_because})" if fact.module else fact.chosen_because
    if debug.certainty is Certainty.KNOWN and debug.value:
        by = f" through the variable {debug.variable}" if debug.variable else ""
        text = ", whose text counts as true whatever it says" if debug.type == "text" else ""
        message = f"DEBUG is on in {where}{by}{text}"
        return broken(Finding("debug-in-source", message, debug.location, key=fact.module))
    if debug.certainty is Certainty.KNOWN:
        return unknown(Reason.NOT_CONFIGURED, f"DEBUG is off in the source of {where}; {ASK}")
    if debug.certainty is Certainty.ENVIRONMENT and debug.value:
        return unknown(Reason.NOT_CONFIGURED, f"DEBUG is on unless the variable {debug.variable} turns it off; {ASK}")
    if debug.certainty in (Certainty.ENVIRONMENT, Certainty.REQUIRED):
        trap = " (any text in it, `False` too, turns DEBUG on)" if debug.type == "text" else ""
        return unknown(Reason.NOT_CONFIGURED, f"the variable {debug.variable} decides about DEBUG{trap}; {ASK}")
    return unknown(Reason.NOT_CONFIGURED, f"DEBUG cannot be told from the source of {where or 'its settings'}; {ASK}")


@judge.also
def outside(fact: DebugPages) -> Verdict:
    if fact.signs:
        sign = fact.signs[0]
        message = f"{sign.asked} is answered with {sign.framework}'s debug page ({sign.sign!r})"
        return broken(Finding("debug-page", message, key=sign.framework))
    return holds(f"{' and '.join(fact.asked)} showed no debug page")


@judge.also
def switches(fact: DebugSwitches, declared: Environment) -> Verdict:
    if declared.kind is EnvironmentKind.DEVELOPMENT:
        return not_applicable("a development environment")
    reached = [switch for switch in fact.switches if switch.reached]
    if reached:
        return broken(
            *(
                Finding("debug-switch", f"{item.framework}: {item.switch}", item.location, key=item.switch)
                for item in reached
            )
        )
    if fact.frameworks == ("Django",):
        return holds("no other framework's debug switch")
    names = " and ".join(fact.frameworks)
    return unknown(
        Reason.INSUFFICIENT_PROOF, f"{names}: no debug switch in the source; the running process is not asked"
    )


PRODUCTION = Environment(name="production")
OFF = Setting(name="DEBUG", value=False)
LIVE = DjangoSettings(source=Source.EFFECTIVE, module="shop.settings", django="5.2", settings=(OFF,))
IN_SOURCE = replace(LIVE, source=Source.STATIC, chosen_because="shop/wsgi.py names it")
QUIET = DebugPages(asked=("an unknown path",))
FLASK = DebugSwitches(frameworks=("Flask",))
RUN = DebugSwitch(framework="Flask", switch="app.run(debug=True)", reached=True, location=Location("app.py", 9))


def _with(settings: DjangoSettings, **changes: Any) -> DjangoSettings:
    return replace(settings, settings=(replace(OFF, **changes),))


EXAMPLES = (
    Example("off in the running application", LIVE, holds, PRODUCTION),
    Example("on in the running application", _with(LIVE, value=True), broken, PRODUCTION, says="has DEBUG on"),
    Example("the text False counts as true", _with(LIVE, value="False"), broken, PRODUCTION, says="counts as true"),
    Example(
        "on, on a developer's machine",
        _with(LIVE, value=True),
        not_applicable,
        Environment(name="dev", kind=EnvironmentKind.DEVELOPMENT),
    ),
    Example(
        "off in the source alone",
        IN_SOURCE,
        unknown,
        PRODUCTION,
        says="off in the source",
        reason=Reason.NOT_CONFIGURED,
    ),
    Example("on in the source", _with(IN_SOURCE, value=True), broken, PRODUCTION),
    Example(
        "a variable decides, on by default",
        _with(IN_SOURCE, value=True, certainty=Certainty.ENVIRONMENT, variable="DEBUG"),
        unknown,
        PRODUCTION,
        says="unless the variable DEBUG",
        reason=Reason.NOT_CONFIGURED,
    ),
    Example("no setting was read", replace(LIVE, settings=()), unknown, PRODUCTION, reason=Reason.INCOMPLETE),
    Example("no debug page", QUIET, holds),
    Example(
        "the page that lists all URL patterns",
        replace(
            QUIET, signs=(DebugSign(asked="an unknown path", framework="Django", sign="DEBUG = True", status=404),)
        ),
        broken,
    ),
    Example("Flask without a switch", FLASK, unknown, PRODUCTION, reason=Reason.INSUFFICIENT_PROOF),
    Example("Flask started in debug mode", replace(FLASK, switches=(RUN,)), broken, PRODUCTION),
    Example(
        "a switch that nothing reaches",
        replace(FLASK, switches=(replace(RUN, reached=False),)),
        unknown,
        PRODUCTION,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("Django alone", replace(FLASK, frameworks=("Django",)), holds, PRODUCTION),
    Example(
        "a value that cannot be read",
        _with(LIVE, value=None, type="lazy object"),
        unknown,
        PRODUCTION,
        says="lazy object",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "not even its type is known",
        _with(LIVE, certainty=Certainty.UNKNOWN),
        unknown,
        PRODUCTION,
        reason=Reason.INCOMPLETE,
    ),
    Example("None counts as off", _with(LIVE, value=None), holds, PRODUCTION),
    Example("a number", _with(LIVE, value=0, type="int"), holds, PRODUCTION),
    Example(
        "a variable decides, off by default",
        _with(IN_SOURCE, value=False, certainty=Certainty.ENVIRONMENT, variable="DEBUG"),
        unknown,
        PRODUCTION,
        says="the variable DEBUG decides",
        reason=Reason.NOT_CONFIGURED,
    ),
    Example(
        "a variable that must be there decides",
        _with(IN_SOURCE, value=True, certainty=Certainty.REQUIRED, variable="DEBUG"),
        unknown,
        PRODUCTION,
        says="the variable DEBUG decides",
        reason=Reason.NOT_CONFIGURED,
    ),
    Example(
        "computed in the source",
        _with(IN_SOURCE, certainty=Certainty.UNKNOWN),
        unknown,
        PRODUCTION,
        says="cannot be told",
        reason=Reason.NOT_CONFIGURED,
    ),
    Example(
        "a switch on a developer's machine",
        replace(FLASK, switches=(RUN,)),
        not_applicable,
        Environment(name="dev", kind=EnvironmentKind.DEVELOPMENT),
    ),
)
