"""Records of a capability index: which models raised it, and what stood at that level before.

>>> record_pairs().columns.tolist()
['record', 'model before it', 'times less compute', 'months behind']
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from course.data import load

DAYS_PER_YEAR = 365.25
MONTHS_PER_YEAR = 12


def decimal_years(dates: pd.Series) -> pd.Series:
    """Turn dates such as 2024-12-26 into decimal years; what is no full date becomes missing."""
    days = pd.to_datetime(dates.astype(str), errors="coerce", format="%Y-%m-%d")
    return days.dt.year + (days.dt.day_of_year - 1) / DAYS_PER_YEAR


def record_of(models: pd.DataFrame) -> pd.DataFrame:
    """Return the models that raised the best index so far, in order of time; needs a column `year`."""
    ordered = models.sort_values("year")
    return ordered[ordered["capability_index"] > ordered["capability_index"].cummax().shift(fill_value=0)]


@cache
def record_pairs(behind: str = "CN", ahead: str = "US") -> pd.DataFrame:
    """Return the records of one country beside the first model of the other at that level.

    Only where the training compute of both is known: how many times less the follower used, and the months between.
    """
    models = load("models")
    dated = models.assign(year=decimal_years(models["release_date"])).dropna(subset=["year", "capability_index"])
    before = dated[dated["developer_country"] == ahead].sort_values("year")
    rows = []
    for record in record_of(dated[dated["developer_country"] == behind]).itertuples():
        first = before[before["capability_index"] >= record.capability_index].iloc[0]
        gap = first["training_compute_flop"] / record.training_compute_flop
        rows.append((record.model, first["model"], gap, MONTHS_PER_YEAR * (record.year - first["year"])))
    columns = ["record", "model before it", "times less compute", "months behind"]
    return pd.DataFrame(rows, columns=columns).dropna().reset_index(drop=True)
