"""Charts of the lessons on giving models away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aistack.openness import competing_margin, gain_from_opening, optimal_opened_share, partial_profit
from course.charts import DASHES, GREY, PALETTE, RIM, Picture, figure, label_line, show
from course.series import decimal_year

MARKERS = "os"
CLOSED = 100
_SHARES = np.linspace(0, 1, 201)
_HOSTS = np.arange(5, 13)


def price_path(prices: pd.DataFrame, models: Sequence[str]) -> Picture:
    """The lowest listed price of each model so far, a step for each catalogue that lowered it; rows of `api_prices`."""
    fig, (axes,) = figure(
        title="The cheapest offer ever seen, where the maker does not sell",
        subtitle="lowest listed price so far, dollars per million tokens written (log)",
    )
    words = []
    for model, color, dash in zip(models, PALETTE, DASHES, strict=False):
        rows = prices[prices["model_group"] == model].sort_values("date")
        years = [decimal_year(date) or 0.0 for date in rows["date"]]
        lowest = rows["output_usd_per_mtok"].cummin().to_numpy()
        axes.step([*years, 2026.85], [*lowest, lowest[-1]], where="post", color=color, linestyle=dash, linewidth=2)
        label_line(axes, 2026.85, lowest[-1], f"{model}: {rows['provider'].nunique()} sellers", color)
        asked = rows.groupby("provider")["output_usd_per_mtok"].last().median()
        words.append(
            f"{model} from {lowest[0]:.2f} to {lowest[-1]:.2f}, {rows['provider'].nunique()} sellers whose latest "
            f"prices have a median of {asked:.2f}"
        )
    axes.set(yscale="log", ylim=(0.03, 30), xlim=(2024.4, 2026.85), xlabel="year")
    axes.set_xticks([2025, 2026])
    axes.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
    axes.minorticks_off()
    caption = f"{'; '.join(words)} (dollars per million tokens written). Sellers are all that were ever listed."
    return show(fig, alt=f"Stairs that go down over time. {caption}", caption=caption)


def hosts_beside_maker(table: pd.DataFrame) -> Picture:
    """Prices of other hosts over the maker's price, a dot each and a row for each model; columns model and ratio."""
    order = table.groupby("model")["ratio"].median().sort_values(ascending=False).index
    fig, (axes,) = figure(
        title="Where the maker sells, most offers ask its price",
        subtitle="host's listed price over the maker's, tokens written (log)",
        height=1.6 + 0.28 * len(order),
    )
    for place, model in enumerate(order):
        ratios = table.loc[table["model"] == model, "ratio"].to_numpy()
        apart = np.linspace(-0.28, 0.28, ratios.size)  # equal ratios would hide each other
        axes.plot(np.sort(ratios), place + apart, "o", color=PALETTE[0], markersize=5, alpha=0.6)
        axes.plot([np.median(ratios)] * 2, [place - 0.35, place + 0.35], "-", color="#000000", linewidth=2)
    axes.axvline(1, color=PALETTE[1], linewidth=1.5, linestyle="--")
    axes.annotate(
        "the maker's price", (1, len(order) - 0.4), xytext=(4, 0), textcoords="offset points", path_effects=[RIM]
    )
    axes.set(xscale="log", xlim=(0.17, 1.25 * max(8.0, float(table["ratio"].max()))), ylim=(-0.6, len(order) + 0.1))
    axes.set_xticks([0.25, 0.5, 1, 2, 4, 8], ["0.25", "0.5", "1", "2", "4", "8"])
    axes.minorticks_off()
    axes.set_yticks(range(len(order)), list(order))
    same = (table["ratio"] - 1).abs() < 0.02
    less, more = int((table["ratio"] < 0.98).sum()), int((table["ratio"] > 1.02).sum())
    caption = (
        f"{len(order)} models, {len(table)} offers of {table['provider'].nunique()} hosts; a stroke marks the median, "
        f"by which the rows are ordered. "
        f"{same.sum()} offers ask the maker's "
        f"price to within 2 %, {less} ask less and {more} ask more."
    )
    return show(fig, alt=f"Dots in rows around a line at 1. {caption}", caption=caption)


def profit_by_share(
    cases: Mapping[str, tuple[float, float]], adoption_elasticity: float, *, tell: bool = True
) -> Picture:
    """Profit by the share of a family opened; for each case its open income (closed = 1) and its concentration.

    Without `tell` the caption and the title keep quiet, for reading practice; the alt text says what an eye would see.
    """
    fig, (axes,) = figure(
        title="The more the flagship earns, the more of the rest can be given away" if tell else "Three families",
        subtitle="profit, closed family = 100",
    )
    words = []
    gains = {name: float(gain_from_opening(1, w, adoption_elasticity, delta)) for name, (w, delta) in cases.items()}
    for (name, (income, delta)), color, dash in zip(cases.items(), PALETTE, DASHES, strict=False):
        profit = 100 * np.asarray(partial_profit(_SHARES, 1, income, adoption_elasticity, delta))
        best = float(optimal_opened_share(1, income, adoption_elasticity, delta))
        top = 100 * float(partial_profit(best, 1, income, adoption_elasticity, delta))
        axes.plot(100 * _SHARES, profit, color=color, linestyle=dash, linewidth=2)
        axes.plot(100 * best, top, "D", color=color, markersize=8, clip_on=False)
        up = 9 if gains[name] == max(gains.values()) else -18  # above the highest curve, below the others
        axes.annotate(
            name, (100 * best, top), xytext=(0, up), textcoords="offset points", ha="center", color=color,
            fontweight="bold", path_effects=[RIM],
        )  # fmt: skip
        words.append(
            f"{name}: best {best:.0%}, profit {top:.0f}, more than closed up to {_SHARES[profit > CLOSED].max():.0%}"
        )
    axes.axhline(CLOSED, color="#4d4d4d", linewidth=1)
    axes.set(xlim=(0, 100), ylim=(0, 200), xlabel="share of the family opened, %")
    caption = f"The mark is the best share. {'; '.join(words)}."
    quiet = "Profit by the share of the family that is opened; the mark is the best share."
    return show(fig, alt=f"Curves of profit that rise and fall. {caption}", caption=caption if tell else quiet)


def margins_by_hosts(observed: pd.DataFrame) -> Picture:
    """What Cournot leaves of a margin by the number of sellers, beside the fall of listed prices; a row a model.

    Columns sellers, ratio (lowest price now over the first) and maker_sells.
    """
    fig, (axes,) = figure(
        title="Listed prices follow no simple law of competition",
        subtitle="lowest listed price now over the first, by model",
    )
    axes.plot(_HOSTS, np.asarray(competing_margin(1, _HOSTS)), color=GREY, linewidth=2)
    axes.annotate("2 / (n + 1): Cournot, no cost", (9.5, 0.09), color=GREY, fontweight="bold", path_effects=[RIM])
    words = []
    for sells, name, place in ((True, "maker sells it", 0), (False, "maker does not", 1)):
        rows = observed[observed["maker_sells"] == sells]
        color, marker = PALETTE[place], MARKERS[place]
        axes.plot(rows["sellers"] - 0.12 + 0.24 * place, rows["ratio"], marker, color=color, markersize=7, alpha=0.75)
        axes.plot(9.4, 1.0 - 0.08 * place, marker, color=color, markersize=7)
        axes.annotate(name, (9.6, 1.0 - 0.08 * place), va="center", color=color, fontweight="bold")
        words.append(f"where the {name}, the median model lists {rows['ratio'].median():.2f} of its first price")
    axes.set(xlim=(5.4, 12), ylim=(0, 1.08), xlabel="sellers ever listed")
    axes.set_xticks(range(6, 13))
    caption = f"{len(observed)} models with six sellers or more: {'; '.join(words)}."
    return show(fig, alt=f"Marks by the number of sellers, with a falling curve. {caption}", caption=caption)
