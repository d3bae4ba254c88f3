"""Charts of the lessons on the cloud."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from aistack.cloud import PRICE_SPREAD, useful_hour_estimate_usd
from course.charts import GREY, PALETTE, Picture, figure, show

KINDS = {"hyperscaler": ("o", "large cloud"), "specialist": ("s", "specialist"), "marketplace": ("^", "marketplace")}
_TENTH = 0.1
_USED = np.linspace(0.04, 1, 200)


def posted_prices(prices: pd.DataFrame, chip: str) -> Picture:
    """On-demand prices of one chip by provider, newest filled, older hollow; rows of the table `cloud_prices`."""
    rows = prices[(prices["chip"] == chip) & (prices["price_type"] == "on_demand")]
    order = list(rows.groupby("provider")["usd_per_accelerator_hour"].median().sort_values().index)
    low, high = rows["usd_per_accelerator_hour"].min(), rows["usd_per_accelerator_hour"].max()
    fig, (axes,) = figure(
        title=f"The same chip, from {low:.2f} to {high:.2f} dollars an hour",
        subtitle=f"on-demand price of an {chip}, US dollars an hour (log)",
        height=5,
    )
    newest = rows["date"].str[:4].max()
    ranked = rows.sort_values("usd_per_accelerator_hour", kind="stable")["provider"].tolist()
    for (kind, (marker, name)), color in zip(KINDS.items(), PALETTE, strict=False):
        here = rows[rows["provider_kind"] == kind]
        heights = [order.index(provider) for provider in here["provider"]]
        if heights:
            best = here.sort_values("usd_per_accelerator_hour").iloc[-1]
            axes.annotate(
                f"{name}s",
                (best["usd_per_accelerator_hour"], order.index(best["provider"])),
                xytext=(9, 0),
                textcoords="offset points",
                va="center",
                color=color,
                weight="bold",
            )
        fresh = here["date"].str.startswith(newest).to_numpy()
        usd = here["usd_per_accelerator_hour"].to_numpy(float)
        for chosen, face in ((~fresh, "white"), (fresh, color)):
            axes.plot(
                usd[chosen],
                np.asarray(heights, float)[chosen],
                marker,
                color=color,
                markerfacecolor=face,
                markersize=7,
            )
    axes.set(xscale="log", xlim=(1.5, 45), ylim=(-0.7, len(order) - 0.3))
    axes.set_xticks([2, 3, 5, 10, 20], ["2", "3", "5", "10", "20"])
    axes.minorticks_off()
    axes.set_yticks(range(len(order)), order)
    caption = (
        f"{len(rows)} posted prices of {len(order)} providers, a mark each: circles are large clouds, squares "
        f"specialists, triangles marketplaces; filled marks are of {newest}, hollow ones older. Several marks of one "
        f"provider are other dates, regions and sizes. The cheapest is {ranked[0]}'s, the dearest {ranked[-1]}'s."
    )
    return show(fig, alt=f"Dot plot of prices by provider, cheapest at the bottom. {caption}", caption=caption)


def useful_hour(capital: float, energy: float, rents: Mapping[str, float]) -> Picture:
    """Cost of a useful hour against utilisation, with rents as horizontal lines that it crosses."""
    fig, (axes,) = figure(
        title="How full the machine is decides more than what it cost",
        subtitle="US dollars for an hour that is used (log)",
    )
    cost = np.asarray(useful_hour_estimate_usd(capital, energy, _USED))
    axes.plot(100 * _USED, cost, color=PALETTE[0], linewidth=2.5, linestyle="-")
    axes.annotate(
        "owned",
        (100 * _USED[25], cost[25]),
        xytext=(6, 6),
        textcoords="offset points",
        color=PALETTE[0],
        weight="bold",
    )
    crossings = []
    for (name, rent), color, dash in zip(
        rents.items(), PALETTE[1:], ("--", "-.", ":", (0, (5, 1, 1, 1))), strict=False
    ):
        axes.axhline(rent, color=color, linewidth=1.8, linestyle=dash)
        axes.annotate(
            f"{name}, ${rent:.2f}",
            (100, rent),
            xytext=(-4, 4),
            textcoords="offset points",
            ha="right",
            color=color,
            weight="bold",
        )
        even = 100 * capital / (rent - energy)
        axes.plot([even], [rent], "o", color=color, markersize=8)
        crossings.append(f"{name} ${rent:.2f}: from {even:.0f} %")
    axes.set(yscale="log", xlim=(0, 100), ylim=(0.7, 30), xlabel="hours in use, %")
    axes.set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    axes.minorticks_off()
    caption = (
        f"An hour costs {cost[-1]:.2f} dollars if all are used and {capital / _TENTH + energy:.2f} if one in ten is. "
        f"Owning is cheaper than the posted price: {'; '.join(crossings)} of the hours."
    )
    return show(fig, alt=f"A falling curve that crosses horizontal lines. {caption}", caption=caption)


def carbon_of_an_hour(regions: pd.DataFrame, kwh: float) -> Picture:
    """CO2 of one accelerator-hour in the regions of each provider; columns `provider`, `country`, `region` and
    `carbon_intensity_gco2_kwh`."""
    rows = regions.dropna(subset=["carbon_intensity_gco2_kwh"]).copy()
    rows["grams"] = rows["carbon_intensity_gco2_kwh"] * kwh
    low, high = rows["grams"].min(), rows["grams"].max()
    clean, dirty = rows["grams"].quantile([_TENTH, 1 - _TENTH])
    fig, (axes,) = figure(
        title=f"The worst tenth of regions emits at least {int(dirty / clean)} times the best tenth",
        subtitle="g of CO2 for an hour of one chip (log)",
    )
    names = sorted(rows["provider"].unique())
    generator = np.random.default_rng(0)  # spreads the marks sideways, so that they do not hide each other
    for place, (name, color, marker) in enumerate(zip(names, PALETTE, "osD^v", strict=False)):
        here = rows[rows["provider"] == name]
        axes.plot(
            place + generator.uniform(-0.18, 0.18, len(here)),
            here["grams"],
            marker,
            color=color,
            markersize=6,
            alpha=0.8,
        )
        for end in (here["grams"].idxmin(), here["grams"].idxmax()):
            row = here.loc[end]
            axes.annotate(
                f"{row['location']}",
                (place, row["grams"]),
                xytext=(0, -14 if row["grams"] == here["grams"].min() else 8),
                textcoords="offset points",
                ha="center",
                color=GREY,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )
    axes.set(yscale="log", ylim=(1, 2000), xlim=(-0.5, len(names) - 0.5))
    axes.set_xticks(range(len(names)), names)
    axes.grid(visible=False, axis="x")
    ranked = rows.sort_values("grams")["location"].tolist()
    caption = (
        f"{len(rows)} cloud regions, a mark each. A tenth of them emits less than {clean:.0f} g for the hour, a tenth "
        f"more than {dirty:.0f}. The ends are {low:.0f} g in {ranked[0]} and {high:.0f} g in {ranked[-1]}. "
        "Sources count differently (Google by life cycle): compare only within one provider."
    )
    return show(fig, alt=f"Strips of dots, one strip for each provider. {caption}", caption=caption)


def predicted_prices(rows: pd.DataFrame) -> Picture:
    """Posted against predicted price, log-log, by kind of provider; columns `predicted`, `usd_per_accelerator_hour`."""
    ratio = rows["predicted"] / rows["usd_per_accelerator_hour"]
    typical = (ratio - 1).abs().median()
    fig, (axes,) = figure(
        title=f"Half of the prices are predicted to within {typical:.0%}",
        subtitle="posted price, US dollars an hour (log)",
        height=4.8,
    )
    ends = np.array([0.08, 40.0])
    axes.plot(ends, ends, color=PALETTE[4], linewidth=1.5, linestyle="-")
    axes.fill_between(ends, ends * PRICE_SPREAD.low, ends * PRICE_SPREAD.high, color="#e8eef5", linewidth=0)
    for (kind, (marker, name)), color in zip(KINDS.items(), PALETTE, strict=False):
        here = rows[rows["provider_kind"] == kind]
        if here.empty:
            continue
        axes.plot(
            here["predicted"],
            here["usd_per_accelerator_hour"],
            marker,
            color=color,
            markersize=6,
            alpha=0.75,
            label=f"{name}s ({len(here)})",
        )
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, xlabel="predicted price, US dollars an hour (log)")
    axes.legend(frameon=False, loc="upper left")
    inside = ratio.between(PRICE_SPREAD.low, PRICE_SPREAD.high).mean()
    caption = (
        f"{len(rows)} posted prices of sources that no constant was fitted on. On the line the model is right; "
        f"in the band it is within a factor of {PRICE_SPREAD.high:.1f}, as {inside:.0%} are. The median error is "
        f"{typical:.0%}; predictions are mostly {'low' if ratio.median() < 1 else 'high'}, by "
        f"{abs(ratio.median() - 1):.0%} in the median."
    )
    return show(fig, alt=f"Scatter around a diagonal. {caption}", caption=caption)
