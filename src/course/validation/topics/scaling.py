"""Scaling laws, falling prices, months of lag, and stocks of compute."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from aistack.chips import GIGA
from aistack.cluster import TRAINING_FLOP_PER_PARAMETER_TOKEN
from aistack.fitted import Fitted
from aistack.scaling import (
    ALGORITHMIC_DOUBLING_MONTHS,
    BESIROGLU_2024,
    BESIROGLU_STANDARD_ERRORS,
    HOFFMANN_2022,
    MONTHS_PER_YEAR,
    PRICE_FALL_PER_YEAR,
    annual_factor,
    fit_trend,
    frontier_lags,
    lag_months,
    loss_estimate,
    optimal_parameters,
    optimal_tokens,
    optimal_tokens_per_parameter,
)
from course.data import load
from course.prices import year_of
from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.lookup import chip_row

DRAWS, SEED = 4000, 5
OPTIMUM_FACTOR = 1.6  # what published fits differ by in the best size at one budget
LOSS_FACTOR = 1.05
STOCK_FACTOR = 1.5  # servers, networks and cooling around a chip; how a chip is counted in others
DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12
RECENT_YEARS = 1.0
LEAST_FALL = 1.1  # keeps the few draws without a fall from a halving time without end
OUTPUT_SHARE = 0.25  # of the tokens that are paid for: three read for one written, as index makers count
TREND_POINTS, TREND_YEARS = 5, 0.5  # of a model's posted prices, for a trend
LISTS = Fitted(1, 1, 1, "1", "posted prices of one model", ("litellm-prices", "tokencost-prices", "genai-prices"), 2026)
ECI = Fitted(1, 1, 1, "index point", "scale of the capability index", ("epoch-eci",), 2026)

EXTRA = {
    "fit": ("law", "parametrisation", "paper"),
    "approach": (),
    "flops": ("flop", "compute", "c", "training_flop", "budget"),
    "parameters": ("n", "n_params", "params"),
    "tokens": ("d", "training_tokens", "n_tokens"),
    "start_usd": ("from_usd", "start_price", "price_start"),
    "end_usd": ("to_usd", "end_price", "price_end"),
    "years": ("span_years", "duration_years"),
    "months": ("span_months",),
    "compute_ratio": ("k", "deficit", "compute_deficit", "ratio"),
    "doubling_months": ("t_double", "doubling_time_months"),
    "metric": ("index", "benchmark"),
    "as_of": ("date",),
    "mmlu": ("mmlu_score", "level"),
    "period": (),
    "units": ("chips", "count", "n_chips", "gpus", "n_gpus", "num_gpus", "accelerators", "number"),
    "watts": ("tdp_w", "watts_per_chip", "power_w"),
}


def scaling_law(case: Case) -> Prediction:
    """Constants and exponents of a law, best size and data for a budget, loss."""
    inputs, name = case.inputs, case.quantity.lower()
    law = HOFFMANN_2022 if _hoffmann(inputs, name) else BESIROGLU_2024
    if name in ("e", "a", "b", "alpha", "beta"):
        return Prediction.exact(getattr(law, name))  # a transcription, not a prediction
    if "exponent" in f"{name} {case.unit.lower()}" or re.search(r"approach.*_[ab]$", name):
        return _exponent(law if "3" in name else BESIROGLU_2024, tokens=name.endswith("_b") or "token" in name)
    if "irreducible" in name:
        return Prediction.exact(law.e)
    if "loss" in name and "parameters" not in inputs and "flops" in inputs:  # at the optimum of a budget
        flop = _flop(inputs)
        return Prediction.within(float(loss_estimate(optimal_parameters(flop), optimal_tokens(flop))), LOSS_FACTOR)
    if "loss" in name:
        loss = float(loss_estimate(_count(inputs, "parameters"), _count(inputs, "tokens"), law))
        return Prediction.within(loss, LOSS_FACTOR)
    if re.search(r"ratio|per_param|tokens_per", name):
        return Prediction.within(float(optimal_tokens_per_parameter(_flop(inputs), BESIROGLU_2024)), OPTIMUM_FACTOR)
    scale = GIGA if re.match(r"b", case.unit.lower()) else 1e12 if re.match(r"t(?!oken)", case.unit.lower()) else 1.0
    if "token" in name or re.match(r"d_?opt", name):
        return Prediction.within(float(optimal_tokens(_flop(inputs), BESIROGLU_2024)) / scale, OPTIMUM_FACTOR)
    if "param" in name or "size" in name or re.match(r"n_?opt", name):
        return Prediction.within(float(optimal_parameters(_flop(inputs), BESIROGLU_2024)) / scale, OPTIMUM_FACTOR)
    raise NotModelled(f"{case.quantity} of a scaling law is not modelled")


def price_diffusion(case: Case) -> Prediction:
    """Falling prices, progress in algorithms, lag of open or Chinese models."""
    inputs, words = case.inputs, f"{case.quantity} {case.unit}".lower()
    if "lag" in words or "behind" in words:
        return _lag(inputs, words)
    if "algorithm" in words or "doubling" in words:
        months = ALGORITHMIC_DOUBLING_MONTHS.draws(DRAWS, np.random.default_rng(SEED))
        if "month" in case.unit.lower():
            return Prediction.of_draws(ALGORITHMIC_DOUBLING_MONTHS.value, months, (ALGORITHMIC_DOUBLING_MONTHS,))
        value = 2 ** (MONTHS_PER_YEAR / ALGORITHMIC_DOUBLING_MONTHS.value)
        return Prediction.of_draws(value, 2 ** (MONTHS_PER_YEAR / months), (ALGORITHMIC_DOUBLING_MONTHS,))
    if "pric" in words or "cost" in words:
        return _price(inputs, words)
    raise NotModelled(f"{case.quantity} is not modelled")


def compute_stock(case: Case) -> Prediction:
    """H100 equivalents or power of a given number of given chips."""
    inputs, words = case.inputs, f"{case.quantity} {case.unit}".lower()
    if "units" not in inputs or ("chip" not in inputs and "watts" not in inputs):
        raise NotModelled("a stock follows from its number and kind of chips, which are not given")
    count = inputs.number("units")
    if "h100e" in words or "equivalent" in words:
        chip, h100 = chip_row(inputs.text("chip")), chip_row("H100")
        for column in ("fp8_tflops", "fp16_tflops"):
            if chip[column] == chip[column]:
                return Prediction.within(count * chip[column] / h100[column], STOCK_FACTOR)
        raise NotModelled(f"the peak of {inputs.text('chip')} is not known")
    if "power" in words or case.unit.lower() in ("mw", "kw", "gw"):
        watts = inputs.number("watts") if "watts" in inputs else chip_row(inputs.text("chip"))["tdp_w"]
        per = {"kw": 1e3, "mw": 1e6, "gw": 1e9}.get(case.unit.lower(), 1.0)
        return Prediction.within(count * watts * STOCK_FACTOR / per, STOCK_FACTOR)
    raise NotModelled(f"{case.quantity} of a stock is not modelled")


def _hoffmann(inputs: Inputs, name: str) -> bool:
    named = f"{inputs.text('fit', '')} {name}".lower()
    return bool(re.search(r"hoffmann|chinchilla(?!.*replic)|2203|approach3", named)) and "besiroglu" not in named


def _exponent(law: object, tokens: bool) -> Prediction:
    chosen = HOFFMANN_2022 if law is HOFFMANN_2022 else BESIROGLU_2024
    rng = np.random.default_rng(SEED)
    alpha, beta = (
        rng.normal(getattr(chosen, name), BESIROGLU_STANDARD_ERRORS[name], DRAWS) for name in ("alpha", "beta")
    )
    drawn, value = beta / (alpha + beta), chosen.size_exponent
    return Prediction.of_draws(1 - value, 1 - drawn) if tokens else Prediction.of_draws(value, drawn)


def _flop(inputs: Inputs) -> float:
    if "flops" in inputs:
        return inputs.number("flops")
    return TRAINING_FLOP_PER_PARAMETER_TOKEN * _count(inputs, "parameters") * _count(inputs, "tokens")


def _count(inputs: Inputs, what: str) -> float:
    if what in inputs:
        return inputs.number(what)
    if what == "parameters":
        return inputs.number("active_params_b", inputs.number("params_b")) * GIGA
    return inputs.number("tokens_b") * GIGA if "tokens_b" in inputs else inputs.number("tokens_t") * 1e12


def _price(inputs: Inputs, words: str) -> Prediction:
    years = inputs.number("years") if "years" in inputs else None
    if years is None and "months" in inputs:
        years = inputs.number("months") / MONTHS_PER_YEAR
    yearly = bool(re.search(r"/yr|/year|per year|per_year|annual|x/y", words))
    if years is not None and "start_usd" in inputs and "end_usd" in inputs:
        start, end = inputs.number("start_usd"), inputs.number("end_usd")
        return Prediction.exact(float(annual_factor(start, end, years if yearly else 1)))
    if "halv" in words:
        falls = np.maximum(PRICE_FALL_PER_YEAR.draws(DRAWS, np.random.default_rng(SEED)), LEAST_FALL)
        middle = MONTHS_PER_YEAR / float(np.log2(PRICE_FALL_PER_YEAR.value))
        return Prediction.of_draws(middle, MONTHS_PER_YEAR / np.log2(falls), (PRICE_FALL_PER_YEAR,))
    if "max" in words or "min" in words.split("_"):
        raise NotModelled("the extreme of several benchmarks depends on how many were looked at")
    if not yearly and years is None:
        raise NotModelled("the span of the fall is not given")
    span = 1.0 if yearly or years is None else years
    if "model" in inputs:  # what one model costs falls far slower than what one capability costs
        falls = _falls_of_one_model()
        return Prediction.of_draws(float(np.median(falls)) ** span, falls**span, (LISTS,))
    drawn = PRICE_FALL_PER_YEAR.draws(DRAWS, np.random.default_rng(SEED)) ** span
    return Prediction.of_draws(PRICE_FALL_PER_YEAR.value**span, drawn, (PRICE_FALL_PER_YEAR,))


@cache
def _falls_of_one_model() -> npt.NDArray[np.float64]:
    """Yearly falls of the price of one model's tokens, one for each open model that hosts have listed long enough."""
    prices = load("api_prices")
    prices = prices[(prices["tariff"] == "standard") & (prices["input_usd_per_mtok"] > 0)]
    paid = prices["input_usd_per_mtok"] * (1 - OUTPUT_SHARE) + prices["output_usd_per_mtok"] * OUTPUT_SHARE
    prices = prices.assign(paid=paid, year=[year_of(str(date)) for date in prices["date"]]).dropna(subset=["paid"])
    listed = [rows for _, rows in prices.groupby("model_group") if len(rows) >= TREND_POINTS]
    trends = [fit_trend(rows["year"], rows["paid"]) for rows in listed if np.ptp(rows["year"]) > TREND_YEARS]
    return np.array([1 / trend.factor for trend in trends])


def _lag(inputs: Inputs, words: str) -> Prediction:
    if "compute_ratio" in inputs:
        ratio = inputs.number("compute_ratio")
        if "doubling_months" in inputs:
            return Prediction.exact(float(lag_months(ratio, inputs.number("doubling_months"))))
        months = ALGORITHMIC_DOUBLING_MONTHS.draws(DRAWS, np.random.default_rng(SEED))
        return Prediction.of_draws(float(lag_months(ratio)), lag_months(ratio, months), (ALGORITHMIC_DOUBLING_MONTHS,))
    follower, leader = ("eci-cn", "eci-us") if re.search(r"chin|\bcn\b|_cn", words) else ("eci-open", "eci-closed")
    table = load("open_ecosystem")
    then, level = _records(table, follower)
    first, record = _records(table, leader)
    if "as_of" in inputs:  # what could be seen then: the last year's followers, and the leaders released by then
        until = _year(pd.Timestamp(inputs.text("as_of")))
        recent, known = (then <= until) & (then > until - RECENT_YEARS), first <= until
        if not recent.any():
            raise NotModelled("no model of the year before that date is in the table")
        then, level, first, record = then[recent], level[recent], first[known], record[known]
    lags = frontier_lags(then, level, first, record)
    per = MONTHS_PER_YEAR if "year" in words else 1 / DAYS_PER_MONTH if "day" in words else 1.0
    return Prediction.of_draws(lags.median / per, lags.months / per, (ECI,))


def _records(table: pd.DataFrame, series: str) -> tuple[np.ndarray, np.ndarray]:
    rows = table[table["series"] == series]
    return np.array([_year(pd.Timestamp(day)) for day in rows["date"]]), rows["value"].to_numpy(float)


def _year(day: pd.Timestamp) -> float:
    return day.year + (day.day_of_year - 1) / DAYS_PER_YEAR


PREDICTORS = {"scaling_law": scaling_law, "price_diffusion": price_diffusion, "compute_stock": compute_stock}
