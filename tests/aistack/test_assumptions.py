"""Where the race's coefficients come from: each is computed again from its rows, or it says that it is a lever."""

import re
from dataclasses import fields

import numpy as np
import pytest

from aistack.assumptions import BASES, Assumptions, drawn
from course.data import load, tables


def cell(table: str, key: str, column: str) -> float:
    rows = load(table)
    return float(rows.loc[rows[rows.columns[0]] == key, column].iloc[0])


def log_odds(percent: float) -> float:
    return float(np.log(percent / (100 - percent)))


def test_every_field_has_its_row_in_the_table_and_its_value_from_it() -> None:
    assert [field.name for field in fields(Assumptions)] == list(BASES)
    assert {name: getattr(Assumptions(), name) for name in BASES} == {n: basis.value for n, basis in BASES.items()}


@pytest.mark.parametrize("name", BASES)
def test_a_coefficient_names_rows_that_exist_or_is_called_a_lever(name: str) -> None:
    basis = BASES[name]
    assert basis.low <= basis.value <= basis.high
    assert basis.unit
    assert basis.meaning
    assert basis.is_lever == basis.how.startswith("lever") == (not basis.rows)
    if not basis.is_lever:
        rows = load(basis.table)
        known = set(rows[tables()[basis.table]["schema"]["primaryKey"]]) | set(rows.columns)
        assert set(basis.rows) <= known


def test_chips_take_the_share_of_capital_that_sites_report() -> None:
    sites = load("data_center_timelines").sort_values("date").groupby("site").last()
    sites = sites[sites["compute_bn_usd"] > 0]
    assert BASES["chip_share"].value == pytest.approx(
        sites["compute_bn_usd"].sum() / sites["capital_bn_usd"].sum(), abs=0.01
    )


def test_price_performance_grows_as_the_two_chips_say() -> None:
    first, last = BASES["price_performance_growth"].rows
    chips = load("chips").set_index("chip")
    years = (np.datetime64(chips.loc[last, "release_date"]) - np.datetime64(chips.loc[first, "release_date"])) / (
        np.timedelta64(365, "D")
    )
    peak, power = (chips.loc[last, name] / chips.loc[first, name] for name in ("fp16_tflops", "tdp_w"))
    basis = BASES["price_performance_growth"]
    assert basis.value == pytest.approx((peak / power) ** (1 / years) - 1, abs=0.01)
    assert basis.high == pytest.approx(peak ** (1 / years) - 1, abs=0.01)


def test_adoption_rises_as_the_survey_says() -> None:
    basis = BASES["adoption_rate"]
    first, middle, last = (log_odds(cell("adoption", key, "value")) for key in basis.rows)
    assert basis.value == pytest.approx((last - first) / 4, abs=0.005)
    assert basis.low == pytest.approx((middle - first) / 2, abs=0.005)
    assert basis.high == pytest.approx((last - middle) / 2, abs=0.005)


def test_reinvestment_is_the_rise_in_spending_over_the_rise_in_revenue() -> None:
    from course.scenarios import market, us_capex, us_share

    basis = BASES["reinvestment"]
    before, after = us_share("cy2019q2") * market(2019), us_share("cy2026q1") * market(2025)
    assert basis.value == pytest.approx((us_capex(2025) - us_capex(2019)) / (after - before), abs=0.05)
    early = us_share("cy2019q2") * (market(2021) - market(2019))
    assert basis.high == pytest.approx((us_capex(2021) - us_capex(2019)) / early, abs=0.05)


def test_points_per_doubling_is_what_the_back_cast_needs_between_its_two_rows() -> None:
    from course.scenarios import points_per_doubling

    assert BASES["points_per_doubling"].value == pytest.approx(points_per_doubling(), abs=0.05)


def test_draws_fill_the_ranges_and_replay() -> None:
    some, again = drawn(4000, seed=1), drawn(4000, seed=1)
    for name, basis in BASES.items():
        values = np.asarray(getattr(some, name))
        np.testing.assert_array_equal(values, getattr(again, name))
        assert basis.low <= values.min() < values.max() <= basis.high
        assert values.mean() == pytest.approx((basis.low + basis.high) / 2, rel=0.05)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Assumptions(inertia=1.2), "inertia = 1.2 is out of range; allowed: 0 or more, at most 1"),
        (lambda: Assumptions(adoption_rate=-1), "adoption_rate = -1 is out of range"),
        (lambda: Assumptions(focus=float("nan")), "focus = nan is out of range"),
        (lambda: drawn(3, 1, ("speed",)), "names = ['speed'] are no assumptions; allowed: sigma, "),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()  # type: ignore[operator]
