"""The race: replay, limits, what a strategy must do, definitions of winning, refusals."""

import copy
import json
import re
import time
from typing import Any

import numpy as np
import pytest

from aistack.assumptions import Assumptions, drawn
from aistack.race import LAYERS, MEASURES, STRATEGIES, Race, simulate


def scenario(strategy: Any = "full stack", rival: Any = "full stack", **changes: Any) -> dict[str, Any]:
    actors = [
        {"name": name, "strategy": how, "budget_usd_bn": 50, "market_share": 0.2, "capital_usd_bn": 100}
        for name, how in (("A", strategy), ("B", rival))
    ]
    shock = {"name": "outage", "layer": "cloud", "hits": "capital", "probability": 0.3, "severity": 0.5}
    start = {"start_year": 2025, "years": 10, "draws": 200, "seed": 7, "adoption": 0.2, "market_usd_bn": 476}
    return {**start, "index_points": 150, "actors": actors, "shocks": [{**shock, "actors": ["A", "B"]}], **changes}


def same(one: Race, other: Race) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in Race.__dataclass_fields__)


def test_a_seed_replays_exactly_even_after_a_journey_through_json() -> None:
    first = simulate(scenario())
    assert same(first, simulate(json.loads(json.dumps(scenario()))))
    assert not same(first, simulate(scenario(seed=8)))


def test_a_run_changes_neither_scenario_nor_assumptions() -> None:
    given = scenario(assumptions={"sigma": 0.3})
    before = copy.deepcopy(given)
    simulate(given)
    assert given == before


def test_twins_with_the_same_strategy_and_no_shocks_stay_twins() -> None:
    race = simulate(scenario(), shocks=False)
    np.testing.assert_allclose(race.services[:, 0], race.services[:, 1])
    assert race.chance_to_win({"revenue": 1}) == {"A": 0.5, "B": 0.5}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_runs_and_gives_finite_numbers(strategy: str) -> None:
    race = simulate(scenario(strategy), drawn(200, seed=1))
    for name in MEASURES:
        assert np.isfinite(race.measure(name)).all()
        assert (race.measure(name) >= 0).all()
    assert (race.share.sum(axis=1) <= 0.4 + 1e-9).all()
    assert (np.diff(race.adoption, axis=0) >= 0).all()


@pytest.mark.extreme
def test_without_money_stocks_only_wear_out() -> None:
    poor = scenario()
    for actor in poor["actors"]:
        actor["budget_usd_bn"] = 0
    race = simulate(poor, Assumptions(reinvestment=0, flywheel=0), shocks=False)
    assert (np.diff(race.services, axis=0) < 0).all()


@pytest.mark.extreme
def test_at_sigma_zero_money_in_one_layer_alone_is_wasted_and_at_infinity_it_is_not() -> None:
    """Chips get cheaper every year: they are the best buy, unless another layer binds."""

    def lead(sigma: float) -> float:
        start = scenario("chips", "full stack", assumptions={"sigma": sigma, "focus": 1})
        race = simulate(start, shocks=False)
        return float(np.log(race.services[-1, 0] / race.services[-1, 1])[0])

    assert lead(0) < -1 < 0 < lead(float("inf"))


@pytest.mark.extreme
def test_a_total_failure_without_protection_leaves_nothing_and_full_protection_leaves_all() -> None:
    total = {"name": "end", "layer": "cloud", "hits": "capital", "probability": 1, "severity": 1}
    race = simulate(scenario("full stack", "protected full stack", shocks=[total]))
    assert race.measure("resilience")[0].max() == 0
    assert race.measure("resilience")[1].min() == 1


def test_a_common_shock_hits_all_in_the_same_draws_and_another_does_not() -> None:
    shock = {"name": "s", "layer": "cloud", "hits": "capital", "probability": 0.5, "severity": 0.5}
    common = simulate(scenario(shocks=[shock]))
    own = simulate(scenario(shocks=[{**shock, "actors": ["A", "B"]}]))
    np.testing.assert_allclose(common.kept[:, 0], common.kept[:, 1])
    assert (own.kept[:, 0] != own.kept[:, 1]).any()


def test_limited_access_to_chips_costs_services_and_home_made_chips_win_some_back() -> None:
    limited = scenario()
    limited["actors"][0]["chip_access"] = 0.2
    never, some = (
        simulate({**limited, "assumptions": {"home_chip_progress": rate}}, shocks=False).services[-1]
        for rate in (0, 0.3)
    )
    assert (never[0] < some[0]).all()
    assert (some[0] < some[1]).all()


@pytest.mark.parametrize("gift", ["capital_usd_bn", "budget_usd_bn"])
def test_a_gift_of_money_helps_by_every_measure(gift: str) -> None:
    """What an actor is known for stays what it was: customers see the better services, not a higher mark to beat."""
    given = scenario()
    for actor in given["actors"]:
        actor["known_for_usd_bn"] = actor["capital_usd_bn"]
    given["actors"][0][gift] *= 5
    race = simulate(given, drawn(200, seed=1), shocks=False)
    for name in ("services", "revenue", "users"):
        ahead, behind = race.measure(name)
        assert (ahead > behind).all(), name


def test_left_out_an_actor_is_known_for_what_it_has() -> None:
    said = scenario()
    for actor in said["actors"]:
        actor["known_for_usd_bn"] = actor["capital_usd_bn"]
    assert same(simulate(scenario()), simulate(said))


def test_open_models_of_one_help_the_other() -> None:
    """Also where openness moves no customer and no price: what is left is that the models can be used."""
    still = {"open_adoption": 0, "open_pull": 0, "open_discount": 0}
    closed, opened = (
        simulate(scenario(rival=how, assumptions=still), shocks=False).services[-1, 0]
        for how in ("full stack", "open full stack")
    )
    assert (opened > closed).all()


def test_greedy_money_goes_to_the_bottleneck() -> None:
    """At low sigma the rule that feeds the scarcest layer beats equal shares, whatever the weights."""
    race = simulate(scenario("greedy", "balanced", assumptions={"sigma": 0.2}), drawn(200, 3), shocks=False)
    assert (race.services[-1, 0] > race.services[-1, 1]).mean() > 0.9


@pytest.mark.sensitivity
@pytest.mark.parametrize("error", [0.8, 1.2])
def test_that_the_full_stack_beats_one_layer_survives_errors_of_a_fifth(error: float) -> None:
    """At sigma 0.6 the full stack beats both chips and applications alone; no single coefficient turns that."""
    names = (
        "price_performance_growth",
        "model_decay",
        "application_decay",
        "inertia",
        "infrastructure_weight",
        "sigma",
    )
    for name in names:
        value = min(float(getattr(Assumptions(), name)) * error, 1.0)
        ends = [
            float(simulate(scenario(how, assumptions={name: value}), shocks=False).services[-1, 0, 0])
            for how in ("full stack", "applications", "chips")
        ]
        assert ends[0] > max(ends[1:]), name


def test_winning_is_what_the_learner_says() -> None:
    race = simulate(scenario("open full stack", "protected full stack"))
    by_revenue, by_resilience = race.chance_to_win({"revenue": 1}), race.chance_to_win({"resilience": 1})
    assert by_resilience["B"] > by_resilience["A"]
    assert by_revenue != by_resilience
    assert sum(by_revenue.values()) == pytest.approx(1)
    with pytest.raises(ValueError, match=re.escape("winning = {} is empty; allowed: weights for services")):
        race.scores({})


def test_an_array_of_assumptions_is_the_same_as_one_run_each() -> None:
    sigmas = np.array([0.2, 0.7, 1.0, 3.0])
    whole = simulate(scenario("greedy", draws=4), Assumptions(sigma=sigmas, application_share=0.4), shocks=False)
    for place, sigma in enumerate(sigmas):
        one = simulate(scenario("greedy", draws=1), Assumptions(sigma=sigma, application_share=0.4), shocks=False)
        np.testing.assert_allclose(whole.services[:, :, place], one.services[:, :, 0])


def test_ten_thousand_draws_take_less_than_a_second() -> None:
    simulate(scenario(draws=10_000))
    start = time.perf_counter()
    simulate(scenario(draws=10_000))
    assert time.perf_counter() - start < 1


def broken(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    given = scenario()
    place: Any = given
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return given


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("years",), 0, "years = 0 is out of range; allowed: above 0"),
        (("draws",), 1.5, "draws = 1.5 is out of range; allowed: whole numbers"),
        (("adoption",), 1, "adoption = 1 is out of range; allowed: above 0, below 1"),
        (("budget",), 1, "scenario has unknown ['budget']; allowed: actors, "),
        (("actors", 0, "strategy"), "luck", "strategy = 'luck' is unknown; allowed: chips, "),
        (("actors", 0, "strategy"), {"allocation": [1, 1, 0, 0]}, "allowed: 4 shares that add up to 1"),
        (("actors", 0, "market_share"), 0.9, "sum of market_share = 1.1 is out of range"),
        (("actors", 0, "chip_access"), 2, "chip_access of A = 2 is out of range"),
        (("actors", 0, "known_for_usd_bn"), 0, "known_for_usd_bn of A = 0 is out of range"),
        (("actors", 1, "name"), "A", "actors = ['A', 'A'] are out of range; allowed: one or more, each name once"),
        (("shocks", 0, "layer"), "power", "layer of outage = 'power' is unknown; allowed: chips, cloud"),
        (("shocks", 0, "actors"), ["C"], "actors of outage = ['C'] are unknown; allowed: A, B"),
        (("shocks", 0, "probability"), 2, "probability of outage = 2 is out of range"),
        (("assumptions",), {"luck": 1}, "assumptions has unknown ['luck']; allowed: sigma"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_named(path: tuple[Any, ...], value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        simulate(broken(path, value))


def test_a_measure_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="measure = 'fame' is unknown; allowed: services, revenue"):
        simulate(scenario()).measure("fame")


def test_the_layers_are_those_of_the_course() -> None:
    assert LAYERS == ("chips", "cloud", "models", "applications")
