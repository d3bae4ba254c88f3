"""The whole chain, from a wafer to a strategy: each step's result is the next step's argument, and nothing else is."""

from dataclasses import replace

import numpy as np
import pytest

from aistack import fab
from aistack.cloud import capital_usd_per_hour, energy_usd_per_hour, useful_hour_estimate_usd
from aistack.fab import accelerator_cost, price_usd, wafer_price_usd_estimate
from aistack.openness import open_income_per_use, open_profit
from aistack.price import fleet_cost_usd, profit_over_cost, token_revenue_usd, usd_per_million_tokens
from aistack.race import simulate
from aistack.returns import net_present_value_usd
from aistack.server import Server
from aistack.serving import Model
from aistack.throughput import output_tokens_per_s_bound, output_tokens_per_s_estimate
from course.data import load
from course.validation import score, table

CHIPS = load("chips").set_index("chip", drop=False)
MODELS = load("models").set_index("model", drop=False)
DAY = load("published_results").set_index("result_id")["value"]
H100 = CHIPS.loc["H100 SXM"]
LLAMA = Model.from_row(MODELS.loc["Llama 3.1 70B"])
SERVERS_OVER_CHIPS = 1.6  # a lever: what server, network and building add to the price of the chips


def chain(defects_per_cm2: float = fab.DEFECTS_PER_CM2.value, power_usd_per_kwh: float = 0.08) -> dict[str, float]:
    """Walk the chain once, for Llama 3.1 70B on four H100s; the learner pays an API that covers the cost twice."""
    wafer = wafer_price_usd_estimate(H100["process_nm"])
    chip = accelerator_cost(H100["die_area_mm2"], wafer, defects_per_cm2, H100["memory_gb"]).total_usd
    node = price_usd(chip, 1 - 1 / fab.MARKUP["NVIDIA"].value) * SERVERS_OVER_CHIPS
    hour = useful_hour_estimate_usd(
        capital_usd_per_hour(node, rate_per_year=0.1, life_years=5, resale_share=0.1),
        energy_usd_per_hour(H100["tdp_w"] * SERVERS_OVER_CHIPS, pue=1.2, power_usd_per_kwh=power_usd_per_kwh),
        utilisation=0.6,
        upkeep_share=0.1,
    )
    server = Server(
        4, H100["fp8_tflops"], H100["fp16_tflops"], H100["memory_bandwidth_gb_s"], H100["memory_gb"],
        link_gb_s=H100["interconnect_gb_s"] / 2, bits=8, bytes_per_weight=1, bytes_per_number=1,
    )  # fmt: skip
    speed = output_tokens_per_s_estimate(LLAMA, server, 1000, 1000)
    assert speed <= output_tokens_per_s_bound(LLAMA, server, 1000, 1000)
    cost = usd_per_million_tokens(hour, speed / server.chips)
    margin = profit_over_cost(2 * cost, cost)
    adopted = open_profit(1, adoption_multiplier=5, income_per_use=open_income_per_use(0.3, margin))
    gain = net_present_value_usd(1e6 * adopted, 1e6, months_to_deploy=9, years=5, discount_per_year=0.1)
    names = {"wafer": wafer, "chip": chip, "node": node, "hour": hour, "speed": speed, "cost": cost, "gain": gain}
    return {name: float(value) for name, value in names.items()}


def won(budget_usd_bn: float) -> float:
    """Return how often an actor with that budget is ahead of one with 50 billion a year."""
    actor = {"strategy": "full stack", "market_share": 0.1, "capital_usd_bn": 50}
    scenario = {
        "start_year": 2025, "years": 5, "draws": 200, "seed": 1, "adoption": 0.2, "market_usd_bn": 476,
        "index_points": 154.7, "shocks": [],
        "actors": [{**actor, "name": "A", "budget_usd_bn": budget_usd_bn}, {**actor, "name": "B", "budget_usd_bn": 50}],
    }  # fmt: skip
    return simulate(scenario).chance_to_win({"services": 1})["A"]


def test_every_step_lands_where_the_world_is() -> None:
    step = chain()
    assert 10_000 < step["wafer"] < 20_000
    assert 2_500 < step["chip"] < 4_500
    assert 20_000 < step["node"] / SERVERS_OVER_CHIPS < 40_000, "the prices that were reported for an H100"
    asked = load("cloud_prices")
    asked = asked[(asked["chip"] == "H100 SXM") & (asked["price_type"] == "on_demand")]["usd_per_accelerator_hour"]
    assert step["hour"] < asked.max()
    prices = load("api_prices")
    prices = prices[prices["model_group"].str.contains("llama.*70b", case=False, na=False)][
        "output_usd_per_mtok"
    ].dropna()
    assert prices.min() / 3 < step["cost"] < prices.max()


def test_a_change_at_the_first_step_reaches_the_last() -> None:
    clean, dirty = chain(), chain(defects_per_cm2=3 * fab.DEFECTS_PER_CM2.value)
    for name in ("chip", "node", "hour", "cost"):
        assert dirty[name] > clean[name]
    assert dirty["speed"] == clean["speed"]
    assert dirty["cost"] / clean["cost"] < dirty["chip"] / clean["chip"], "power and upkeep dilute the price of chips"


@pytest.mark.extreme
def test_free_power_leaves_the_capital_and_nothing_else() -> None:
    free, usual = chain(power_usd_per_kwh=0), chain()
    assert 0 < free["hour"] < usual["hour"]
    assert free["hour"] > 0.5 * usual["hour"], "an accelerator-hour is mostly capital"


@pytest.mark.sensitivity
def test_what_matters_most_for_the_price_of_a_token_does_not_turn_with_a_fifth() -> None:
    base = chain()["cost"]
    defects = chain(defects_per_cm2=1.2 * fab.DEFECTS_PER_CM2.value)["cost"] / base - 1
    power = chain(power_usd_per_kwh=1.2 * 0.08)["cost"] / base - 1
    assert defects > power > 0


def test_what_the_chain_earns_is_the_budget_of_a_strategy() -> None:
    step = chain()
    assert step["gain"] > 0
    assert won(50 + step["gain"] / 1e6) > won(50)


def test_the_published_day_of_deepseek_follows_from_its_nodes_and_tokens() -> None:
    """Cost exactly, revenue and margin within 0.1 %: the tokens are printed as round numbers, the margin as 545 %."""
    cost = fleet_cost_usd(226.75 * 8, 24, 2)
    assert cost == DAY["ds_cost_day"]
    revenue = token_revenue_usd(608e9, 342e9, 168e9, 0.55, 0.14, 2.19)
    assert revenue == pytest.approx(DAY["ds_revenue_day"], rel=1e-3)
    margin = 100 * profit_over_cost(DAY["ds_revenue_day"], cost)
    assert int(margin) == DAY["ds_margin"]
    assert 100 * profit_over_cost(revenue, cost) == pytest.approx(margin, rel=1e-3)


def test_the_speed_of_deepseeks_nodes_is_predicted_within_a_third() -> None:
    """Tokens read and written a second by a node of eight H800, from shape and chip alone, within 30 %."""
    cases = [case for case in table.ours() if case.id in ("ds_in_tps_node", "ds_out_tps_node")]
    errors = {outcome.case.id: outcome.error for outcome in score.run(cases)}
    assert set(errors) == {"ds_in_tps_node", "ds_out_tps_node"}
    assert all(error is not None and abs(error) < 0.3 for error in errors.values()), errors


def test_the_chain_takes_draws_as_it_takes_numbers() -> None:
    generator = np.random.default_rng(1)
    defects = fab.DEFECTS_PER_CM2.draws(1000, generator)
    costs = accelerator_cost(H100["die_area_mm2"], 13_000, defects, H100["memory_gb"]).total_usd
    hours = useful_hour_estimate_usd(capital_usd_per_hour(costs, rate_per_year=0.1, life_years=5), 0.1, utilisation=0.6)
    assert np.shape(hours) == (1000,)
    assert np.ptp(hours) > 0


def test_a_link_that_is_missing_stops_the_chain_with_its_name() -> None:
    with pytest.raises(ValueError, match="link_gb_s"):
        replace(Server(1, 1979, 989, 3350, 80), chips=4)
