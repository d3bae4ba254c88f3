"""Charts of the lesson on the data flywheel."""

from __future__ import annotations

import numpy as np
import pandas as pd

from aistack.flywheel import Flywheel, quality, spin, steady_states, user_share, value_ratio_break_even
from course.charts import DASHES, GREY, PALETTE, RIM, Picture, figure, label_line, show
from course.series import decimal_year

_COUNTED = {
    "gemini-app-court-users-daily-2025-03-28": "Gemini, a day (court)",
    "gemini-app-court-users-monthly-2025-03-15": "Gemini, a month (court)",
    "chatgpt-court-users-daily-2025-03-28": "ChatGPT, a day (court)",
    "chatgpt-users-weekly-2025-03-13": "ChatGPT, a week (company)",
    "meta-ai-court-users-daily-2025-03-28": "Meta AI, a day (court)",
    "meta-ai-users-monthly-2025-05-28": "Meta AI, a month (company)",
}
_TOKENS = {
    "china-national-tokens-per-day": "China, government",
    "doubao-tokens-per-day": "Doubao, ByteDance",
    "google-all-tokens-per-day": "Google, all products",
    "china-maas-tokens-per-day": "China's public clouds, researcher",
}


def counts_of_users(feedback: pd.DataFrame) -> Picture:
    """Three products of spring 2025, each counted twice; rows of `feedback_scale`."""
    rows = feedback.set_index("feedback_id").loc[list(_COUNTED)]
    times = float(rows["value"].iloc[1] / rows["value"].iloc[0])
    fig, (axes,) = figure(
        title=f"By the month, Gemini has {times:.0f} times the users",
        subtitle="users in spring 2025, millions",
    )
    places = [5.2, 4.4, 3.1, 2.3, 1.0, 0.2]
    bars = axes.barh(places, rows["value"], height=0.65, tick_label=list(_COUNTED.values()))
    for number, bar in enumerate(bars):
        bar.set(facecolor=PALETTE[number % 2], hatch="//" if number % 2 else "", edgecolor="white")
    axes.bar_label(bars, labels=[f"{value:,.0f}" for value in rows["value"]], padding=4)
    axes.set(xlim=(0, 1.12 * rows["value"].max()), xticks=[])
    axes.grid(visible=False)
    words = "; ".join(f"{name} {value:,.0f}" for name, value in zip(_COUNTED.values(), rows["value"], strict=True))
    caption = f"{words} million. Hatched: the longer window, in which more people come by once."
    return show(fig, alt=f"Pairs of bars of users. {caption}", caption=caption)


def tokens_a_day(feedback: pd.DataFrame) -> Picture:
    """Tokens a day as four bodies count them; rows of `feedback_scale`."""
    fig, (axes,) = figure(
        title="A part that outgrows its whole: somebody counts more", subtitle="trillion tokens a day (log)"
    )
    words = []
    for (series, name), color, dash, marker in zip(_TOKENS.items(), PALETTE, DASHES, "osD^", strict=False):
        rows = feedback[feedback["series"] == series]
        years = [decimal_year(date) or 0.0 for date in rows["date"]]
        axes.plot(years, rows["value"], color=color, linestyle=dash, marker=marker, lw=2)
        label = label_line(axes, years[-1], float(rows["value"].iloc[-1]), name, color)
        if name == "China, government":  # its end stands beside that of Doubao
            label.set(position=(-8, 10), ha="right")
        words.append(f"{name} {rows['value'].iloc[-1]:g} ({rows['date'].iloc[-1]})")
    axes.set(yscale="log", xlabel="year", xlim=(2023.9, 2026.6))
    axes.set_xticks([2024, 2025, 2026])
    caption = f"Last points: {', '.join(words)}. Doubao is a part of China; its last count is above China's."
    return show(fig, alt=f"Four rising lines of tokens a day. {caption}", caption=caption)


def portrait(wheel: Flywheel, years: float = 25) -> Picture:
    """Phase portrait: paths from many starts in the plane of users and data, and the states at rest."""
    tipping, top = (state for state in steady_states(wheel) if state.users > 1)
    data, users = (each.ravel() for each in np.meshgrid(np.geomspace(6, 2500, 6), np.geomspace(6, 900, 6)))
    path = spin(wheel, users, data, years)
    all_users, all_data = np.asarray(path.users), np.asarray(path.data)
    grows = all_users[-1] > tipping.users
    fig, (axes,) = figure(
        title=f"Two fates: {int(grows.sum())} of {grows.size} starts climb to the ceiling, the others melt",
        subtitle="data, million records (log)",
        height=5,
    )
    for index, up in enumerate(grows):
        color, dash = (PALETTE[0], "-") if up else (PALETTE[1], "--")
        x, y = all_users[:, index], all_data[:, index]
        inside = (x >= 2) & (y >= 2)
        axes.plot(x[inside], y[inside], color=color, linestyle=dash, lw=1)
        axes.plot(x[0], y[0], "o", color=color, ms=4)
    stock = np.geomspace(2, 5000, 200)
    drawn = wheel.market * user_share(
        quality(stock, wheel.half_data, wheel.exponent), wheel.rival_quality, wheel.sensitivity
    )
    axes.plot(drawn, stock, color=GREY, lw=2.5)
    crowd = np.array([2.0, wheel.market])
    axes.plot(crowd, wheel.useful_records_per_user / wheel.decay * crowd, color=GREY, lw=2.5, ls=":")
    for state, marker, name, left in ((tipping, "X", "tipping point", 14), (top, "D", "ceiling", -14)):
        axes.plot(state.users, state.data, marker, color="#000000", ms=11)
        axes.annotate(
            name, (state.users, state.data), xytext=(left, -18), textcoords="offset points", weight="bold",
            ha="left" if left > 0 else "right", path_effects=[RIM],
        )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlim=(2, 1200), ylim=(2, 5000), xlabel="users, millions (log)")
    caption = (
        f"A dot is a start, its line what follows in {years:.0f} years; dashed ones melt. Grey: where users stand "
        f"still (solid) and where data do (dotted). They cross at the tipping point ({tipping.users:.0f} million "
        f"users) and at the ceiling ({top.users:.0f} million)."
    )
    return show(fig, alt=f"Paths in a plane of users and data that part at a point. {caption}", caption=caption)


def many_and_few(exponents: dict[str, float]) -> Picture:
    """How much more each of few users must be worth, against how many times more users the other one has."""
    times = np.geomspace(1, 100, 50)
    at_ten = np.asarray(value_ratio_break_even(10, 1, list(exponents.values())))
    least, most = at_ten.min(), at_ten.max()
    fig, (axes,) = figure(
        title=f"Ten times the users are worth {least:.0f} to {most:.0f} times the value of each",
        subtitle="times more that each of the few must be worth (log)",
    )
    words = []
    for (name, beta), color, dash in zip(exponents.items(), PALETTE, DASHES, strict=False):
        needed = np.asarray(value_ratio_break_even(times, 1, beta))
        axes.plot(times, needed, color=color, linestyle=dash, lw=2)
        label_line(axes, times[-1], float(needed[-1]), name, color)
        words.append(f"{name} {float(value_ratio_break_even(10, 1, beta)):.1f}")
    axes.set(xscale="log", yscale="log", xlim=(1, 100), ylim=(1, 3000), xlabel="times more users (log)")
    caption = f"At ten times more users: {', '.join(words)}."
    return show(fig, alt=f"Rising lines of break-even value. {caption}", caption=caption)
