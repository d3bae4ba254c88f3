"""What an hour of compute costs: capital, power, and the hours in which nobody uses it.

Buying is paid once and renting by the hour. The capital recovery factor turns the first into the second; dividing by
utilisation turns an hour that passes into an hour that is used. All money is in US dollars, all chips are accelerators.

Sources: E. L. Grant, W. G. Ireson, "Principles of Engineering Economy", 1930 and later, for capital recovery;
L. A. Barroso, U. Hoelzle, P. Ranganathan, "The Datacenter as a Computer", 3rd edition, 2018,
doi:10.2200/S00874ED3V01Y201809CAC046, for what a data centre costs; A. S. Luccioni, S. Viguier, A.-L. Ligozat,
"Estimating the carbon footprint of BLOOM", 2022, arXiv:2211.02001, for energy and carbon.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, not_negative, positive, together
from aistack.fitted import Fitted

HOURS_PER_YEAR = 8760
WATTS_PER_KW = 1000
GRAMS_PER_TONNE = 1e6

RATE_CONVENTION, LIFE_YEARS_CONVENTION = 0.10, 5
"""Yearly return and life of hardware to which the fitted mark-ups below refer; a choice, not a finding."""
PUE_CONVENTION, POWER_USD_PER_KWH_CONVENTION = 1.2, 0.08
"""Overhead and power price to which they refer: the mean of AWS and Azure sites and the price of US industry."""


PRICE_SOURCES = (
    "vantage-instances-2023",
    "skypilot-catalog",
    "lambda-pricing",
    "coreweave-pricing",
    "crusoe-pricing",
    "datacrunch-pricing",
    "runpod-pricing",
)
"""Sources of posted prices that the constants below were fitted on; prices of all others test them."""

OWN_CHIP_VENDORS = ("Google", "AWS", "Microsoft", "Meta")
"""Designers of chips that they buy from no vendor, and rent out themselves if at all."""

_CLUSTERS = ("epoch-gpu-clusters",)
HARDWARE_USD_PER_WATT = Fitted(
    51, 23, 69, "USD/W", "bought accelerator with server and network, per watt of the chip", _CLUSTERS, 2026
)
OWN_CHIP_USD_PER_WATT = Fitted(
    26.7, 12, 60, "USD/W", "the same where the owner designed the chip and pays no vendor's margin", _CLUSTERS, 2026
)
GRAPHICS_CARD_USD_PER_WATT = Fitted(
    5.0, 3.75, 9.52, "USD/W", "price of a card for consumers per watt", ("gpu-price-tracker",), 2025
)
PRICE_DECLINE = Fitted(0.078, 0.05, 0.125, "1/year", "fall of rents with a chip's age", PRICE_SOURCES, 2026)
SPECIALIST_MARKUP = Fitted(4.26, 3.71, 5.11, "ratio", "price over cost at full use, specialists", PRICE_SOURCES, 2026)
HYPERSCALER_MARKUP = Fitted(9.12, 7.92, 10.5, "ratio", "price over cost at full use, large clouds", PRICE_SOURCES, 2026)
MARKETPLACE_MARKUP = Fitted(
    3.74, 2.67, 5.31, "ratio", "price over cost at full use, marketplaces", ("gpu-price-index",), 2026
)
SPOT_RATIO = Fitted(0.285, 0.246, 0.398, "ratio", "spot price over on-demand price", PRICE_SOURCES, 2026)
RESERVED_RATIO = Fitted(0.649, 0.599, 0.705, "ratio", "committed price over on-demand price", PRICE_SOURCES, 2026)
PRICE_SPREAD = Fitted(
    1, 0.625, 1.6, "ratio", "posted over predicted price, provider not fitted on", PRICE_SOURCES, 2026
)
SPOT_SPREAD = Fitted(1, 0.331, 3.02, "ratio", "the same for spot prices", PRICE_SOURCES, 2026)
"""Fitted by `tests/benchmarks/cloud_prices.py`, which prints them again together with the errors on other sources.

The interval of owners' chips is mirrored, because seven clusters of one maker say little about the upper end.
"""


def capital_recovery_factor(rate_per_year: Numbers, life_years: Numbers) -> FloatArray:
    """Share of a price that must be earned every year to pay it back with interest: `r / (1 - (1 + r)^-n)`.

    `1 / n` where the rate is 0. `rate_per_year` is a fraction, 0 or more; arrays broadcast.

    Decides: what a machine must earn in a year to be worth buying.

    >>> round(float(capital_recovery_factor(0.10, 5)), 4), float(capital_recovery_factor(0, 5))
    (0.2638, 0.2)
    """
    rate, life = not_negative("rate_per_year", rate_per_year), positive("life_years", life_years)
    together(rate_per_year=rate, life_years=life)
    some = rate > np.finfo(float).tiny  # below, the powers round to 1
    earning = np.where(some, rate, 1)
    return np.where(some, earning / -np.expm1(-life * np.log1p(earning)), 1 / life)[()]


def capital_usd_per_hour(
    price_usd: Numbers, rate_per_year: Numbers, life_years: Numbers, resale_share: Numbers = 0
) -> FloatArray:
    """Cost of having something for an hour, used or not: `(P - s P / (1 + r)^n) CRF / 8760`.

    `resale_share` is the part of the price at which it can be sold after `life_years`. Call it for each part that
    wears at its own pace (accelerator, server, network, site) and add the results. Known bias: spreads the cost evenly,
    though chips lose most of their value early.

    Decides: how much longer life or cheaper capital is worth.

    >>> round(float(capital_usd_per_hour(price_usd=36_000, rate_per_year=0.10, life_years=5)), 2)
    1.08
    """
    price, resale = not_negative("price_usd", price_usd), not_negative("resale_share", resale_share, at_most=1)
    rate, life = not_negative("rate_per_year", rate_per_year), positive("life_years", life_years)
    together(price_usd=price, resale_share=resale, rate_per_year=rate, life_years=life)
    kept = 1 - resale * np.exp(-life * np.log1p(rate))
    return price * kept * capital_recovery_factor(rate, life) / HOURS_PER_YEAR


def energy_usd_per_hour(power_w: Numbers, pue: Numbers, power_usd_per_kwh: Numbers) -> FloatArray:
    """Cost of an hour at `power_w` in the machine: `W / 1000 * PUE * price`.

    `pue` (power usage effectiveness) is a site's power over that of its machines, at least 1.

    Decides: how much cheap power is worth beside cheap chips.

    >>> round(float(energy_usd_per_hour(power_w=1000, pue=1.2, power_usd_per_kwh=0.08)), 3)
    0.096
    """
    watts, price = not_negative("power_w", power_w), not_negative("power_usd_per_kwh", power_usd_per_kwh)
    overhead = _pue(pue)
    together(power_w=watts, pue=overhead, power_usd_per_kwh=price)
    return watts / WATTS_PER_KW * overhead * price


def useful_hour_bound_usd(capital_usd_per_hour: Numbers, energy_usd_per_hour: Numbers) -> FloatArray:
    """Least cost of a useful accelerator-hour: capital and energy, every hour used and nothing else to pay.

    Decides: whether an offer can be honest; nobody can rent out for less and live.

    >>> float(useful_hour_bound_usd(capital_usd_per_hour=1.0, energy_usd_per_hour=0.25))
    1.25
    """
    capital = not_negative("capital_usd_per_hour", capital_usd_per_hour)
    energy = not_negative("energy_usd_per_hour", energy_usd_per_hour)
    together(capital_usd_per_hour=capital, energy_usd_per_hour=energy)
    return capital + energy


def useful_hour_estimate_usd(
    capital_usd_per_hour: Numbers,
    energy_usd_per_hour: Numbers,
    utilisation: Numbers,
    upkeep_share: Numbers = 0,
    idle_power_share: Numbers = 0,
) -> FloatArray:
    """Cost of a useful accelerator-hour: `(capital (1 + upkeep) + energy (idle + (1 - idle) u)) / u`.

    `utilisation` is the share of hours used, above 0 and at most 1; `upkeep_share` staff, repair and software as a
    share of capital; `idle_power_share` the power of an idle machine over that of a busy one. Equals the bound at full
    use without upkeep.

    Decides: whether filling the machines is worth more than buying them cheaper.

    >>> float(useful_hour_estimate_usd(capital_usd_per_hour=1.0, energy_usd_per_hour=0.25, utilisation=0.5))
    2.25
    """
    used = positive("utilisation", utilisation, at_most=1)
    upkeep = not_negative("upkeep_share", upkeep_share)
    idle = not_negative("idle_power_share", idle_power_share, at_most=1)
    capital = not_negative("capital_usd_per_hour", capital_usd_per_hour)
    energy = not_negative("energy_usd_per_hour", energy_usd_per_hour)
    together(
        capital_usd_per_hour=capital,
        energy_usd_per_hour=energy,
        utilisation=used,
        upkeep_share=upkeep,
        idle_power_share=idle,
    )
    return (capital * (1 + upkeep) + energy * (idle + (1 - idle) * used)) / used


def break_even_utilisation(
    fixed_usd_per_hour: Numbers, running_usd_per_hour: Numbers, rent_usd_per_hour: Numbers
) -> FloatArray:
    """Share of hours in use above which owning is cheaper than renting: `fixed / (rent - running)`.

    Owning costs `fixed` every hour and `running` (power) in those that are used; renting costs `rent` in those that are
    used. A result above 1 means that renting is always cheaper; it is infinite where the rent does not even cover the
    power. Known bias: an owner also carries the risk that prices fall.

    Decides: rent or buy. With a committed price as `fixed` and 0 as `running`: commit or stay on demand.

    >>> round(float(break_even_utilisation(fixed_usd_per_hour=1.1, running_usd_per_hour=0.1, rent_usd_per_hour=2.3)), 2)
    0.5
    """
    fixed = not_negative("fixed_usd_per_hour", fixed_usd_per_hour)
    running, rent = (
        not_negative("running_usd_per_hour", running_usd_per_hour),
        positive("rent_usd_per_hour", rent_usd_per_hour),
    )
    together(fixed_usd_per_hour=fixed, running_usd_per_hour=running, rent_usd_per_hour=rent)
    saved = rent - running
    return np.where(saved > 0, fixed / np.where(saved > 0, saved, 1), np.inf)[()]


def spot_hour_usd(
    spot_usd_per_hour: Numbers,
    interruption_probability_per_hour: Numbers,
    checkpoint_hours: Numbers,
    restart_hours: Numbers = 0,
) -> FloatArray:
    """Cost of an hour of *kept* work on machines that may be taken away: `p_spot (1/l + R) (exp(l t) - 1) / t`.

    Interruptions come at random at rate `l = -ln(1 - p)` for a probability `p` (below 1) in an hour. Work since the
    last checkpoint (every `checkpoint_hours` of work) is lost, and each restart takes `restart_hours`, paid for. The
    time for one stretch `t` that must be done without interruption is that of a renewal process. `ValueError` where so
    little work survives that the cost exceeds every number. Known bias: writing checkpoints is free.

    Decides: whether a discount is worth the interruptions, and how often to save work.

    >>> round(float(spot_hour_usd(1, interruption_probability_per_hour=0.2, checkpoint_hours=1, restart_hours=0.1)), 3)
    1.145
    """
    price = not_negative("spot_usd_per_hour", spot_usd_per_hour)
    chance = not_negative("interruption_probability_per_hour", interruption_probability_per_hour, at_most=1)
    stretch, restart = positive("checkpoint_hours", checkpoint_hours), not_negative("restart_hours", restart_hours)
    positive("1 - interruption_probability_per_hour", 1 - chance)
    together(
        spot_usd_per_hour=price,
        interruption_probability_per_hour=chance,
        checkpoint_hours=stretch,
        restart_hours=restart,
    )
    rate = -np.log1p(-chance)
    growth = rate * stretch
    positive("exp(interruption rate * checkpoint_hours)", np.exp(np.minimum(growth, _LARGEST_EXPONENT)), at_most=_MOST)
    safe = np.where(rate > 0, rate, 1)
    hours = np.where(rate > 0, (1 / safe + restart) * np.expm1(growth) / stretch, 1.0)
    return price * hours


_LARGEST_EXPONENT = float(np.log(np.finfo(float).max) / 2)
_MOST = float(np.exp(_LARGEST_EXPONENT) / 2)


def energy_kwh(accelerator_hours: Numbers, power_w: Numbers, pue: Numbers = 1) -> FloatArray:
    """Energy of a run: hours times watts times overhead. With a chip's rated power an upper figure for its chips alone.

    Known bias: rated power is more than most jobs draw, and leaves out the server around the chip; the two errors have
    opposite signs and similar size.

    Decides: how much power a plan to train needs.

    >>> float(energy_kwh(accelerator_hours=1_000_000, power_w=400))
    400000.0
    """
    hours, watts, overhead = (
        not_negative("accelerator_hours", accelerator_hours),
        not_negative("power_w", power_w),
        _pue(pue),
    )
    together(accelerator_hours=hours, power_w=watts, pue=overhead)
    return hours * watts / WATTS_PER_KW * overhead


def carbon_tonnes(energy_kwh: Numbers, intensity_gco2_per_kwh: Numbers) -> FloatArray:
    """Location-based emissions: energy times what the local grid emits. In tonnes of CO2 equivalent.

    Market-based figures (after certificates and contracts) can be 0 for the same run. Leaves out what making the chips
    emitted.

    Decides: where to place a job that can run anywhere.

    >>> float(carbon_tonnes(energy_kwh=1_000_000, intensity_gco2_per_kwh=400))
    400.0
    """
    energy, intensity = (
        not_negative("energy_kwh", energy_kwh),
        not_negative("intensity_gco2_per_kwh", intensity_gco2_per_kwh),
    )
    together(energy_kwh=energy, intensity_gco2_per_kwh=intensity)
    return energy * intensity / GRAMS_PER_TONNE


class RunPrice(NamedTuple):
    """One run priced three ways, in US dollars."""

    amortised: FloatArray
    cloud: FloatArray
    acquisition: FloatArray


def run_price_usd(
    accelerator_hours: Numbers,
    accelerators: Numbers,
    owned_usd_per_hour: Numbers,
    rent_usd_per_hour: Numbers,
    hardware_usd_per_accelerator: Numbers,
) -> RunPrice:
    """Price a run as its share of owned hardware, as rent, and as all the hardware one must buy first.

    All three are called "what it cost" in the press; they differ by a factor of 10 and more.

    Decides: which of two quoted costs of a model may be compared.

    >>> price = run_price_usd(2_788_000, 2048, 1.2, rent_usd_per_hour=2.0, hardware_usd_per_accelerator=36_000)
    >>> float(price.cloud), float(price.acquisition)
    (5576000.0, 73728000.0)
    """
    hours, count = not_negative("accelerator_hours", accelerator_hours), not_negative("accelerators", accelerators)
    owned, rent = (
        not_negative("owned_usd_per_hour", owned_usd_per_hour),
        not_negative("rent_usd_per_hour", rent_usd_per_hour),
    )
    hardware = not_negative("hardware_usd_per_accelerator", hardware_usd_per_accelerator)
    together(
        accelerator_hours=hours,
        accelerators=count,
        owned_usd_per_hour=owned,
        rent_usd_per_hour=rent,
        hardware_usd_per_accelerator=hardware,
    )
    return RunPrice(hours * owned, hours * rent, count * hardware)


def hardware_usd_estimate(power_w: Numbers, usd_per_watt: Numbers = HARDWARE_USD_PER_WATT.value) -> FloatArray:
    """Price of an accelerator with its share of server and network: a chip's rated power times dollars per watt.

    Power stands for the silicon and memory that it feeds: clusters of very different chips cost much the same a watt.
    Known bias: too low for cards on PCIe, which are run below what their silicon could take.

    Decides: what hardware whose price is not published would have cost.

    >>> float(hardware_usd_estimate(power_w=700, usd_per_watt=50))
    35000.0
    """
    watts, price = positive("power_w", power_w), positive("usd_per_watt", usd_per_watt)
    together(power_w=watts, usd_per_watt=price)
    return watts * price


def marginal_hour_usd_estimate(
    power_w: Numbers,
    age_years: Numbers,
    decline_per_year: Numbers = PRICE_DECLINE.value,
    usd_per_watt: Numbers = HARDWARE_USD_PER_WATT.value,
) -> FloatArray:
    """Cost of an accelerator-hour at full use, at today's value of the hardware: `K exp(-d age) + E`.

    Capital `K` by the conventions above on hardware priced by its power, falling by `decline_per_year` because newer
    chips do the same work for less; `E` is power.

    Decides: the floor under which a posted price cannot stay.

    >>> round(float(marginal_hour_usd_estimate(power_w=700, age_years=2)), 2)
    0.99
    """
    watts, age = positive("power_w", power_w), not_negative("age_years", age_years)
    decline = not_negative("decline_per_year", decline_per_year)
    together(power_w=watts, age_years=age, decline_per_year=decline)
    new = capital_usd_per_hour(hardware_usd_estimate(watts, usd_per_watt), RATE_CONVENTION, LIFE_YEARS_CONVENTION)
    energy = energy_usd_per_hour(watts, PUE_CONVENTION, POWER_USD_PER_KWH_CONVENTION)
    return new * np.exp(-decline * age) + energy


def posted_price_usd_estimate(
    power_w: Numbers,
    age_years: Numbers,
    markup: Numbers,
    term_ratio: Numbers = 1,
    decline_per_year: Numbers = PRICE_DECLINE.value,
    usd_per_watt: Numbers = HARDWARE_USD_PER_WATT.value,
) -> FloatArray:
    """Price per accelerator-hour that a cloud would post: cost at full use times mark-up times the term's ratio.

    `markup` (one of the constants above) holds empty hours, hosts, network, staff and profit together;
    `term_ratio` is 1 on demand. Known bias: one figure for all providers of a kind, so half of the prices are off by
    more than a fifth.

    Decides: what to expect of an offer before asking for one.

    >>> round(float(posted_price_usd_estimate(power_w=700, age_years=2, markup=4)), 2)
    3.95
    """
    factor, ratio = positive("markup", markup), positive("term_ratio", term_ratio)
    cost = marginal_hour_usd_estimate(power_w, age_years, decline_per_year, usd_per_watt)
    together(cost=np.asarray(cost), markup=factor, term_ratio=ratio)
    return cost * factor * ratio


def _pue(value: Numbers) -> npt.NDArray[np.float64]:
    overhead = positive("pue", value)
    if (overhead < 1).any():
        raise ValueError(f"pue = {overhead.min():g} is out of range; allowed: 1 or more, finite")
    return overhead
