"""What serving costs and earns: price per million tokens, margin, and from what volume own chips beat an API.

Worked against DeepSeek-AI, "DeepSeek-V3/R1 inference system overview", 2025 (open-infra-index, day 6), which gives
nodes, tokens and list prices of one day.
"""

from __future__ import annotations

import numpy as np

from aistack.checks import FloatArray, Numbers, not_negative, positive, together

MILLION = 1e6
SECONDS_PER_HOUR = 3600
HOURS_PER_DAY = 24


def fleet_cost_usd(chips: Numbers, hours: Numbers, usd_per_chip_hour: Numbers) -> FloatArray:
    """Return what `chips` cost for `hours`: chips x hours x price.

    Decides: what a service must earn.

    >>> float(fleet_cost_usd(226.75 * 8, 24, 2.0))  # DeepSeek's day
    87072.0
    """
    count, time = not_negative("chips", chips), not_negative("hours", hours)
    price = not_negative("usd_per_chip_hour", usd_per_chip_hour)
    together(chips=count, hours=time, usd_per_chip_hour=price)
    return np.multiply(count * time, price)


def usd_per_million_tokens(usd_per_chip_hour: Numbers, tokens_per_s_chip: Numbers, load: Numbers = 1) -> FloatArray:
    """Return the cost of a million tokens: price of a chip's hour over the tokens that it delivers in one.

    `load` is the share of time in which the chip is asked for tokens; idle time is paid, too.

    Decides: whether a list price covers its cost.

    >>> round(float(usd_per_million_tokens(2.0, 14800 / 8)), 2)  # DeepSeek's decode nodes
    0.3
    """
    price, speed = (
        not_negative("usd_per_chip_hour", usd_per_chip_hour),
        positive("tokens_per_s_chip", tokens_per_s_chip),
    )
    share = positive("load", load, at_most=1)
    together(usd_per_chip_hour=price, tokens_per_s_chip=speed, load=share)
    return price / (speed * share * SECONDS_PER_HOUR) * MILLION


def token_revenue_usd(
    input_tokens: Numbers,
    cached_tokens: Numbers,
    output_tokens: Numbers,
    usd_per_million_input: Numbers,
    usd_per_million_cached: Numbers,
    usd_per_million_output: Numbers,
) -> FloatArray:
    """Return what tokens earn at list prices; `cached_tokens` are those of the input found in the prefix cache.

    Known bias: free use, night discounts and cheaper models earn less (DeepSeek says so of its own figure).

    Decides: what a price list is worth at a given mix of prompts and answers.

    >>> round(float(token_revenue_usd(608e9, 342e9, 168e9, 0.55, 0.14, 2.19)))  # published, unrounded: 562,027
    562100
    """
    read, written = not_negative("input_tokens", input_tokens), not_negative("output_tokens", output_tokens)
    cached = not_negative("cached_tokens", cached_tokens)
    fresh_price = not_negative("usd_per_million_input", usd_per_million_input)
    cached_price = not_negative("usd_per_million_cached", usd_per_million_cached)
    output_price = not_negative("usd_per_million_output", usd_per_million_output)
    together(input_tokens=read, cached_tokens=cached, output_tokens=written, usd_per_million_input=fresh_price,
             usd_per_million_cached=cached_price, usd_per_million_output=output_price)  # fmt: skip
    if np.any(cached > read):
        raise ValueError(f"cached_tokens = {np.max(cached):g} is out of range; allowed: at most input_tokens")
    return ((read - cached) * fresh_price + cached * cached_price + written * output_price) / MILLION


def profit_over_cost(revenue_usd: Numbers, cost_usd: Numbers) -> FloatArray:
    """Return profit as a share of cost, `(R - C) / C`; DeepSeek's "cost profit margin" of 545 % is 5.45.

    Decides: nothing alone; many hear "margin" and think of revenue, see `profit_over_revenue`.
    """
    revenue, cost = not_negative("revenue_usd", revenue_usd), positive("cost_usd", cost_usd)
    together(revenue_usd=revenue, cost_usd=cost)
    return (revenue - cost) / cost


def profit_over_revenue(revenue_usd: Numbers, cost_usd: Numbers) -> FloatArray:
    """Return profit as a share of revenue, `(R - C) / R`, the usual gross margin; at most 1.

    Decides: how far a price can fall before the service loses money.
    """
    revenue, cost = positive("revenue_usd", revenue_usd), not_negative("cost_usd", cost_usd)
    together(revenue_usd=revenue, cost_usd=cost)
    return (revenue - cost) / revenue


def break_even_tokens_per_day(api_usd_per_million: Numbers, chips: Numbers, usd_per_chip_hour: Numbers) -> FloatArray:
    """Return the tokens a day from which renting `chips` around the clock costs less than an API.

    Compare with what the chips can deliver: a break-even above their capacity means that the API stays cheaper.

    Decides: buy tokens or rent chips.

    >>> round(float(break_even_tokens_per_day(0.60, chips=8, usd_per_chip_hour=2.5)) / 1e6)
    800
    """
    price = positive("api_usd_per_million", api_usd_per_million)
    return fleet_cost_usd(chips, HOURS_PER_DAY, usd_per_chip_hour) / price * MILLION
