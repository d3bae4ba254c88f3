"""Posted prices of accelerator-hours beside what the cost model needs to know of each chip."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd

from aistack import cloud
from course.data import load

HALF_A_YEAR, MONTHS = 0.5, 12


def year_of(date: str) -> float:
    """Read `2024`, `2024-06` or `2024-06-18` as a year with its fraction: the middle of what is stated.

    `ValueError` if there is no year in it.

    >>> year_of("2024"), year_of("2024-07-18")
    (2024.5, 2024.5416666666667)
    """
    found = re.search(r"(20\d\d)(?:-(\d\d))?", date)
    if not found:
        raise ValueError(f"date = {date!r} has no year in it")
    return int(found[1]) + ((int(found[2]) - HALF_A_YEAR) / MONTHS if found[2] else HALF_A_YEAR)


@cache
def posted_prices() -> pd.DataFrame:
    """Return `cloud_prices` with each chip's `tdp_w`, `age_years` and `usd_per_watt`, where they are known."""
    of_chip = load("chips")[["chip", "vendor", "tdp_w", "release_date"]]
    rows = load("cloud_prices").merge(of_chip, on="chip").dropna(subset=["tdp_w", "release_date"])
    age = rows["date"].map(year_of) - rows["release_date"].map(year_of)
    own = rows["vendor"].isin(cloud.OWN_CHIP_VENDORS)
    per_watt = np.where(own, cloud.OWN_CHIP_USD_PER_WATT.value, cloud.HARDWARE_USD_PER_WATT.value)
    return rows.assign(age_years=np.maximum(age, 0.0), usd_per_watt=per_watt)


def predicted_usd(rows: pd.DataFrame) -> pd.Series:
    """Return what the cost model says of rows of `posted_prices`: cost at full use, mark-up of the kind, and term."""
    markup = {
        "hyperscaler": cloud.HYPERSCALER_MARKUP.value,
        "specialist": cloud.SPECIALIST_MARKUP.value,
        "marketplace": cloud.MARKETPLACE_MARKUP.value,
    }
    term = {"on_demand": 1.0, "reserved": cloud.RESERVED_RATIO.value, "spot": cloud.SPOT_RATIO.value}
    price = cloud.posted_price_usd_estimate(
        rows["tdp_w"],
        rows["age_years"],
        rows["provider_kind"].map(markup),
        rows["price_type"].map(term),
        usd_per_watt=rows["usd_per_watt"],
    )
    return pd.Series(price, rows.index)


def unseen_prices() -> pd.DataFrame:
    """Return the posted prices that test the model, with `predicted` and `fitted_provider`.

    Those of sources that no constant was fitted on, less marketplaces and less repeats: rows with the provider, chip,
    term and exact price of a fitted row, which are the same list at another address.
    """
    rows = posted_prices()
    fitted = rows["source_id"].isin(cloud.PRICE_SOURCES)
    key = pd.MultiIndex.from_frame(rows[["provider", "chip", "price_type", "usd_per_accelerator_hour"]])
    chosen = rows[~fitted & ~key.isin(key[fitted]) & (rows["provider_kind"] != "marketplace")]
    known = chosen["provider"].isin(rows.loc[fitted, "provider"])
    return chosen.assign(predicted=predicted_usd(chosen), fitted_provider=known)
