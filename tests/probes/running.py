"""Runs one probe by itself."""

import asyncio
from collections.abc import Awaitable

from prodproof.facts import Observation, Survey
from prodproof.probes import Probe
from prodproof.reach.world import World


def survey_of(probe: Probe, about: object, world: World) -> tuple[Observation[object], ...]:
    """The observations of an asynchronous probe that answers with one survey."""

    async def run() -> tuple[Observation[object], ...]:
        answer = probe.observe(about, world)
        assert isinstance(answer, Awaitable)
        survey = await answer
        assert isinstance(survey, Survey)
        return survey.observations

    return asyncio.run(run())
