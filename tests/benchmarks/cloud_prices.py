"""Fit the constants of `aistack.cloud` to posted prices of some sources, and say how far off they are on the others.

Run `python tests/benchmarks/cloud_prices.py`. It prints each constant with its 90 % interval, and then the errors on
sources that were not fitted on. A mark-up's interval is what fits to resampled providers give.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from aistack import cloud
from course.data import load
from course.prices import posted_prices

SEED, RESAMPLES = 2026, 200
ROBUST_FROM = 0.3  # residuals beyond 30 % count less than their square
BAND = (0.05, 0.95)
KINDS = {"specialist": cloud.SPECIALIST_MARKUP, "hyperscaler": cloud.HYPERSCALER_MARKUP}
TERMS = {"spot": cloud.SPOT_RATIO, "reserved": cloud.RESERVED_RATIO}


def graphics_card_usd_per_watt() -> pd.Series:
    """Listed price per watt of cards for consumers, each month of each card."""
    rows = load("chip_prices").merge(load("chips")[["chip", "tdp_w"]], on="chip")
    rows = rows[rows["chip"].str.startswith("RTX")]
    return rows["median_usd"] / rows["tdp_w"]


def hardware_usd_per_watt(*, own_chips: bool) -> pd.Series:
    """Cost of each cluster per watt of its chips: chips that their owner designed (TPUs), or all others."""
    rows = load("clusters").merge(load("chips")[["chip", "vendor", "tdp_w"]], on="chip")
    rows = rows[rows["cost_basis"].str.startswith("hardware", na=False)].dropna(subset=["tdp_w", "total_chips"])
    rows = rows[rows["vendor"].isin(cloud.OWN_CHIP_VENDORS) == own_chips]
    usd = rows["cost_bn_usd"] * 1e9 / rows["total_chips"].astype(float)
    return usd / rows["tdp_w"]


def misses(parameters: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """Logarithm of predicted over posted price; parameters are the decline and the logarithms of the ratios."""
    decline, *logs = parameters
    names = [*KINDS, *TERMS]
    chosen = sum(
        log * ((rows["provider_kind"] == name) | (rows["price_type"] == name)).to_numpy(float)
        for name, log in zip(names, logs, strict=True)
    )
    cost = cloud.marginal_hour_usd_estimate(rows["tdp_w"], rows["age_years"], decline, rows["usd_per_watt"])
    return np.log(np.asarray(cost)) + chosen - np.log(rows["usd_per_accelerator_hour"].to_numpy(float))


def fit(rows: pd.DataFrame) -> np.ndarray:
    """Fit decline and ratios, robustly."""
    start = np.array([cloud.PRICE_DECLINE.value, *(np.log(one.value) for one in (*KINDS.values(), *TERMS.values()))])
    bounds = ([0, *[-5] * (len(start) - 1)], 5)
    return least_squares(misses, start, bounds=bounds, args=(rows,), loss="soft_l1", f_scale=ROBUST_FROM).x


def seen() -> pd.DataFrame:
    """The prices that are fitted on."""
    rows = posted_prices()
    return rows[rows["source_id"].isin(cloud.PRICE_SOURCES) & rows["provider_kind"].isin(KINDS)]


def unseen() -> pd.DataFrame:
    """The prices of all other sources."""
    rows = posted_prices()
    return rows[~rows["source_id"].isin(cloud.PRICE_SOURCES) & rows["provider_kind"].isin(KINDS)]


def fitted() -> pd.DataFrame:
    """Every constant: value and 90 % interval over resampled providers."""
    rows, generator = seen(), np.random.default_rng(SEED)
    by_provider = [group for _, group in rows.groupby("provider")]
    draws = []
    while len(draws) < RESAMPLES:
        chosen = pd.concat([by_provider[i] for i in generator.integers(len(by_provider), size=len(by_provider))])
        if set(KINDS) <= set(chosen["provider_kind"]) and set(TERMS) <= set(chosen["price_type"]):
            draws.append(fit(chosen))
    names = ["decline", *KINDS, *TERMS]
    table = np.vstack([fit(rows), *np.quantile(draws, BAND, axis=0)]).T
    table[1:] = np.exp(table[1:])
    return pd.DataFrame(table, index=names, columns=["value", "low", "high"])


def residual_spread(*, spot: bool) -> float:
    """Factor within which 90 % of prices of a provider lie when the constants are fitted on the others."""
    rows = seen()
    left_out = []
    for name in rows["provider"].unique():
        own = rows[(rows["provider"] == name) & ((rows["price_type"] == "spot") == spot)]
        left_out.append(misses(fit(rows[rows["provider"] != name]), own))
    return float(np.exp(np.quantile(np.abs(np.concatenate(left_out)), 0.9)))


def marketplace() -> tuple[float, float, float]:
    """Mark-up of marketplaces: median, least and most."""
    rows = posted_prices()
    rows = rows[rows["provider_kind"] == "marketplace"]
    cost = cloud.marginal_hour_usd_estimate(rows["tdp_w"], rows["age_years"])
    ratio = rows["usd_per_accelerator_hour"] / cost
    return float(ratio.median()), *(float(one) for one in ratio.quantile(BAND))


def main() -> None:
    """Print constants and errors."""
    for own_chips in (False, True):
        usd = hardware_usd_per_watt(own_chips=own_chips)
        low, high = usd.quantile(BAND)
        kind = "own chips" if own_chips else "bought chips"
        print(f"{kind}: median {usd.median():.1f} USD/W, {low:.1f} to {high:.1f}, {len(usd)} clusters")
    cards = graphics_card_usd_per_watt()
    print(f"cards: median {cards.median():.2f} USD/W, {cards.quantile(BAND).round(2).tolist()}")
    print(fitted().round(3).to_string())
    print(f"marketplace: {marketplace()}")
    for spot in (False, True):
        print(f"a provider left out, spot {spot}: 90 % within a factor of {residual_spread(spot=spot):.2f}")
    for name, rows in (("fitted on", seen()), ("other sources", unseen())):
        miss = misses(fit(seen()), rows)
        spread = np.where(rows["price_type"] == "spot", cloud.SPOT_SPREAD.high, cloud.PRICE_SPREAD.high)
        inside = (np.abs(miss) < np.log(spread)).mean()
        typical, bias = np.median(np.abs(np.expm1(miss))), np.median(np.expm1(miss))
        print(f"{name}: {len(rows)} prices, median error {typical:.0%}, bias {bias:+.0%}, in the band {inside:.0%}")


if __name__ == "__main__":
    main()
