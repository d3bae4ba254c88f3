"""Predictors of what a chip costs: dies of a wafer, yields, costs and prices."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray
from aistack.cloud import GRAPHICS_CARD_USD_PER_WATT
from aistack.fab import (
    ASSEMBLY_LOSS,
    AUXILIARY_USD,
    DEFECTS_PER_CM2,
    HBM_USD_PER_GB,
    MARKUP,
    MARKUP_OTHER,
    PACKAGING_USD_PER_MM2,
    WAFER_EXPONENT_NEW,
    WAFER_EXPONENT_OLD,
    WAFER_RESIDUAL,
    WAFER_USD_AT_KINK,
    Cost,
    accelerator_cost,
    cost_per_good_die_usd,
    defects_per_cm2_of,
    gross_dies_estimate,
    gross_dies_packed,
    gross_margin,
    murphy_yield,
    negative_binomial_yield,
    poisson_yield,
    price_usd,
    reticle_area_mm2_bound,
    seeds_yield,
    wafer_price_usd_estimate,
)
from aistack.fitted import Fitted
from course.validation.case import Case, NotModelled, Prediction, Predictor
from course.validation.lookup import chip_row, is_geforce

EXTRA = {
    "width_mm": ("w_mm", "die_width_mm", "field_width_mm"),
    "height_mm": ("h_mm", "die_height_mm", "field_height_mm"),
    "die_area_mm2": ("die_mm2", "area_mm2", "area", "die_size_mm2", "die_area"),
    "defects_per_cm2": ("d0", "defect_density", "defects", "defect_density_per_cm2", "d0_per_cm2"),
    "yield_model": ("model", "yield_formula"),
    "cluster_alpha": ("alpha", "clustering", "cluster_parameter"),
    "die_yield": ("yield", "yield_fraction"),
    "yield_percent": ("yield_pct", "die_yield_percent"),
    "wafer_diameter_mm": ("wafer_mm", "diameter_mm"),
    "edge_exclusion_mm": ("edge_mm", "edge_exclusion"),
    "scribe_mm": ("scribe_line_mm", "street_mm"),
    "wafer_price_usd": ("wafer_price", "wafer_cost", "wafer_cost_usd", "wafer_usd"),
    "gross_dies": ("dies_per_wafer", "gross_dies_per_wafer"),
    "dies": ("n_dies", "die_count", "dies_per_package", "compute_dies"),
    "process_node": ("node", "process", "process_nm", "node_nm", "technology"),
    "memory_gb": ("hbm_gb", "hbm_capacity_gb"),
    "logic_usd": ("logic", "logic_die", "gpu_die", "die_cost", "compute_die", "logic_cost"),
    "hbm_usd": ("hbm", "memory", "hbm_cost", "memory_cost"),
    "packaging_usd": ("packaging", "package", "cowos", "packaging_cost"),
    "loss_usd": ("packaging_loss", "yield_loss", "packaging_yield_loss"),
    "other_usd": ("test_assembly_or_other", "test_and_assembly", "test_assembly", "auxiliary", "other", "test"),
    "cost_usd": ("cost", "bom", "manufacturing_cost", "cogs", "unit_cost"),
    "sale_price_usd": ("price", "sale_price", "sell_price", "asp", "price_usd"),
    "gross_profit_usd": ("gross_profit", "profit"),
    "gross_margin": ("margin",),
    "low_usd": ("low", "price_low", "min_usd"),
    "high_usd": ("high", "price_high", "max_usd"),
    "year": ("date",),
    "foundry": ("fab",),
    "when": ("quarter",),
}

DRAWS = 4000
RETICLE_MM2 = float(reticle_area_mm2_bound())
TYPICAL_DIE = Fitted(814, 500, 1600, "mm2", "compute dies of chips with stacked memory", ("epoch-ml-hardware",), 2026)
TYPICAL_NODE = Fitted(5, 4, 7, "nm", "node of an accelerator whose node is not given", ("epoch-ml-hardware",), 2026)
SALVAGE = 0.5  # the share of defective dies that is sold cut down is secret: the middle of all
PACKING = 1.09  # the formula for dies of a wafer against a packing by grid, up to the reticle limit
_PARTS = ("logic_usd", "hbm_usd", "packaging_usd", "loss_usd", "other_usd")
_WAFER = (WAFER_USD_AT_KINK, WAFER_EXPONENT_OLD, WAFER_EXPONENT_NEW, WAFER_RESIDUAL)

Draws = npt.NDArray[np.float64] | np.float64


def _generator() -> np.random.Generator:
    return np.random.default_rng(2026)


def _scaled(case: Case, prediction: Prediction) -> Prediction:
    """Return a prediction made in dollars or as a fraction in the unit of the case."""
    unit = case.unit.lower()
    factor = 1.0
    if "percent" in unit or "%" in unit:
        factor = 100.0
    elif re.search(r"\bk\s*usd|thousand|kusd", unit):
        factor = 1e-3
    ends = (prediction.value * factor, prediction.low * factor, prediction.high * factor)
    return Prediction(*ends, identity=prediction.identity, fitted_on=prediction.fitted_on)


def _named(case: Case) -> dict[str, Any]:
    """Return the row of the chip that the case names, empty if it names none that we have."""
    try:
        return chip_row(case.inputs.text("chip"))
    except NotModelled:
        return {}


def _figure(row: dict[str, Any], column: str) -> float | None:
    value = row.get(column)
    return float(value) if isinstance(value, (int, float)) and value == value else None


def _area(case: Case) -> float:
    """Return the area of a die: given, from its sides, or of the chip."""
    given = case.inputs
    if "die_area_mm2" in given:
        return given.number("die_area_mm2")
    if "width_mm" in given and "height_mm" in given:
        return given.number("width_mm") * given.number("height_mm")
    area = _figure(_named(case), "die_area_mm2")
    if area is None:
        raise NotModelled("neither the area of the die nor a chip of known area is given")
    return area / math.ceil(area / RETICLE_MM2)


def _given_yield(case: Case) -> float | None:
    if "yield_percent" in case.inputs:
        return case.inputs.number("yield_percent") / 100
    if "die_yield" in case.inputs:
        value = case.inputs.number("die_yield")
        return value / 100 if value > 1 else value
    return None


def _yields(case: Case, defects: npt.ArrayLike) -> tuple[Draws, bool]:
    """Return the yield by the model that the case names, and whether it names one."""
    area, name = _area(case), case.inputs.text("yield_model", "").lower()
    if "poisson" in name:
        return poisson_yield(area, defects), True
    if "binomial" in name or "cluster_alpha" in case.inputs:
        return negative_binomial_yield(area, defects, case.inputs.number("cluster_alpha")), True
    if "seed" in name or "exponential" in name or "price" in name:
        return seeds_yield(area, defects), True
    return murphy_yield(area, defects), "murphy" in name


def _die_yield(case: Case) -> Prediction:
    """Yields, dies and defect densities."""
    what = f"{case.quantity} {case.unit}".lower()
    if "defect" in what or "cm2" in what or "d0" in case.quantity.lower():
        share = _given_yield(case)
        if share is not None:
            return Prediction.exact(defects_per_cm2_of(share, _area(case)), rounding=0.03)
        return Prediction.of_draws(
            DEFECTS_PER_CM2.value, DEFECTS_PER_CM2.draws(DRAWS, _generator()), (DEFECTS_PER_CM2,)
        )
    if "usd" in what or "cost" in what:
        return _chip_cost(case)
    if "yield" in what or case.unit.lower() in ("fraction", "percent", "%"):
        return _scaled(case, _yield_band(case))
    if "die" in what or "chip" in what:
        return _dies(case)
    raise NotModelled(f"{case.quantity} in {case.unit} is not a yield, a number of dies or a defect density")


def _yield_band(case: Case) -> Prediction:
    if "defects_per_cm2" in case.inputs:
        density = case.inputs.number("defects_per_cm2")
        value, named = _yields(case, density)
        if named:
            return Prediction.exact(float(value))
        area = _area(case)
        return Prediction(float(value), float(poisson_yield(area, density)), float(seeds_yield(area, density)))
    density_draws = DEFECTS_PER_CM2.draws(DRAWS, _generator())
    area = _area(case)
    draws = np.concatenate([curve(area, density_draws) for curve in (poisson_yield, murphy_yield, seeds_yield)])
    return Prediction.of_draws(float(murphy_yield(area, DEFECTS_PER_CM2.value)), draws, (DEFECTS_PER_CM2,))


def _dies(case: Case) -> Prediction:
    """Dies of a wafer, all of them or, with a yield, the good ones."""
    given = case.inputs
    settings = {
        name: given.number(name) for name in ("wafer_diameter_mm", "edge_exclusion_mm", "scribe_mm") if name in given
    }
    if "gross_dies" in given:
        gross = given.number("gross_dies")
    elif "width_mm" in given and "height_mm" in given:
        gross = float(gross_dies_packed(given.number("width_mm"), given.number("height_mm"), **settings))
    else:
        gross = float(gross_dies_estimate(_area(case), **settings))
    if "good" not in case.quantity.lower():
        return Prediction.within(gross, PACKING)
    share = _given_yield(case)
    if share is not None:
        return Prediction.within(gross * share, PACKING)
    band = _yield_band(case)
    ends = (gross * band.value, gross / PACKING * band.low, gross * PACKING * band.high)
    return Prediction(*ends, fitted_on=band.fitted_on)


def _die_geometry(case: Case) -> Prediction:
    """Areas from sides, dies of a wafer."""
    what = f"{case.quantity} {case.unit}".lower()
    if "mm2" in what or "area" in what or "reticle" in what:
        given = case.inputs
        if "width_mm" in given and "height_mm" in given:
            return Prediction.exact(float(reticle_area_mm2_bound(given.number("width_mm"), given.number("height_mm"))))
        if "reticle" in what:
            return Prediction.exact(RETICLE_MM2)
        raise NotModelled("width_mm and height_mm are not given")
    return _die_yield(case)


def _wafer_draws(node: npt.ArrayLike, generator: np.random.Generator) -> Draws:
    base, old, new, residual = (constant.draws(DRAWS, generator) for constant in _WAFER)
    return wafer_price_usd_estimate(node, base, old, new) * residual


def _node(text: str) -> float:
    """Return the label of a node in nm: `N5`, `16/12nm`, `7nm`, `A16` (ångström), `4NP`."""
    found = re.search(r"\d+(\.\d+)?", text)
    if found is None:
        raise NotModelled(f"process_node = {text!r} names no node")
    label = float(found.group())
    return label / 10 if re.search(r"\ba\d\d\b|\b\d\da\b", text.lower()) else label


def _wafer_price(case: Case) -> Prediction:
    """Price of a wafer by its node, or of a good die if the die is described."""
    if "die" in case.quantity.lower() and "die_area_mm2" in case.inputs:
        return _chip_cost(case)
    if "usd" not in case.unit.lower() and "$" not in case.unit:
        raise NotModelled(f"{case.quantity} in {case.unit} is not a price")
    node = _node(case.inputs.text("process_node"))
    draws = _wafer_draws(node, _generator())
    return _scaled(case, Prediction.of_draws(float(wafer_price_usd_estimate(node)), draws, _WAFER))


def _die_cost(case: Case) -> Prediction:
    """Cost of a good die from what is given of wafer, dies and yield; the rest from the constants."""
    given, generator = case.inputs, _generator()
    used: tuple[Fitted, ...] = ()
    if "wafer_price_usd" in given:
        price: Draws = np.float64(given.number("wafer_price_usd"))
        middle = float(price)
    else:
        node = _node(given.text("process_node")) if "process_node" in given else _process(_named(case))
        price, middle, used = _wafer_draws(node, generator), float(wafer_price_usd_estimate(node)), _WAFER
    gross = given.number("gross_dies") if "gross_dies" in given else float(gross_dies_estimate(_area(case)))
    share = _given_yield(case)
    if share is not None:
        shares: Draws = np.float64(share)
    elif "defects_per_cm2" in given:
        shares, _ = _yields(case, given.number("defects_per_cm2"))
        share = float(shares)
    else:
        shares, _ = _yields(case, DEFECTS_PER_CM2.draws(DRAWS, generator))
        share, used = float(_yields(case, DEFECTS_PER_CM2.value)[0]), (*used, DEFECTS_PER_CM2)
    value = float(cost_per_good_die_usd(middle, gross, share))
    if not used and "gross_dies" in given:
        return Prediction.exact(value)
    packing = Fitted(1, 1 / PACKING, PACKING, "1", "formula by packing", (), 2005).draws(DRAWS, generator)
    return Prediction.of_draws(value, cost_per_good_die_usd(price, gross, shares) * packing, used)


def _process(row: dict[str, Any]) -> float:
    node = _figure(row, "process_nm")
    return TYPICAL_NODE.value if node is None else node


def _cost_draws(case: Case) -> tuple[Cost, Cost, tuple[Fitted, ...]]:
    """Return the middle and the draws of what a chip costs by part, and the constants that were used."""
    row, generator, given = _named(case), _generator(), case.inputs
    memory = given.number("memory_gb") if "memory_gb" in given else _figure(row, "memory_gb")
    if memory is None:
        raise NotModelled("neither parts of the cost, nor a chip of the table, nor its memory are given")
    if "gddr" in str(row.get("memory_type", "")).lower():
        raise NotModelled("the chip has no stacked memory; the constants are for chips that have")
    used = [*_WAFER, DEFECTS_PER_CM2, HBM_USD_PER_GB, PACKAGING_USD_PER_MM2, ASSEMBLY_LOSS, AUXILIARY_USD]
    dies = int(given.number("dies", 0))
    total: float | None = given.number("die_area_mm2", 0) or _figure(row, "die_area_mm2")
    totals: Draws
    if total is None:
        total, totals = TYPICAL_DIE.value, TYPICAL_DIE.draws(DRAWS, generator)
        used.append(TYPICAL_DIE)
    else:
        if "die_area_mm2" in given and dies and total <= RETICLE_MM2:  # the area is that of one of them
            total *= dies
        totals = np.float64(total)
    node = _node(given.text("process_node")) if "process_node" in given else _process(row)
    count, counts = (np.float64(dies) if dies else np.ceil(area / RETICLE_MM2) for area in (total, totals))
    middle = accelerator_cost(
        total / count,
        wafer_price_usd_estimate(node),
        DEFECTS_PER_CM2.value,
        memory,
        dies=count,
        salvage_fraction=SALVAGE,
    )
    drawn = accelerator_cost(
        totals / counts,
        _wafer_draws(node, generator),
        DEFECTS_PER_CM2.draws(DRAWS, generator),
        memory,
        dies=counts,
        salvage_fraction=generator.uniform(0, 1, DRAWS),
        hbm_usd_per_gb=HBM_USD_PER_GB.draws(DRAWS, generator),
        packaging_usd_per_mm2=PACKAGING_USD_PER_MM2.draws(DRAWS, generator),
        assembly_loss=ASSEMBLY_LOSS.draws(DRAWS, generator),
        auxiliary_usd=AUXILIARY_USD.draws(DRAWS, generator),
    )
    return middle, drawn, tuple(used)


def _part(cost: Cost, what: str) -> FloatArray:
    """Return the part of a cost that a quantity speaks of; all of it if it speaks of none."""
    words = (
        ("hbm", cost.hbm_usd),
        ("memory", cost.hbm_usd),
        ("loss", cost.loss_usd),
        ("packag", cost.packaging_usd),
        ("cowos", cost.packaging_usd),
        ("logic", cost.logic_usd),
        ("auxiliary", cost.auxiliary_usd),
    )
    return next((part for word, part in words if word in what), cost.total_usd)


def _chip_cost(case: Case) -> Prediction:
    """Costs of chips and their parts, prices from cost and margin or profit, margins."""
    what, given = case.quantity.lower(), case.inputs
    if re.search(r"good.die|per.die|die.cost|die.price|per.chip.*foundry", what) or "gross_dies" in given:
        return _scaled(case, _die_cost(case))
    if "margin" in what or "price" in what or "markup" in what:
        return _chip_price(case)
    share = "share" in what or case.unit.lower() in ("percent", "%", "fraction")
    parts = {name: given.number(name) for name in _PARTS if name in given}
    if len(parts) > 1:
        total = sum(parts.values())
        named = [value for name, value in parts.items() if name.removesuffix("_usd") in what]
        value = (named[0] if named else total) / (total if share else 1)
        return _scaled(case, Prediction.exact(value))
    if "sale_price_usd" in given and "gross_margin" in given:
        return _scaled(case, Prediction.exact(given.number("sale_price_usd") * (1 - _margin(case))))
    middle, drawn, used = _cost_draws(case)
    if share:
        fraction = _part(middle, what) / middle.total_usd
        return _scaled(case, Prediction.of_draws(float(fraction), _part(drawn, what) / drawn.total_usd, used))
    return _scaled(case, Prediction.of_draws(float(_part(middle, what)), _part(drawn, what), used))


def _margin(case: Case) -> float:
    value = case.inputs.number("gross_margin")
    return value / 100 if value > 1 else value


def _markup(row: dict[str, Any]) -> Fitted:
    return MARKUP.get(str(row.get("vendor")), MARKUP_OTHER)


def _chip_price(case: Case) -> Prediction:
    """Prices of chips: between two ends, from cost and margin or profit, or as a multiple of what the chip costs."""
    what, given = case.quantity.lower(), case.inputs
    if "low_usd" in given and "high_usd" in given:
        low, high = given.number("low_usd"), given.number("high_usd")
        middle = (low + high) / 2 if "mean" in what.replace("geomean", "") or "mid" in what else math.sqrt(low * high)
        return _scaled(case, Prediction.exact(middle))
    if "margin" in what and "cost_usd" in given and "sale_price_usd" in given:
        return _scaled(
            case, Prediction.exact(float(gross_margin(given.number("sale_price_usd"), given.number("cost_usd"))))
        )
    if "margin" not in what and "cost_usd" in given and "gross_profit_usd" in given:
        return _scaled(case, Prediction.exact(given.number("cost_usd") + given.number("gross_profit_usd")))
    if "margin" not in what and "cost_usd" in given and "gross_margin" in given:
        return _scaled(case, Prediction.exact(float(price_usd(given.number("cost_usd"), _margin(case)))))
    if "usd" not in case.unit.lower() and "margin" not in what:
        raise NotModelled(f"{case.quantity} in {case.unit} is not a price")
    if is_geforce(_named(case)) and "margin" not in what and "cost_usd" not in given:
        watts = float(_named(case)["tdp_w"])
        draws = watts * GRAPHICS_CARD_USD_PER_WATT.draws(DRAWS, _generator())
        card = Prediction.of_draws(watts * GRAPHICS_CARD_USD_PER_WATT.value, draws, (GRAPHICS_CARD_USD_PER_WATT,))
        return _scaled(case, card)
    markup = _markup(_named(case))
    multiples = markup.draws(DRAWS, np.random.default_rng(7))
    if "margin" in what:
        return _scaled(case, Prediction.of_draws(1 - 1 / markup.value, 1 - 1 / multiples, (markup,)))
    if "cost_usd" in given:
        cost = given.number("cost_usd")
        return _scaled(case, Prediction.of_draws(cost * markup.value, cost * multiples, (markup,)))
    middle_cost, drawn, used = _cost_draws(case)
    draws = drawn.total_usd * multiples
    return _scaled(case, Prediction.of_draws(float(middle_cost.total_usd) * markup.value, draws, (*used, markup)))


PREDICTORS: dict[str, Predictor] = {
    "die_yield": _die_yield,
    "die_geometry": _die_geometry,
    "chip_cost": _chip_cost,
    "chip_price": _chip_price,
    "wafer_price": _wafer_price,
}
