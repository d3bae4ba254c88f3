"""Prices of models: possible, in order of time, and the same as the providers published."""

from collections.abc import Callable
from itertools import pairwise

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

PRICES = load("api_prices")
IN, OUT, CACHED = "input_usd_per_mtok", "output_usd_per_mtok", "cached_input_usd_per_mtok"
SERIES = ["provider", "model_as_printed", "tariff"]
TODAY = "2026-11-24"

RULES: list[tuple[str, Callable[[], pd.Series]]] = [
    ("output cheaper than input", lambda: PRICES[OUT] < PRICES[IN]),
    ("cached input not cheaper than input", lambda: PRICES[CACHED] >= PRICES[IN]),
    ("output above 15 times input", lambda: PRICES[OUT] > 15 * PRICES[IN]),
    ("input outside 0.02 to 160 USD", lambda: ~PRICES[IN].between(0.02, 160)),
    ("dated after today", lambda: PRICES["date"] > TODAY),
    (
        "context outside 4 thousand to 10 million tokens",
        lambda: ~PRICES["context_tokens"].dropna().astype(int).between(4_000, 10_100_000),
    ),
]


@pytest.mark.parametrize(("rule", "wrong"), RULES, ids=[rule for rule, _ in RULES])
def test_no_price_breaks(rule: str, wrong: Callable[[], pd.Series]) -> None:
    assert broken_by(rule, PRICES["price_id"], wrong()) == set()


def test_a_change_differs_from_the_price_before_it_and_comes_later() -> None:
    changes = 0
    for _, rows in PRICES.groupby(SERIES):
        in_order = rows.sort_values("date")
        assert in_order["date"].is_unique, rows["price_id"].tolist()
        assert in_order["event"].tolist() == ["first_seen"] + ["changed"] * (len(rows) - 1), rows["price_id"].tolist()
        pairs = list(in_order[[IN, OUT]].itertuples(index=False, name=None))
        assert all(before != after for before, after in pairwise(pairs)), rows["price_id"].tolist()
        changes += len(rows) - 1
    assert changes >= 40


# As the providers published them: name, date by which the price was in force, input and output.
PUBLISHED = [
    ("OpenAI", "gpt-4", "2023-11-16", 30, 60),
    ("OpenAI", "gpt-4o", "2024-06-15", 5, 15),
    ("OpenAI", "gpt-4o", "2024-11-28", 2.5, 10),
    ("OpenAI", "gpt-4o-mini", "2024-07-25", 0.15, 0.6),
    ("OpenAI", "o3", "2025-05-21", 10, 40),
    ("OpenAI", "o3", "2025-06-10", 2, 8),
    ("Anthropic", "claude-3-opus-20240229", "2024-03-26", 15, 75),
    ("DeepSeek", "deepseek-chat", "2024-06-15", 0.14, 0.28),
    ("DeepSeek", "deepseek-chat", "2025-03-06", 0.27, 1.1),
    ("DeepSeek", "deepseek-reasoner", "2025-02-04", 0.55, 2.19),
]


@pytest.mark.parametrize(("provider", "model", "date", "given", "generated"), PUBLISHED)
def test_published_prices_are_reproduced(provider: str, model: str, date: str, given: float, generated: float) -> None:
    row = PRICES[
        (PRICES["provider"] == provider) & (PRICES["model_as_printed"] == model) & (PRICES["date"] == date)
    ].iloc[0]
    assert (row[IN], row[OUT]) == (given, generated)


def test_deepseek_at_peak_hours_costs_twice_the_price_of_other_hours() -> None:
    hours = PRICES[PRICES["provider"] == "DeepSeek"]
    first = hours.drop_duplicates(SERIES).pivot(index="model_as_printed", columns="tariff", values=OUT)
    both = first.dropna(subset=["peak", "off_peak"])
    assert len(both) == 3
    assert (both["peak"] / both["off_peak"]).tolist() == pytest.approx([2.0] * len(both))


def test_several_hosts_sell_the_same_weights() -> None:
    hosts = PRICES[PRICES["provider_role"] == "host"]
    assert hosts["weights_open"].all()
    assert (hosts.groupby("model_group")["provider"].nunique() >= 5).sum() >= 20
    assert (PRICES.dropna(subset=["model_group"]).groupby("model_group")["developer"].nunique() == 1).all()


def test_hosts_of_the_same_weights_do_not_differ_by_more_than_competition_explains() -> None:
    """Chips made for speed are dear and the others compete: 15 times is more than any gap."""
    hosts = PRICES[(PRICES["provider_role"] == "host") & (PRICES["date"] >= "2025")]
    spread = hosts.groupby("model_group")[OUT].agg(["min", "max", "count"])
    gap = (spread["max"] / spread["min"])[spread["count"] > 2]
    assert len(gap) >= 30
    assert broken_by("hosts differ by more than 15 times", pd.Series(gap.index, index=gap.index), gap > 15) == set()


def test_models_of_many_countries_are_there() -> None:
    own = PRICES[PRICES["provider_role"] == "developer"]
    assert {"US", "CN", "FR"} <= set(own["developer_country"])
    assert own["developer"].nunique() >= 12
