"""Scenarios of the race made from rows of the datasets: today's, and that of 2019 for the back-cast.

>>> scenario = race()
>>> [actor["name"] for actor in scenario["actors"]]
['US cloud firms', 'Chinese cloud firms']
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from aistack.assumptions import BASES, Assumptions
from aistack.race import Race, simulate
from course.data import load

US, CHINA = "US cloud firms", "Chinese cloud firms"
QUARTERS = 4
FIT_UNTIL = 2021
"""The back-cast's own constants come from rows up to this year; it is held against later rows."""

_GROUP = "amazon-alphabet-meta-microsoft-capex-group-total-cy{year}"
_US_SUPPLIERS = ("amazon-web-services", "microsoft-azure", "google-cloud")
_EU = "eurostat-enterprise-ai-eu27-{year}"
_MARKET = {2019: "cy2019q2", 2021: "cy2021q2", 2024: "cy2024q2", 2025: "cy2025q4"}
_CHINA_MARKET = "all-suppliers-in-china-market-size-cy2025q4"
_INDEX = {
    US: ("eci-us-2023-03-14", "eci-us-2024-12-17", "eci-us-2025-12-11"),
    CHINA: ("eci-cn-2023-11-02", "eci-cn-2024-12-26", "eci-cn-2025-12-01"),
}


def race(strategy_us: str = "full stack", strategy_china: str = "open full stack", draws: int = 1000) -> dict[str, Any]:
    """Return the scenario of 2025 to 2035: spending, market shares and adoption are data, strategies are yours.

    Levers without data: `chip_access` of the Chinese firms, the size of each shock and all chances but that of a new
    export rule. The Chinese firms' capital is taken to be as many years of spending as that of the US firms, as
    their spending before 2023 is not in the table.
    """
    spending = {US: us_capex(2025), CHINA: _china_capex_2025()}
    capital = {US: us_capital(2025)}
    capital[CHINA] = spending[CHINA] * capital[US] / spending[US]
    strategies = {US: strategy_us, CHINA: strategy_china}
    share = {US: us_share("cy2026q1"), CHINA: _china_share_2025()}
    access = {US: 1.0, CHINA: 0.5}
    return {
        "start_year": 2025,
        "years": 10,
        "draws": draws,
        "seed": 2025,
        "adoption": adoption(2025),
        "market_usd_bn": market(2025),
        "index_points": _value("open_ecosystem", _INDEX[US][-1]),
        "actors": [
            {
                "name": name,
                "strategy": strategies[name],
                "budget_usd_bn": spending[name],
                "market_share": share[name],
                "capital_usd_bn": capital[name],
                "known_for_usd_bn": capital[name],
                "chip_access": access[name],
            }
            for name in (US, CHINA)
        ],
        "shocks": [
            {
                "name": "new export rule",
                "layer": "chips",
                "hits": "investment",
                "probability": chance_of_a_rule(),
                "severity": 0.2,
                "actors": [CHINA],
            },
            {"name": "chip plants stop", "layer": "chips", "hits": "investment", "probability": 0.03, "severity": 0.7},
            {
                "name": "cloud outage",
                "layer": "cloud",
                "hits": "capital",
                "probability": 0.1,
                "severity": 0.1,
                "actors": [US, CHINA],
            },
        ],
    }


def history() -> tuple[dict[str, Any], Assumptions]:
    """Return the scenario of 2019 and assumptions that know nothing after `FIT_UNTIL` but the capability index.

    The EU's adoption of 2019 was not counted: it is taken back from 2021 in proportion to the market. Chinese
    spending of 2019 is not in the table: it is taken in proportion to revenue.
    """
    share = {US: us_share("cy2019q2"), CHINA: _percent("chinese-suppliers-market-share-cy2019q2")}
    start = adoption(FIT_UNTIL) * market(2019) / market(FIT_UNTIL)
    scenario: dict[str, Any] = {
        "start_year": 2019,
        "years": 6,
        "draws": 1,
        "seed": 0,
        "adoption": start,
        "market_usd_bn": market(2019),
        "index_points": 0,
        "actors": [
            {
                "name": name,
                "strategy": "full stack",
                "budget_usd_bn": us_capex(2019) * share[name] / share[US],
                "market_share": share[name],
                "capital_usd_bn": us_capital(2019) * share[name] / share[US],
            }
            for name in (US, CHINA)
        ],
        "shocks": [],
    }
    early = Assumptions(
        adoption_rate=(_log_odds(adoption(FIT_UNTIL)) - _log_odds(start)) / (FIT_UNTIL - 2019),
        reinvestment=(us_capex(FIT_UNTIL) - us_capex(2019))
        / (us_share("cy2019q2") * (market(FIT_UNTIL) - market(2019))),
    )
    return scenario, early


@cache
def past() -> Race:
    """Return the race from 2019 as `history` sets it up."""
    scenario, early = history()
    return simulate(scenario, early, shocks=False)


def backcast() -> pd.DataFrame:
    """Return what the race, started in 2019, says of later years, what was seen, and the error; a row a figure.

    `error` is predicted over seen less one, in per cent; for the index it is the difference in points. `fitted` marks
    figures that a constant was fitted on: their error proves nothing.
    """
    model = past()
    start = history()[0]["adoption"]
    rows: list[tuple[str, str, float, float, str, bool]] = []

    def compare(quantity: str, years: Iterable[int], said: npt.NDArray[np.float64], seen: Any, unit: str) -> None:
        for year in years:
            rows.append((quantity, str(year), float(said[year - 2019]), seen(year), unit, year <= FIT_UNTIL))

    size = market(2019) * model.adoption[:, 0] / start
    compare(f"investment of {US}", (2021, 2024, 2025), model.budget[:, 0, 0], us_capex, "billion USD")
    compare("world cloud market", (2021, 2024, 2025), size, market, "billion USD")
    shares = 100 * model.share[:, :, 0]
    compare("market share, US", (2025,), shares[:, 0], lambda _: 100 * us_share("cy2026q1"), "percent")
    compare("market share, China", (2025,), shares[:, 1], lambda _: 100 * _china_share_2025(), "percent")
    firms = 100 * model.adoption[:, 0]
    compare("EU firms that use AI", (2021, 2023, 2024, 2025), firms, lambda year: 100 * adoption(year), "percent")
    fitted_on = _index(BASES["points_per_doubling"].rows[1])[0]
    for name, country, actor in ((US, "US", 0), (CHINA, "China", 1)):
        (first, level), *later = (_index(key) for key in _INDEX[name])
        for when, seen in later:
            said = level + _points(model, actor, when) - _points(model, actor, first)
            fitted = name == US and when == fitted_on
            rows.append((f"best model, {country}", str(when), said, seen, "index points", fitted))
    table = pd.DataFrame(rows, columns=["quantity", "when", "predicted", "seen", "unit", "fitted"])
    points = table["unit"] == "index points"
    difference = table["predicted"] - table["seen"]
    table["error"] = np.where(points, difference, 100 * difference / table["seen"])
    table["error_unit"] = np.where(points, "points", "percent")
    return table


def points_per_doubling() -> float:
    """Return the rise of the index for twice the effective work, between the two rows that the assumption names."""
    (start, low), (end, high) = (_index(key) for key in BASES["points_per_doubling"].rows)
    model = past()
    doublings = (_points(model, 0, end) - _points(model, 0, start)) / BASES["points_per_doubling"].value
    return (high - low) / doublings


def by_layer() -> pd.DataFrame:
    """Return what the US and China have in each layer in 2025 or near it, and China's part for 100 of the US.

    The figures have different scopes and some are partial counts: the lessons say which.
    """
    found = load("clusters")
    found = found[(found["status"] == "existing") & (found["kind"] == "cluster")]
    chips = found.groupby("country")["h100_equivalents"].sum()
    spent, size = (us_capex(2025), _china_capex_2025()), market(2025)
    sold = (us_share("cy2026q1") * size, _china_share_2025() * size)
    shared = tuple(_value("open_ecosystem", f"downloads-atom-{country}-2026-03") for country in ("us", "cn"))
    asked = _value("adoption", "us-adults-genai-2025"), _value("adoption", "cnnic-genai-cn-2025-12")
    watched = tuple(_value("adoption", f"microsoft-diffusion-{country}-2025-07") for country in ("us", "cn"))
    rows = [
        ("chips", "accelerators in listed clusters", float(chips["US"]), float(chips["CN"]), "H100 equivalents"),
        ("money", "investment of large cloud firms", *spent, "billion USD"),
        ("cloud", "revenue from cloud infrastructure", *sold, "billion USD a year"),
        ("models", "downloads of open models", *shared, "million"),
        ("applications", "people who use it, by surveys", *asked, "percent"),
        ("applications", "people who use it, by telemetry", *watched, "percent"),
    ]
    table = pd.DataFrame(rows, columns=["layer", "measure", "US", "China", "unit"])
    table["China for 100 of the US"] = 100 * table["China"] / table["US"]
    table["sources"] = [
        "epoch-gpu-clusters; hxjkbz-cctv",
        "platformonomics-2026; asiaict-2026-02; ft-bytedance-2025-12; chinadailybrief-2026-05; "
        "dataconomy-tencent-2025-11; krasia-tencent-2025-11",
        "recatools-2026-05; synergy-2026-02; gowebing-omdia-2026",
        "atom-report-2026",
        "ai-index-2026; cnnic-57-2026",
        "ai-index-2026; microsoft-diffusion-2026-01",
    ]
    return table


def us_capex(year: int) -> float:
    """Return the capital expenditure of Amazon, Alphabet, Meta and Microsoft in billions of USD."""
    return _value("capex", _GROUP.format(year=year), "usd_bn")


def us_capital(year: int) -> float:
    """Return what is left of their spending since 2015: perpetual inventory with the mean retirement of all layers.

    The stock before 2015 is what spending at that year's level would have left in a steady state.
    """
    a = Assumptions()
    rates = np.array([a.chip_retirement, a.cloud_retirement, a.model_decay, a.application_decay], dtype=np.float64)
    leaving = float((np.asarray(a.weights()) * rates).sum())
    capital = us_capex(2015) / leaving
    for later in range(2016, year + 1):
        capital = capital * (1 - leaving) + us_capex(later)
    return capital


def market(year: int) -> float:
    """Return the world market of cloud infrastructure in billions of USD a year: a quarter, times four."""
    return QUARTERS * _value("cloud_revenue", f"all-suppliers-market-size-{_MARKET[year]}")


def us_share(quarter: str) -> float:
    """Return the part of the world market that the three largest US suppliers hold."""
    return sum(_percent(f"{name}-market-share-{quarter}") for name in _US_SUPPLIERS)


def adoption(year: int) -> float:
    """Return the part of EU firms that use AI."""
    return _value("adoption", _EU.format(year=year)) / 100


def chance_of_a_rule() -> float:
    """Return the part of the calendar years since the first in which a control on chips was announced."""
    rules = load("export_rules")
    announced = pd.to_datetime(rules["announced"]).dt.year
    years = announced[rules["effect"] == "controls"]
    return float(years.nunique() / (announced.max() - announced.min() + 1))


def _china_share_2025() -> float:
    """Return China's part of the world market, by two researchers whose scopes differ."""
    return _value("cloud_revenue", _CHINA_MARKET) * QUARTERS / market(2025)


def _china_capex_2025() -> float:
    """Return what Alibaba (twelve months to September), ByteDance and Tencent (four quarters) spent, in billion USD."""
    keys = ["alibaba-capex-as-reported-12-months-to-2025-09", "bytedance-capex-as-reported-cy2025"]
    keys += [f"tencent-capex-as-reported-cy2025q{quarter}" for quarter in range(1, QUARTERS + 1)]
    return sum(_value("capex", key, "usd_bn") for key in keys)


def _value(table: str, key: str, column: str = "value") -> float:
    rows = load(table)
    return float(rows.loc[rows[rows.columns[0]] == key, column].iloc[0])


def _percent(key: str) -> float:
    return _value("cloud_revenue", key) / 100


def _index(key: str) -> tuple[date, float]:
    return date.fromisoformat(key[-10:]), _value("open_ecosystem", key)


def _points(model: Race, actor: int, when: date) -> float:
    """Return the model's index points on a day; a year's state is that of its last day."""
    days: Iterable[float] = [date(year, 12, 31).toordinal() for year in model.years]
    return float(np.interp(when.toordinal(), list(days), model.capability[:, actor, 0]))


def _log_odds(share: float) -> float:
    return float(np.log(share / (1 - share)))
