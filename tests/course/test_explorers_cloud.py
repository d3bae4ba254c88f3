"""The explorers of the cloud say and draw what the models say, and the charts say what is in the tables."""

import random

import numpy as np
import pytest

from aistack import cloud
from course.data import load
from course.explorers.cloud import PLACES, owning
from course.figures import cloud as figures
from course.prices import posted_prices, predicted_usd, year_of


def rows_of(table: str, **keys: str) -> dict[str, object]:
    rows = load(table)
    for column, value in keys.items():
        rows = rows[rows[column] == value]
    return dict(rows.iloc[0])


def test_owning_says_and_draws_what_the_model_says() -> None:
    explorer = owning()
    draw = random.Random(0)
    for _ in range(60):
        state = {name: draw.choice(lever.values()) for name, lever in explorer.levers.items()}
        explorer.set(**state)
        it = explorer.result
        assert it.capital == pytest.approx(
            cloud.capital_usd_per_hour(it.price, state["rate_percent"] / 100, state["life_years"])
        )
        power = rows_of("country_energy", country=PLACES[state["place"]], metric="carbon_intensity")
        watts = rows_of("chips", chip=state["chip"])["tdp_w"]
        kwh = watts / 1000 * load("regions")["pue"].median()
        assert it.grams == pytest.approx(kwh * power["value"])
        assert it.energy == pytest.approx(kwh * it.power_price)
        assert sum(it.shares) == pytest.approx(1)
        (x,), (y,) = explorer.chart.artists["here"].get_data()
        assert (x, y) == pytest.approx((state["utilisation"], it.capital * 100 / state["utilisation"] + it.energy))
        assert np.interp(x, *explorer.chart.artists["curve"].get_data()) == pytest.approx(y, rel=0.02)
        table = dict(explorer.table())
        assert table["Cheaper at this utilisation"] == ("own" if y < state["rent"] else "rent")
        assert (it.break_even < state["utilisation"] / 100) == (y < state["rent"])


def test_the_price_cut_turns_the_decision_of_a_lab_round() -> None:
    explorer = owning()
    verdicts = []
    for case in list(explorer.presets)[:3]:
        explorer.preset(case)
        verdicts.append(dict(explorer.table())["Cheaper at this utilisation"])
    assert verdicts == ["own", "own", "rent"]


def test_charts_state_the_extremes_of_their_tables() -> None:
    rows = posted_prices()
    h100 = rows[(rows["chip"] == "H100 SXM") & (rows["price_type"] == "on_demand")]["usd_per_accelerator_hour"]
    assert f"{len(h100)} posted prices" in figures.posted_prices(rows, "H100 SXM").caption
    grams = load("regions")["carbon_intensity_gco2_kwh"] * 0.8
    assert f"The ends are {grams.min():.0f} g" in figures.carbon_of_an_hour(load("regions"), 0.8).caption
    caption = figures.useful_hour(1.0, 0.1, {"somebody": 2.1}).caption
    assert "1.10 dollars if all are used and 10.10 if one in ten is" in caption
    assert "from 50 %" in caption


def test_a_prediction_for_every_posted_price() -> None:
    rows = posted_prices()
    predicted = predicted_usd(rows)
    assert len(rows) > 450
    assert (predicted > 0).all()
    assert predicted.index.equals(rows.index)
    assert (rows["age_years"] >= 0).all()


@pytest.mark.parametrize(("date", "year"), [("2024", 2024.5), ("2024-01", 2024.0417), ("2024-12-31", 2024.9583)])
def test_a_date_is_the_middle_of_what_is_stated(date: str, year: float) -> None:
    assert year_of(date) == pytest.approx(year, abs=1e-4)


def test_a_text_without_a_year_is_refused() -> None:
    with pytest.raises(ValueError, match="date = 'soon' has no year in it"):
        year_of("soon")
