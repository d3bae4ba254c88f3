"""The race: actors divide a yearly budget over chips, cloud, models and applications, and meet shocks.

Each year: revenue sets the budget, the strategy divides it, stocks wear out and grow, layers work together in a CES
function (`aistack.stack`), users follow the quality of service, and their data improve it. All draws run at once.
The model answers "what if the assumptions held", not "what will happen"; `aistack.assumptions` lists them.

A scenario is a plain dict that survives JSON:

    {"start_year": 2025, "years": 10, "draws": 1000, "seed": 1,
     "adoption": 0.2, "market_usd_bn": 476, "index_points": 154.7,
     "actors": [{"name": "A", "strategy": "balanced", "budget_usd_bn": 50, "market_share": 0.1,
                 "capital_usd_bn": 100, "chip_access": 0.5}, ...],
     "shocks": [{"name": "new rule", "layer": "chips", "hits": "investment", "probability": 0.8, "severity": 0.2,
                 "actors": ["A"]}],
     "assumptions": {"sigma": 0.4}}

`strategy` is a name from `STRATEGIES` or {"allocation": [4 shares], "openness": 0 to 1, "protection": 0 to 1}.
`chip_access` is what a dollar buys in chips, against the best that are sold anywhere (1). `known_for_usd_bn` is the
capital that an actor's share of the market was earned with (as a rule what it starts with, and then left out): to ask
what a gift of capital does, change `capital_usd_bn` alone. A shock without "actors" is common: it hits all at the same
time. It "hits" the year's "investment" in a layer, or its working "capital".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.assumptions import BASES, Assumptions
from aistack.checks import not_negative, positive
from aistack.stack import ces_output, output_elasticities

Floats = npt.NDArray[np.float64]
Scenario = Mapping[str, Any]

LAYERS = ("chips", "cloud", "models", "applications")
_CHIPS, _MODELS = LAYERS.index("chips"), LAYERS.index("models")


class Strategy(NamedTuple):
    """A rule for the budget. `focus` is the layers that it favours (none: by weight; "bottleneck": the scarcest)."""

    focus: tuple[str, ...] = ()
    openness: float = 0.0
    protection: float = 0.0
    allocation: tuple[float, ...] = ()


BOTTLENECK = "bottleneck"
STRATEGIES: Mapping[str, Strategy] = {
    "chips": Strategy(focus=("chips",)),
    "cloud": Strategy(focus=("cloud",)),
    "open models": Strategy(focus=("models",), openness=1.0),
    "applications": Strategy(focus=("applications",)),
    "balanced": Strategy(allocation=(1 / len(LAYERS),) * len(LAYERS)),
    "full stack": Strategy(),
    "open full stack": Strategy(openness=1.0),
    "protected full stack": Strategy(protection=1.0),
    "greedy": Strategy(focus=(BOTTLENECK,)),
}

MEASURES = ("services", "revenue", "users", "resilience")


@dataclass(frozen=True)
class Race:
    """How a race went. Arrays are shaped (years + 1, actors, draws), `adoption` (years + 1, draws).

    `services` is what the working layers give (1 = the largest actor at the start), `capability` the same in index
    points, `share` of the market, `revenue` and `budget` in billions of USD a year, and `kept` the part of the
    services that the year's shocks left.
    """

    names: tuple[str, ...]
    years: tuple[int, ...]
    services: Floats
    capability: Floats
    share: Floats
    revenue: Floats
    budget: Floats
    kept: Floats
    adoption: Floats

    def measure(self, name: str) -> Floats:
        """Return one of `MEASURES` for the whole race, shaped (actors, draws).

        Services: those of the last year, not in index points. Revenue: summed, in billions of USD. Users: share of all
        firms that use this actor in the last year. Resilience: the part of its services kept in its worst year.
        """
        if name == "services":
            return np.asarray(self.services[-1])
        if name == "revenue":
            return np.asarray(self.revenue[1:].sum(axis=0))
        if name == "users":
            return np.asarray(self.share[-1] * self.adoption[-1])
        if name == "resilience":
            return np.asarray(self.kept.min(axis=0))
        raise ValueError(f"measure = {name!r} is unknown; allowed: {', '.join(MEASURES)}")

    def scores(self, winning: Mapping[str, float]) -> Floats:
        """Return the weighted mean of the measures, each as a part of the best actor's, shaped (actors, draws).

        `winning` gives a weight to one or more of `MEASURES`: the definition comes first, there is no default.
        """
        if not winning:
            raise ValueError(f"winning = {{}} is empty; allowed: weights for {', '.join(MEASURES)}")
        weights = positive("weights in winning", list(winning.values()))
        parts = []
        for name in winning:
            values = self.measure(name)
            best = values.max(axis=0)
            parts.append(values / np.where(best > 0, best, 1.0))
        return np.asarray(np.tensordot(weights / weights.sum(), np.stack(parts), axes=1))

    def chance_to_win(self, winning: Mapping[str, float]) -> dict[str, float]:
        """Return for each actor the share of draws in which its score is the highest; equals share a win."""
        scores = self.scores(winning)
        won = scores == scores.max(axis=0)
        chances = (won / won.sum(axis=0)).mean(axis=1)
        return {name: float(chance) for name, chance in zip(self.names, chances, strict=True)}


def simulate(scenario: Scenario, assumptions: Assumptions | None = None, *, shocks: bool = True) -> Race:
    """Run all draws of a scenario; the same scenario and seed replay exactly.

    `assumptions` replaces the table's values, and the scenario's own "assumptions" replace those; a field may be an
    array with one value per draw. Without `shocks` nothing goes wrong, and draws differ only by the assumptions.

    Known bias: rivals do not answer each other, prices are outside, the market's size depends on nobody's quality, one
    elasticity serves all actors and years, and customers hold an actor against what it was known for at the start, not
    against its rivals: shares change slowly, as they did from 2019 on.

    Decides: which layer to fund first, under a definition of winning that is fixed beforehand.

    >>> one = {"name": "A", "strategy": "balanced", "budget_usd_bn": 50, "market_share": 0.5, "capital_usd_bn": 100}
    >>> race = simulate({"start_year": 2025, "years": 2, "draws": 3, "seed": 1, "adoption": 0.2,
    ...     "market_usd_bn": 400, "index_points": 150, "actors": [one], "shocks": []})
    >>> race.services.shape, race.years
    ((3, 1, 3), (2025, 2026, 2027))
    """
    actors, draws, years = _checked(scenario)
    a = replace(assumptions or Assumptions(), **scenario.get("assumptions", {}))
    strategies = [_strategy(actor["strategy"]) for actor in actors]
    generator = np.random.default_rng(scenario["seed"])
    column = _columns(actors)

    weights = np.asarray(a.weights()).reshape(len(LAYERS), 1, -1)
    shape = (len(LAYERS), len(actors), draws)
    openness, protection = (np.array([[getattr(s, name)] for s in strategies]) for name in ("openness", "protection"))
    keep = 1 - np.stack(
        np.broadcast_arrays(a.chip_retirement, a.cloud_retirement, a.model_decay, a.application_decay)
    ).reshape(len(LAYERS), 1, -1)

    largest = column["capital_usd_bn"].max()
    reference = weights * largest
    capital = np.broadcast_to(weights * column["capital_usd_bn"], shape).copy()
    share = np.broadcast_to(column["market_share"], shape[1:])
    in_play = share.sum(axis=0)
    start_odds = scenario["adoption"] / (1 - scenario["adoption"])
    adoption = np.full(draws, float(scenario["adoption"]))
    income = 1 - np.asarray(a.open_discount) * openness
    start_revenue = revenue = scenario["market_usd_bn"] * share * income
    data = share * adoption
    data_at_start = data.max()
    services = ces_output(capital / reference, weights, a.sigma, axis=0)
    known_for = column["known_for_usd_bn"] / largest
    budget = np.broadcast_to(column["budget_usd_bn"], shape[1:])
    log_odds = np.zeros(draws)

    history: dict[str, list[npt.ArrayLike]] = {}
    _record(history, services, share, revenue, budget, np.ones(shape[1:]), adoption)
    for year in range(1, years + 1):
        lost = {hits: _lost(scenario, hits, actors, draws, generator, shocks, protection) for hits in _HITS}
        budget = np.maximum(column["budget_usd_bn"] + np.asarray(a.reinvestment) * (revenue - start_revenue), 0)
        spent = budget * (1 - np.asarray(a.protection_cost) * protection)
        usable = _with_spillover(capital, openness, np.asarray(a.spillover)) / reference
        bought = spent * _allocation(strategies, weights, a, usable) * (1 - lost["investment"])
        access = 1 - (1 - column["chip_access"]) * (1 - np.asarray(a.home_chip_progress)) ** year
        bought[_CHIPS] *= access * (1 + np.asarray(a.price_performance_growth)) ** year
        capital = capital * keep + bought

        usable = _with_spillover(capital, openness, np.asarray(a.spillover)) / reference
        learned = (data / data_at_start) ** np.asarray(a.flywheel)
        whole = ces_output(usable, weights, a.sigma, axis=0) * learned
        services = whole
        if np.any(lost["capital"]):
            services = ces_output(usable * (1 - lost["capital"]), weights, a.sigma, axis=0) * learned
        kept = services / np.where(whole > 0, whole, 1.0)

        opened = (share * openness).sum(axis=0) / in_play
        log_odds = log_odds + np.asarray(a.adoption_rate) * (1 + np.asarray(a.open_adoption) * opened)
        odds = start_odds * np.exp(log_odds)
        adoption = odds / (1 + odds)
        gain = (services / known_for) ** np.asarray(a.attraction)
        pull = column["market_share"] * gain * (1 + np.asarray(a.open_pull) * openness)
        total = pull.sum(axis=0)
        target = np.where(total > 0, in_play * pull / np.where(total > 0, total, 1.0), share)
        share = np.asarray(a.inertia) * share + (1 - np.asarray(a.inertia)) * target
        data = data * (1 - np.asarray(a.data_fade)) + np.asarray(a.data_fade) * share * adoption
        revenue = scenario["market_usd_bn"] * (adoption / scenario["adoption"]) * share * income
        _record(history, services, share, revenue, budget, kept, adoption)

    arrays = {
        name: np.stack([np.broadcast_to(value, shape[1:] if name != "adoption" else (draws,)) for value in values])
        for name, values in history.items()
    }
    doublings = np.log2(np.maximum(arrays["services"], np.finfo(np.float64).tiny))
    algorithms = np.arange(years + 1).reshape(-1, 1, 1) * np.log2(1 + np.asarray(a.algorithmic_growth))
    capability = scenario["index_points"] + np.asarray(a.points_per_doubling) * (doublings + algorithms)
    calendar = tuple(range(scenario["start_year"], scenario["start_year"] + years + 1))
    return Race(tuple(actor["name"] for actor in actors), calendar, capability=capability, **arrays)


_HITS = ("investment", "capital")
_SCENARIO_KEYS = {
    "start_year", "years", "draws", "seed", "adoption", "market_usd_bn", "index_points", "actors", "shocks",
}  # fmt: skip
_ACTOR_KEYS = {"name", "strategy", "budget_usd_bn", "market_share", "capital_usd_bn"}
_ACTOR_MAY = {"chip_access", "known_for_usd_bn"}
_SHOCK_KEYS = {"name", "layer", "hits", "probability", "severity"}


def _record(history: dict[str, list[npt.ArrayLike]], *values: npt.ArrayLike) -> None:
    for name, value in zip(("services", "share", "revenue", "budget", "kept", "adoption"), values, strict=True):
        history.setdefault(name, []).append(value)


def _columns(actors: Sequence[Mapping[str, Any]]) -> dict[str, Floats]:
    names = ("budget_usd_bn", "market_share", "capital_usd_bn", "chip_access", "known_for_usd_bn")
    asked = [{"chip_access": 1, "known_for_usd_bn": actor["capital_usd_bn"], **actor} for actor in actors]
    return {name: np.array([[float(actor[name])] for actor in asked]) for name in names}


def _with_spillover(capital: Floats, openness: Floats, spillover: Floats) -> Floats:
    """Return the capital that each can use: its own, and a part of the open models of the others."""
    if not openness.any():
        return capital
    usable, opened = capital.copy(), capital[_MODELS] * openness
    usable[_MODELS] += spillover * (opened.sum(axis=0) - opened)
    return usable


def _allocation(strategies: Sequence[Strategy], weights: Floats, a: Assumptions, usable: Floats) -> Floats:
    """Return the shares of the budgets, shaped (layers, actors, draws)."""
    shares = np.empty((len(LAYERS), len(strategies), usable.shape[-1]))
    for index, strategy in enumerate(strategies):
        if strategy.allocation:
            shares[:, index] = np.array(strategy.allocation)[:, None]
        elif strategy.focus == (BOTTLENECK,):
            tiny = np.finfo(np.float64).tiny
            shares[:, index] = output_elasticities(np.maximum(usable[:, index], tiny), weights[:, 0], a.sigma, axis=0)
        elif strategy.focus:
            chosen = np.array([[layer in strategy.focus] for layer in LAYERS]) / len(strategy.focus)
            shares[:, index] = np.asarray(a.focus) * chosen + (1 - np.asarray(a.focus)) * weights[:, 0]
        else:
            shares[:, index] = weights[:, 0]
    return shares


def _lost(
    scenario: Scenario,
    hits: str,
    actors: Sequence[Mapping[str, Any]],
    draws: int,
    generator: np.random.Generator,
    shocks: bool,
    protection: Floats,
) -> Floats:
    """Return what this year's shocks take of each layer, actor and draw, after protection."""
    left = np.ones((len(LAYERS), len(actors), draws if shocks else 1))
    for shock in scenario["shocks"] if shocks else ():
        if shock["hits"] != hits:
            continue
        common = "actors" not in shock
        happens = generator.random((1 if common else len(actors), draws)) < shock["probability"]
        struck = np.array([[common or actor["name"] in shock["actors"]] for actor in actors])
        left[LAYERS.index(shock["layer"])] *= 1 - shock["severity"] * (happens & struck) * (1 - protection)
    return 1 - left


def _strategy(choice: str | Mapping[str, Any]) -> Strategy:
    if isinstance(choice, str):
        if choice not in STRATEGIES:
            raise ValueError(f"strategy = {choice!r} is unknown; allowed: {', '.join(STRATEGIES)}, or a dict")
        return STRATEGIES[choice]
    _keys("strategy", choice, {"allocation"}, {"openness", "protection"})
    allocation = not_negative("allocation", choice["allocation"])
    if allocation.shape != (len(LAYERS),) or not np.isclose(allocation.sum(), 1):
        raise ValueError(f"allocation = {choice['allocation']!r} is out of range; allowed: 4 shares that add up to 1")
    openness, protection = (
        float(not_negative(name, choice.get(name, 0), at_most=1)) for name in ("openness", "protection")
    )
    return Strategy((), openness, protection, tuple(allocation.tolist()))


def _checked(scenario: Scenario) -> tuple[list[Mapping[str, Any]], int, int]:
    """Return actors, draws and years of a scenario; `ValueError` names the first thing that makes no sense."""
    _keys("scenario", scenario, _SCENARIO_KEYS, {"assumptions"})
    for name in ("start_year", "years", "draws"):
        if positive(name, scenario[name]) != int(scenario[name]):
            raise ValueError(f"{name} = {scenario[name]!r} is out of range; allowed: whole numbers above 0")
    positive("market_usd_bn", scenario["market_usd_bn"])
    not_negative("index_points", scenario["index_points"])
    if not 0 < positive("adoption", scenario["adoption"], at_most=1) < 1:
        raise ValueError(f"adoption = {scenario['adoption']:g} is out of range; allowed: above 0, below 1")
    unknown = set(scenario.get("assumptions", {})) - set(BASES)
    if unknown:
        raise ValueError(f"assumptions has unknown {sorted(unknown)}; allowed: {', '.join(BASES)}")
    actors = list(scenario["actors"])
    for actor in actors:
        _keys("actor", actor, _ACTOR_KEYS, _ACTOR_MAY)
        for name in ("budget_usd_bn", "capital_usd_bn", "known_for_usd_bn", "market_share"):
            limit = {"at_most": 1.0} if name == "market_share" else {}
            within = not_negative if name == "budget_usd_bn" else positive
            within(f"{name} of {actor['name']}", actor.get(name, actor["capital_usd_bn"]), **limit)
        not_negative(f"chip_access of {actor['name']}", actor.get("chip_access", 1), at_most=1)
        _strategy(actor["strategy"])
    names = [actor["name"] for actor in actors]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"actors = {names} are out of range; allowed: one or more, each name once")
    positive("sum of market_share", sum(actor["market_share"] for actor in actors), at_most=1)
    for shock in scenario["shocks"]:
        _keys("shock", shock, _SHOCK_KEYS, {"actors"})
        for name in ("probability", "severity"):
            not_negative(f"{name} of {shock['name']}", shock[name], at_most=1)
        for name, allowed in (("layer", LAYERS), ("hits", _HITS)):
            if shock[name] not in allowed:
                raise ValueError(
                    f"{name} of {shock['name']} = {shock[name]!r} is unknown; allowed: {', '.join(allowed)}"
                )
        if set(shock.get("actors", ())) - set(names):
            raise ValueError(f"actors of {shock['name']} = {shock['actors']} are unknown; allowed: {', '.join(names)}")
    return actors, int(scenario["draws"]), int(scenario["years"])


def _keys(what: str, given: Mapping[str, Any], needed: set[str], optional: set[str]) -> None:
    missing, unknown = needed - set(given), set(given) - needed - optional
    if missing:
        raise ValueError(f"{what} lacks {sorted(missing)}; allowed: {', '.join(sorted(needed | optional))}")
    if unknown:
        raise ValueError(f"{what} has unknown {sorted(unknown)}; allowed: {', '.join(sorted(needed | optional))}")
