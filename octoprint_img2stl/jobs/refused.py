"""Why a job cannot do now what was asked of it."""

from __future__ import annotations

from ..problems import N_, Refusal


class RunnerRefused(Refusal):
    """The job cannot do that in its present state."""


def busy() -> RunnerRefused:
    return RunnerRefused(
        "jobs.busy", N_("This job is being worked on; wait for it or cancel it first.")
    )


def no_photo() -> RunnerRefused:
    return RunnerRefused(
        "jobs.no_photo",
        N_("The photo of this job could not be read; give another photo."),
    )


def no_solid() -> RunnerRefused:
    return RunnerRefused(
        "jobs.no_solid",
        N_("There is no solid yet; have one made of the photos first."),
    )
