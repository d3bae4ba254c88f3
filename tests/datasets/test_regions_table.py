"""Cloud regions: what they say of grid, power and water is possible, and fits their country."""

from collections.abc import Callable

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

REGIONS = load("regions")
ENERGY = load("country_energy")
GRID = ENERGY[ENERGY["metric"] == "carbon_intensity"].set_index("country")["value"]
CARBON = REGIONS["carbon_intensity_gco2_kwh"]
OF_COUNTRY = REGIONS["country"].map(GRID)


def test_there_are_enough_regions_to_choose_from() -> None:
    assert CARBON.notna().sum() >= 100
    assert REGIONS["pue"].notna().sum() >= 50
    assert REGIONS["country"].nunique() >= 25


def test_every_country_of_a_region_has_a_grid() -> None:
    assert set(REGIONS["country"]) - set(GRID.index) == set()


RULES: list[tuple[str, Callable[[], pd.Series]]] = [
    ("PUE outside 1.02 to 1.7", lambda: ~REGIONS["pue"].dropna().between(1.02, 1.7)),
    ("WUE outside 0 to 3 L/kWh", lambda: ~REGIONS["wue_l_kwh"].dropna().between(0, 3)),
    ("carbon outside 1 to 1,100 g/kWh", lambda: ~CARBON.dropna().between(1, 1100)),
    ("carbon above 1.7 times that of the country", lambda: CARBON > 1.7 * OF_COUNTRY + 30),
    ("carbon below 0.5 times that of the country", lambda: CARBON < 0.5 * OF_COUNTRY - 30),
]


@pytest.mark.parametrize(("rule", "wrong"), RULES, ids=[rule for rule, _ in RULES])
def test_no_region_breaks(rule: str, wrong: Callable[[], pd.Series]) -> None:
    assert broken_by(rule, REGIONS["region_id"], wrong()) == set()


@pytest.mark.parametrize(
    ("value", "says"),
    [("pue", "pue_year"), ("carbon_intensity_gco2_kwh", "carbon_basis")],
)
def test_a_figure_says_of_when_or_what_it_is(value: str, says: str) -> None:
    assert (REGIONS[value].notna() == REGIONS[says].notna()).all()


def test_hourly_carbon_free_energy_is_only_known_of_google() -> None:
    assert set(REGIONS.dropna(subset=["cfe_pct"])["provider"]) == {"GCP"}


def test_where_energy_is_carbon_free_the_grid_is_clean() -> None:
    """Google's share counts what it buys on top of the grid, so only the clean end must agree."""
    clean = REGIONS[REGIONS["cfe_pct"] >= 98]
    assert len(clean) >= 4
    assert clean[clean["carbon_intensity_gco2_kwh"] > 60]["region_id"].tolist() == []
