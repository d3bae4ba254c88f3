"""The explorer of lesson 09: what is said and drawn, computed again from the rows and the model."""

import numpy as np
import pytest

from aistack.diffusion import fit_curve
from course.charts import number
from course.explorers.diffusion import CEILINGS, CURVES, PROJECTS, foresight
from course.series import first_half, series_of

EXPLORER = foresight()


@pytest.mark.parametrize("project", PROJECTS)
@pytest.mark.parametrize("curve", CURVES)
def test_it_says_what_the_fit_to_the_first_part_says(project: str, curve: str) -> None:
    EXPLORER.set(project=project, curve=curve, seen_percent=60, ceiling=CEILINGS[1])
    years, stars = series_of("open_ecosystem", PROJECTS[project])
    seen = years <= years[0] + 0.6 * (years[-1] - years[0])
    fit = fit_curve(CURVES[curve], years[seen], stars[seen], ceiling_at_most=CEILINGS[1] * stars[seen].max())
    last = float(fit.at(years[-1]))
    table = dict(EXPLORER.table())
    assert table["Forecast over what came"] == f"{last / stars[-1]:.1%}"
    errors = np.abs(fit.at(years[~seen]) / stars[~seen] - 1)
    assert table["Typical error on points not seen"] == f"{np.median(errors):.1%}"
    assert f"foresaw {number(last)} stars" in EXPLORER.sentence
    assert ("assuming no change would" in EXPLORER.sentence) is (curve != "no change")
    assert EXPLORER.chart.artists["left title"].get_text().startswith(project)
    assert len(EXPLORER.chart.artists["came"].get_xdata()) == (~seen).sum()


def test_it_shows_the_surprise_of_the_lesson() -> None:
    """At half time the S-curve put the ceiling where the stars stood; nearly twice as many came."""
    EXPLORER.preset("llama.cpp, half seen: a lull taken for the end")
    known = first_half(*series_of("open_ecosystem", "stars-llama.cpp"))
    assert EXPLORER.result.points == len(known[0])
    assert EXPLORER.result.last / EXPLORER.result.stars[-1] < 0.6
    assert "It took a slower stretch for the end of growth." in EXPLORER.sentence
