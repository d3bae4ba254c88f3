"""What an hour costs: against textbooks, limits, and prices that were posted."""

import math
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack import cloud
from aistack.checks import Numbers

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import cloud_prices

RATES, LIVES = st.floats(0, 0.5), st.floats(0.5, 20)
USD = st.floats(0.01, 1e5)


def test_capital_recovery_of_the_textbooks() -> None:
    """A loan of 1,000 at 10 % over 5 years is paid back with 263.80 a year."""
    assert 1000 * cloud.capital_recovery_factor(0.10, 5) == pytest.approx(263.80, abs=0.005)


@given(RATES, LIVES)
def test_the_yearly_payments_are_worth_the_price_today(rate: float, life: float) -> None:
    years = int(life) + 1
    payments = cloud.capital_recovery_factor(rate, years) / (1 + rate) ** np.arange(1, years + 1)
    assert payments.sum() == pytest.approx(1)


@given(RATES, LIVES)
def test_interest_costs_and_a_longer_life_saves(rate: float, life: float) -> None:
    here = cloud.capital_recovery_factor(rate, life)
    assert here >= 1 / life * (1 - 1e-9)
    assert cloud.capital_recovery_factor(rate + 0.01, life) > here
    assert cloud.capital_recovery_factor(rate, life + 1) < here


def test_tiny_rates_join_the_rate_of_zero() -> None:
    assert cloud.capital_recovery_factor([0, 1e-12], 7) == pytest.approx([1 / 7, 1 / 7])


@given(USD, RATES, LIVES, st.floats(0, 1))
def test_resale_lowers_the_cost_but_interest_stays(price: float, rate: float, life: float, resale: float) -> None:
    cost = float(cloud.capital_usd_per_hour(price, rate, life, resale)) * cloud.HOURS_PER_YEAR
    assert (
        price * rate * (1 - 1e-6) - 1e-9 <= cost <= float(cloud.capital_usd_per_hour(price, rate, life)) * 8760 + 1e-9
    )


@given(USD, USD, st.floats(0.01, 1), st.floats(0, 1), st.floats(0, 1))
def test_no_estimate_is_below_the_bound(capital: float, energy: float, used: float, upkeep: float, idle: float) -> None:
    bound = cloud.useful_hour_bound_usd(capital, energy)
    assert cloud.useful_hour_estimate_usd(capital, energy, used, upkeep, idle) >= bound * (1 - 1e-12)
    assert cloud.useful_hour_estimate_usd(capital, energy, 1) == pytest.approx(bound)


@given(USD, st.floats(0, 10), st.floats(11, 1e5))
def test_at_the_break_even_both_cost_the_same(fixed: float, running: float, rent: float) -> None:
    used = cloud.break_even_utilisation(fixed, running, rent)
    assert fixed + running * used == pytest.approx(rent * used)


@pytest.mark.extreme
def test_free_chips_cost_only_their_power() -> None:
    assert cloud.capital_usd_per_hour(0, 0.1, 5) == 0
    assert cloud.useful_hour_estimate_usd(0, 0.1, 0.5) == pytest.approx(0.1)
    assert cloud.break_even_utilisation(0, 0.1, 2) == 0


@pytest.mark.extreme
def test_a_rent_below_the_power_bill_is_never_beaten() -> None:
    assert cloud.break_even_utilisation(1, 0.5, 0.4) == math.inf


@pytest.mark.extreme
def test_spot_without_interruptions_costs_its_price_and_without_end_is_refused() -> None:
    assert cloud.spot_hour_usd(0.7, 0, checkpoint_hours=5, restart_hours=1) == pytest.approx(0.7)
    with pytest.raises(ValueError, match="checkpoint_hours"):
        cloud.spot_hour_usd(0.7, 0.99, checkpoint_hours=1000)


@given(st.floats(0.001, 0.9), st.floats(0.01, 5), st.floats(0, 1))
def test_more_interruptions_and_rarer_checkpoints_cost_more(chance: float, stretch: float, restart: float) -> None:
    here = cloud.spot_hour_usd(1, chance, stretch, restart)
    assert here >= 1
    assert cloud.spot_hour_usd(1, chance + 0.05, stretch, restart) > here
    assert cloud.spot_hour_usd(1, chance, stretch * 1.5, 0) > cloud.spot_hour_usd(1, chance, stretch, 0)


def test_lost_work_is_what_a_simulation_loses() -> None:
    """Play 20,000 stretches of 2 hours against interruptions with a chance of 30 % an hour."""
    generator, stretch, restart, rate = np.random.default_rng(7), 2.0, 0.25, -math.log1p(-0.3)
    spent = []
    for _ in range(20_000):
        hours = 0.0
        while (survived := generator.exponential(1 / rate)) < stretch:
            hours += survived + restart
        spent.append(hours + stretch)
    error = np.std(spent) / math.sqrt(len(spent)) / stretch
    assert cloud.spot_hour_usd(1, 0.3, stretch, restart) == pytest.approx(np.mean(spent) / stretch, abs=4 * error)


def test_the_cards_of_the_llama_models_follow_from_hours_and_power() -> None:
    """Llama 2 70B: 1,720,320 hours at 400 W and 291.42 t are 423.5 g a kilowatt-hour; the 7B model's card agrees."""
    factor = 291.42e6 / cloud.energy_kwh(1_720_320, 400)
    assert factor == pytest.approx(423.5, abs=0.1)
    assert cloud.carbon_tonnes(cloud.energy_kwh(184_320, 400), factor) == pytest.approx(31.22, abs=0.01)


def test_the_published_rent_of_a_run_is_hours_times_price() -> None:
    """DeepSeek-V3: 2.788 million hours at 2 dollars are 5.576 million, about a thirteenth of the machines' price."""
    price = cloud.run_price_usd(2_788_000, 2048, 1.1, 2.0, 36_000)
    assert price.cloud == 5_576_000
    assert 10 < price.acquisition / price.cloud < 20


@pytest.mark.behaviour
def test_constants_are_what_the_fit_gives() -> None:
    table = cloud_prices.fit(cloud_prices.seen())
    assert table[0] == pytest.approx(cloud.PRICE_DECLINE.value, abs=0.0005)
    constants = [*cloud_prices.KINDS.values(), *cloud_prices.TERMS.values()]
    for log, constant in zip(table[1:], constants, strict=True):
        assert np.exp(log) == pytest.approx(constant.value, rel=0.003)
    for own_chips, constant in ((False, cloud.HARDWARE_USD_PER_WATT), (True, cloud.OWN_CHIP_USD_PER_WATT)):
        per_watt = cloud_prices.hardware_usd_per_watt(own_chips=own_chips)
        assert per_watt.median() == pytest.approx(constant.value, abs=0.05)
    assert cloud_prices.marketplace()[0] == pytest.approx(cloud.MARKETPLACE_MARKUP.value, abs=0.005)


@pytest.mark.behaviour
def test_prices_of_other_sources_lie_in_the_band() -> None:
    rows = cloud_prices.unseen()
    miss = cloud_prices.misses(cloud_prices.fit(cloud_prices.seen()), rows)
    spread = np.where(rows["price_type"] == "spot", cloud.SPOT_SPREAD.high, cloud.PRICE_SPREAD.high)
    assert len(miss) > 200
    assert 0.8 < (np.abs(miss) < np.log(spread)).mean() < 0.97
    assert np.median(np.abs(np.expm1(miss))) < 0.30


@pytest.mark.sensitivity
@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_hardware_outweighs_power_whatever_the_error(factor: float) -> None:
    """An hour of a 700-watt chip is mostly capital, even at a fifth more for power and a fifth less for hardware."""
    energy = cloud.energy_usd_per_hour(700 * factor, 1 + 0.2 * factor, 0.08 * factor)
    assert cloud.capital_usd_per_hour(36_000 / factor, 0.10, 5) > 5 * energy


def test_ten_thousand_draws_take_milliseconds() -> None:
    draws = np.random.default_rng(1).uniform(0.02, 0.1, 10_000)
    cloud.posted_price_usd_estimate(700, 2, 4, 1, draws)
    start = time.perf_counter()
    cloud.posted_price_usd_estimate(700, 2, 4, 1, draws)
    assert time.perf_counter() - start < 0.01


def test_broadcasting() -> None:
    assert cloud.useful_hour_estimate_usd([[1], [2]], 0.1, [0.3, 0.6, 0.9]).shape == (2, 3)
    assert cloud.spot_hour_usd(1, [0, 0.1], [[1], [2]]).shape == (2, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cloud.capital_recovery_factor(-0.1, 5), "rate_per_year = -0.1 is out of range; allowed: 0 or more"),
        (lambda: cloud.capital_recovery_factor(0.1, 0), "life_years = 0 is out of range; allowed: above 0"),
        (lambda: cloud.energy_usd_per_hour(700, 0.9, 0.1), "pue = 0.9 is out of range; allowed: 1 or more"),
        (
            lambda: cloud.useful_hour_estimate_usd(1, 1, 1.2),
            "utilisation = 1.2 is out of range; allowed: above 0, at most 1",
        ),
        (lambda: cloud.spot_hour_usd(1, 1, 1), "1 - interruption_probability_per_hour = 0"),
        (lambda: cloud.carbon_tonnes(float("nan"), 400), "energy_kwh = nan is out of range"),
        (lambda: cloud.posted_price_usd_estimate([1, 2], [1, 2, 3], 4), "shapes do not fit each other"),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]


def test_scalars_come_back_as_numpy_floats() -> None:
    values: list[Numbers] = [cloud.capital_recovery_factor(0.1, 5), cloud.break_even_utilisation(1, 0, 2)]
    assert all(isinstance(value, np.float64) for value in values)
