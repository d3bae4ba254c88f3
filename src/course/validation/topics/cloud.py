"""Published prices, costs, energy and emissions of compute, predicted with `aistack.cloud`."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from aistack import cloud
from aistack.fitted import Fitted
from course.data import load
from course.prices import year_of
from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.jobs import run_hours
from course.validation.lookup import chip_row, is_geforce, run_row
from course.validation.topics.training import SPREAD_RUN

EXTRA = {
    "accelerator_hours": (
        *("gpu_h", "gpu_hours", "chip_hours", "device_hours", "accelerator_h", "tpu_hours", "h800_hours", "h100_hours"),
        *("a100_hours", "gpuh", "hours_gpu"),
    ),
    "wall_hours": ("hours", "wall_clock_hours", "training_hours"),
    "power_w": ("w", "watts", "tdp_w", "tdp", "gpu_power_w", "power_per_gpu_w", "gpu_w", "gpu_tdp_w"),
    "power_kw": ("kw",),
    "pue": ("power_usage_effectiveness",),
    "energy_kwh": ("kwh", "energy"),
    "energy_mwh": ("mwh", "power_mwh", "consumption_mwh", "electricity_mwh"),
    "energy_gwh": ("gwh",),
    "carbon_t": ("co2_t", "tco2", "tco2e", "tco2eq", "carbon_tonnes"),
    "intensity_g_kwh": (
        *("gco2_kwh", "gco2e_kwh", "g_kwh", "carbon_intensity", "carbon_intensity_gco2_kwh", "grid_gco2_kwh"),
        *("grid_intensity", "grid_g_per_kwh", "intensity", "gco2eq_kwh", "g_co2_per_kwh", "gco2_per_kwh"),
        *("gco2e_per_kwh", "carbon_intensity_g_kwh", "carbon_intensity_g_per_kwh", "grid_gco2_per_kwh"),
    ),
    "intensity_kg_kwh": (
        *("carbon_intensity_kg_per_kwh", "carbon_intensity_kg_kwh", "kg_per_kwh", "kgco2_per_kwh", "kgco2e_per_kwh"),
        *("grid_kg_kwh", "grid_kg_per_kwh", "grid_factor", "emission_factor", "t_mwh", "tco2_mwh", "t_per_mwh"),
        *("kg_kwh", "kgco2_kwh", "kgco2e_kwh", "kg_co2_per_kwh", "kgco2eq_kwh"),
    ),
    "power_usd_kwh": ("usd_per_kwh", "electricity_usd_kwh", "power_price", "usd_kwh"),
    "country": ("location", "country_code"),
    "region": ("zone", "cloud_region"),
    "provider": ("cloud", "vendor", "company", "operator"),
    "instance": ("instance_type", "machine_type", "vm", "sku"),
    "instance_usd_h": (
        *("usd_h", "usd_per_hour", "price_per_hour", "usd_per_instance_hour", "hourly_price", "hourly_usd"),
        *("price_per_hour_node", "price_per_node_hour", "node_price_per_hour", "usd_per_node_hour", "instance_price"),
        *("price_per_hour_usd", "usd_per_instance_h", "instance_price_per_hour", "node_usd_h"),
    ),
    "price_type": ("purchase", "pricing", "commitment", "type", "term", "purchase_term", "plan"),
    "date": ("year", "price_date", "month", "as_of"),
    "cut_pct": ("price_cut_pct", "cut_percent", "discount_pct"),
    "usd_per_accelerator_hour": (
        "usd_per_gpu_h",
        "usd_per_gpu_hour",
        "usd_gpu_h",
        "price_per_gpu_hour",
        "usd_per_chip_h",
    ),
    "seconds": ("seconds_per_request", "request_s", "latency_s"),
    "list_usd_per_accelerator_hour": ("list_usd", "before_usd", "usd_before", "old_price", "list_price"),
    "range_pct": (),
    "quarter": ("period",),
    "companies": (),
    "since": (),
}

_DRAWS, _SEED = 4000, 4
_HYPERSCALERS = r"aws|amazon|azure|microsoft|gcp|google|oci|oracle|ibm|alibaba|aliyun|tencent|huawei|baidu|volc|jd"
_SPOT, _RESERVED = r"spot|preempt|interrupt", r"reserv|commit|year|yr|month|block|saving|capblock|term"
_MARKUPS = {
    "hyperscaler": cloud.HYPERSCALER_MARKUP,
    "specialist": cloud.SPECIALIST_MARKUP,
    "marketplace": cloud.MARKETPLACE_MARKUP,
}
_DRAWN_SHARE = (0.7, 1.1)  # of rated power: jobs draw less than the chip may, the server around it adds some
_BETWEEN_SOURCES = 1.25  # half of the regions' factors are within this of their country's mix
_RATES, _LIVES = (0.0, 0.15), (2.5, 6.0)  # accountants' choices for hardware: without interest to dear capital, years
_INSTANCE_ACCELERATORS = 8  # what nearly every multi-accelerator instance has
_WATTS = ("w", "kw", "mw", "gw")
_WH = {"gwh": 1e9, "mwh": 1e6, "kwh": 1e3, "wh": 1.0, "mj": 1e6 / 3600, "kj": 1e3 / 3600, "j": 1 / 3600}
_GRAMS = {"kt": 1e9, "mt": 1e6, "t": 1e6, "kg": 1e3, "g": 1.0}


def cloud_price(case: Case) -> Prediction:
    """Price of an accelerator-hour: from the row's own price of an instance, or from cost, mark-up and terms."""
    given, unit = case.inputs, case.unit.lower()
    if not re.search(r"usd|\$|dollar", unit):
        raise NotModelled(f"prices are modelled in USD an hour, not in {case.unit!r}")
    chips = _instance_chips(case) if re.search(r"instance|node|server", case.quantity.lower()) else 1.0
    hours = next(
        (n for word, n in (("mon", cloud.HOURS_PER_YEAR / 12), ("year", cloud.HOURS_PER_YEAR)) if word in unit), 1
    )
    if "instance_usd_h" in given:
        kept = 1 - given.number("cut_pct", 0) / 100
        return Prediction.exact(given.number("instance_usd_h") * kept / _instance_chips(case) * chips * hours)
    if {"list_usd_per_accelerator_hour", "cut_pct"} <= set(given):
        cut = given.number("cut_pct") / 100
        return Prediction.exact(given.number("list_usd_per_accelerator_hour") * (1 - cut) * chips * hours)
    value, draws, constants = _posted(case, chip_row(_chip(case)))
    return Prediction.of_draws(value * chips * hours, draws * chips * hours, constants)


def energy_carbon(case: Case) -> Prediction:
    """Energy and location-based emissions of accelerator-hours; a provider's PUE from its regions."""
    given, quantity, unit = case.inputs, case.quantity.lower(), case.unit.lower().replace(" ", "")
    if re.search(r"embodied|water|reduction|share|idle|growth", quantity):
        raise NotModelled(f"{case.quantity} does not follow from accelerator-hours and power")
    if re.search(r"\bpue|power_usage", quantity):
        return _pue_of_provider(case)
    if re.search(r"g.*/kwh|g_?per_?kwh", unit):
        if "carbon_t" in given and set(given) & {"energy_kwh", "energy_mwh", "energy_gwh"}:
            energy_wh = _energy_wh(case, chips_only=False)[0]
            return Prediction.exact(given.number("carbon_t") * 1e9 / energy_wh / (1000 if unit.startswith("kg") else 1))
        (mean, grid), _ = _intensity(case)
        scale = 1000 if unit.startswith("kg") else 1
        return Prediction.of_draws(float(mean) / scale, grid / scale)
    if re.search(r"co2|carbon|emission|ghg", quantity + unit):
        return _carbon(case, _unit(unit, _GRAMS))
    if unit in _WATTS:  # power is the energy of one hour
        hour = Inputs(dict(given) | {"accelerator_hours": given.number("chips", 1)})
        case, unit = replace(case, inputs=hour), unit + "h"
    per = _unit(unit, _WH)
    case = _of_run(case)
    value, draws, exact = _energy_wh(case, chips_only=bool(re.search(r"dynamic|gpu_only|chip|accelerator", quantity)))
    return Prediction.exact(value / per) if exact else Prediction.of_draws(value / per, draws / per)


def training_cost(case: Case) -> Prediction:
    """Cost of a run: its hours at the row's price, at a posted price, or at the cost of owned hardware."""
    given, quantity = case.inputs, case.quantity.lower()
    if re.search(r"share|growth|staff", quantity) or not re.search(r"usd|\$|dollar", case.unit.lower()):
        raise NotModelled(
            f"{case.quantity} in {case.unit} needs the costs of many runs, with staff, and is not modelled"
        )
    scale = next((n for word, n in (("bn", 1e9), ("b", 1e9), ("m", 1e6), ("k", 1e3)) if _scaled(case.unit, word)), 1.0)
    if not ({"chip", "usd_per_accelerator_hour"} & set(given) and _knows_hours(case)):
        try:
            case = _with_run(case, given.text("model", case.id.partition("_")[2]))
        except NotModelled:
            if not {"tokens_t", "tokens_b"} & set(given):
                raise
            return _cost_of_computed_run(case)
        given = case.inputs
    hours = _hours(case)
    if "usd_per_accelerator_hour" in given:
        return Prediction.exact(hours * given.number("usd_per_accelerator_hour") / scale)
    row = chip_row(_chip(case))
    method = f"{given.text('method', '')} {quantity} {case.id}".lower()
    generator = np.random.default_rng(_SEED)
    if re.search(r"cloud|rent", method):
        value, draws, constants = _posted(case, row, "reserved")
        return Prediction.of_draws(hours * value / scale, hours * draws / scale, constants)
    watts = _watts(row)
    per_watt = _per_watt(row)
    # the first is the estimate, the others are its draws
    hardware = np.asarray(
        cloud.hardware_usd_estimate(watts, np.append(per_watt.value, per_watt.draws(_DRAWS, generator)))
    )
    if re.search(r"acqui|upfront|hardware_cost|capex", method) and "amort" not in method:
        chips = given.number("chips")
        bought = chips * hardware / scale
        return Prediction.of_draws(float(bought[0]), bought[1:], (per_watt,))
    energy = cloud.energy_usd_per_hour(watts, cloud.PUE_CONVENTION, cloud.POWER_USD_PER_KWH_CONVENTION)
    rates = np.append(cloud.RATE_CONVENTION, generator.uniform(*_RATES, _DRAWS))
    lives = np.append(cloud.LIFE_YEARS_CONVENTION, generator.uniform(*_LIVES, _DRAWS))
    owned = np.asarray(cloud.useful_hour_bound_usd(cloud.capital_usd_per_hour(hardware, rates, lives), energy))
    return Prediction.of_draws(hours * float(owned[0]) / scale, hours * owned[1:] / scale, (per_watt,))


def _cost_of_computed_run(case: Case) -> Prediction:
    """Cost of a run that is not in our table, from the hours that its tokens should take; `NotModelled` without."""
    hours = run_hours(case.inputs, case.year)
    found = training_cost(replace(case, inputs=Inputs({**case.inputs, "accelerator_hours": hours})))
    spread = SPREAD_RUN.high
    used = found.fitted_on | frozenset(SPREAD_RUN.fitted_on)
    return Prediction(found.value, found.low / spread, found.high * spread, fitted_on=used)


def _posted(
    case: Case, row: dict[str, Any], default: str = "on_demand"
) -> tuple[float, npt.NDArray[np.float64], tuple[Fitted, ...]]:
    """Price per accelerator-hour with draws, and the constants that went in."""
    generator = np.random.default_rng(_SEED)
    kinds, term = _kinds(case), _term(case, default)
    watts, age = _watts(row), max(_year(case) - _released(row), 0.0)
    markup = float(np.median(np.repeat([_MARKUPS[kind].value for kind in kinds], list(kinds.values()))))
    per_watt = _per_watt(row)
    value = cloud.posted_price_usd_estimate(watts, age, markup, term.value if term else 1, usd_per_watt=per_watt.value)
    which = generator.choice(len(kinds), _DRAWS, p=np.array(list(kinds.values())) / sum(kinds.values()))
    draws = cloud.posted_price_usd_estimate(
        watts,
        age,
        np.choose(which, [_MARKUPS[kind].draws(_DRAWS, generator) for kind in kinds]),
        term.draws(_DRAWS, generator) if term else 1,
        cloud.PRICE_DECLINE.draws(_DRAWS, generator),
        per_watt.value,
    )
    spread = cloud.SPOT_SPREAD if term is cloud.SPOT_RATIO else cloud.PRICE_SPREAD
    constants = (cloud.PRICE_DECLINE, spread, *(_MARKUPS[k] for k in kinds), *([term] if term else []))
    return float(value), np.asarray(draws) * spread.draws(_DRAWS, generator), constants


def _per_watt(row: dict[str, Any]) -> Fitted:
    """Dollars per watt of a chip: of one's own design, for consumers, or bought for data centres."""
    if row["vendor"] in cloud.OWN_CHIP_VENDORS:
        return cloud.OWN_CHIP_USD_PER_WATT
    return cloud.GRAPHICS_CARD_USD_PER_WATT if is_geforce(row) else cloud.HARDWARE_USD_PER_WATT


def _kinds(case: Case) -> dict[str, int]:
    """Kind of the provider; where none is named, each kind with its number of providers in our table."""
    provider = _provider(case)
    if provider is None:
        return {str(kind): int(count) for kind, count in _providers()["provider_kind"].value_counts().items()}
    if re.search(r"vast|community|market", provider):
        return {"marketplace": 1}
    return {"hyperscaler" if re.match(_HYPERSCALERS, provider) else "specialist": 1}


@cache
def _providers() -> pd.DataFrame:
    return load("cloud_prices").drop_duplicates("provider")[["provider", "provider_kind"]]


def _provider(case: Case) -> str | None:
    """The provider that a row is about, in lower case: as given, or named in its key or source."""
    if "provider" in case.inputs:
        return case.inputs.text("provider").lower()
    text = " ".join(re.split(r"[^a-z0-9]+", f"{case.id} {case.source}".lower()))
    known = [str(name).lower() for name in _providers()["provider"]]
    found = re.search(rf"\b({'|'.join(map(re.escape, known))}|{_HYPERSCALERS})\b", text)
    return found[1] if found else None


def _term(case: Case, default: str) -> Fitted | None:
    text = f"{case.inputs.text('price_type', '')} {case.quantity} {case.id}".lower()
    if re.search(_SPOT, text):
        return cloud.SPOT_RATIO
    if "on_demand" in text or "on-demand" in text:
        return None
    return cloud.RESERVED_RATIO if re.search(_RESERVED, text) or default == "reserved" else None


def _chip(case: Case) -> str:
    if "chip" not in case.inputs and "instance" in case.inputs:
        return str(_instances().get(case.inputs.text("instance"), (case.inputs.text("instance"), 0))[0])
    return case.inputs.text("chip")


def _instance_chips(case: Case) -> float:
    """Accelerators of the instance whose price is given: as stated, as its name is known for, or the usual number."""
    known = _instances().get(case.inputs.text("instance", ""), ("", _INSTANCE_ACCELERATORS))
    return case.inputs.number("chips", case.inputs.number("chips_per_node", float(known[1])))


@cache
def _instances() -> dict[str, tuple[str, int]]:
    rows = load("cloud_prices").dropna(subset=["instance", "chip", "accelerators"])
    return {str(row["instance"]): (str(row["chip"]), int(row["accelerators"])) for row in rows.to_dict("records")}


def _watts(row: dict[str, Any]) -> float:
    """Rated power of a chip; from its bandwidth, as of the chips whose power is known, where it is not published."""
    if row["tdp_w"] > 0:
        return float(row["tdp_w"])
    if not row["memory_bandwidth_gb_s"] > 0:
        raise NotModelled(f"neither power nor bandwidth of {row['chip']} is known")
    return float(row["memory_bandwidth_gb_s"]) * _watts_per_gb_s()


@cache
def _watts_per_gb_s() -> float:
    chips = load("chips")
    return float((chips["tdp_w"] / chips["memory_bandwidth_gb_s"]).median())


def _year(case: Case) -> float:
    """When a price was posted: as given, the row's year, or that of the newest price of the course."""
    if "date" in case.inputs:
        return _fraction(case.inputs.text("date"))
    return _fraction(str(int(case.year))) if case.year else max(map(_fraction, load("cloud_prices")["date"]))


def _released(row: dict[str, Any]) -> float:
    """When a chip came out; where only its sisters' dates are known (A100, L40), that of the first of them."""
    family = re.match(r"[A-Za-z]+ ?\d+", str(row["chip"]))
    chips = load("chips")
    sisters = chips["chip"].str.startswith(family[0] if family else str(row["chip"]))
    dates = (
        [str(row["release_date"])]
        if isinstance(row["release_date"], str)
        else sorted(chips[sisters]["release_date"].dropna())
    )
    if not dates:
        raise NotModelled(f"the release of {row['chip']} is not known")
    return _fraction(dates[0])


def _fraction(date: str) -> float:
    try:
        return year_of(date)
    except ValueError as error:
        raise NotModelled(str(error)) from None


def _knows_hours(case: Case) -> bool:
    try:
        return _hours(case) >= 0
    except NotModelled:
        return False


def _hours(case: Case) -> float:
    """Accelerator-hours: as given, accelerators times time, or operations over what the chip does."""
    given = case.inputs
    if "accelerator_hours" in given:
        return given.number("accelerator_hours")
    if "chips" in given and ("wall_hours" in given or "days" in given):
        return given.number("chips") * (given.number("wall_hours", 0) or given.number("days") * 24)
    if "training_flop" in given and "mfu" in given:
        mfu = given.number("mfu")
        peak = float(chip_row(_chip(case))["fp16_tflops"]) * 1e12
        return given.number("training_flop") / (peak * (mfu / 100 if mfu > 1 else mfu)) / 3600
    raise NotModelled("accelerator-hours are not given and do not follow from what is")


def _with_run(case: Case, name: str) -> Case:
    """Add chip, hours and year of the run that a row names; what the row itself gives goes before."""
    run = run_row(name)
    known = {"chip": run["chip"], "accelerator_hours": run["accelerator_hours"], "date": run["date"]}
    return replace(case, inputs=Inputs(known | dict(case.inputs)))


def _of_run(case: Case) -> Case:
    """Take hours and chip from the run of the model, if a row of energy names one and says no more."""
    stated = {"energy_kwh", "energy_mwh", "energy_gwh", "seconds"} & set(case.inputs)
    if "model" in case.inputs and not stated and not _knows_hours(case):
        return _with_run(case, case.inputs.text("model"))
    return case


def _energy_wh(case: Case, *, chips_only: bool) -> tuple[float, npt.NDArray[np.float64], bool]:
    """Energy in watt-hours, with draws over what is not given; the last says that all of it was given."""
    given = case.inputs
    for name, scale in (("energy_kwh", 1e3), ("energy_mwh", 1e6), ("energy_gwh", 1e9)):
        if name in given:
            return given.number(name) * scale, np.full(_DRAWS, given.number(name) * scale), True
    generator = np.random.default_rng(_SEED)
    known_power, known_pue = "power_w" in given or "power_kw" in given, chips_only or "pue" in given
    watts = given.number("power_w", 0) or given.number("power_kw", 0) * 1000 or _watts(chip_row(_chip(case)))
    drawn_watts = watts * (np.ones(_DRAWS) if known_power else generator.uniform(*_DRAWN_SHARE, _DRAWS))
    sites = load("regions")["pue"].dropna().to_numpy(float)
    pue = 1.0 if chips_only else given.number("pue", float(np.median(sites)))
    drawn_pue = np.full(_DRAWS, pue) if known_pue else generator.choice(sites, _DRAWS)
    hours = given.number("seconds") / 3600 * given.number("chips", 1) if "seconds" in given else _hours(case)
    energy = np.asarray(cloud.energy_kwh(hours, np.append(watts, drawn_watts), np.append(pue, drawn_pue))) * 1e3
    return float(energy[0]), energy[1:], known_power and known_pue


def _carbon(case: Case, grams_per_unit: float) -> Prediction:
    value, draws, exact = _energy_wh(_of_run(case), chips_only=False)
    (grams, grid), stated = _intensity(case)
    tonnes = float(cloud.carbon_tonnes(value / 1e3, grams)) * cloud.GRAMS_PER_TONNE / grams_per_unit
    drawn = np.asarray(cloud.carbon_tonnes(draws / 1e3, grid)) * cloud.GRAMS_PER_TONNE / grams_per_unit
    both = exact and stated
    return Prediction.exact(tonnes) if both else Prediction.of_draws(tonnes, drawn)


def _intensity(case: Case) -> tuple[tuple[float, npt.NDArray[np.float64]], bool]:
    """Grams of CO2 a kilowatt-hour with draws: as given, of the region, or of the country (the US if none is named)."""
    given = case.inputs
    for name, scale in (("intensity_g_kwh", 1.0), ("intensity_kg_kwh", 1000.0)):
        if name in given:
            grams = given.number(name) * scale
            grams = grams * 1000 if name == "intensity_g_kwh" and grams < 2 else grams  # kilograms under another name
            return (grams, np.full(_DRAWS, grams)), True
    regions = load("regions").dropna(subset=["carbon_intensity_gco2_kwh"])
    here = regions[regions["region"].isin([given.text("region", ""), given.text("country", "")])]
    if len(here):
        of_region = here["carbon_intensity_gco2_kwh"].to_numpy(float)
        spread = np.exp(np.random.default_rng(_SEED + 1).uniform(-1, 1, _DRAWS) * np.log(_BETWEEN_SOURCES))
        return (float(np.median(of_region)), _choice(of_region) * spread), False
    country = _country(given.text("country", "US"))
    energy = load("country_energy")
    mix = energy[(energy["metric"] == "carbon_intensity") & (energy["country"] == country)]["value"]
    if mix.empty:
        raise NotModelled(f"the carbon intensity of {country} is not in country_energy.csv")
    spread = regions[regions["country"] == country]["carbon_intensity_gco2_kwh"].to_numpy(float)
    between = np.exp(np.random.default_rng(_SEED + 1).uniform(-1, 1, _DRAWS) * np.log(_BETWEEN_SOURCES))
    return (float(mix.iloc[0]), _choice(np.append(spread, float(mix.iloc[0]))) * between), False


def _country(name: str) -> str:
    """Return a country's two letters for a name that people write."""
    words = {"usa": "US", "unitedstates": "US", "china": "CN", "france": "FR", "germany": "DE", "uk": "GB"}
    plain = re.sub(r"[^a-z]", "", name.lower())
    return words.get(plain, name.upper())


def _choice(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.random.default_rng(_SEED + 1).choice(values, _DRAWS)


def _pue_of_provider(case: Case) -> Prediction:
    provider, regions = _provider(case) or "", load("regions").dropna(subset=["pue"])
    names = {"amazon": "AWS", "aws": "AWS", "microsoft": "Azure", "azure": "Azure", "google": "GCP", "gcp": "GCP"}
    known = regions[regions["provider"] == names.get(provider.split()[0] if provider else "", "")]["pue"]
    if known.empty:
        raise NotModelled("no regions of that operator are known, and an average of an industry is a survey's result")
    return Prediction.of_draws(float(known.mean()), known.to_numpy(float))


def _unit(unit: str, known: dict[str, float]) -> float:
    """Return what one of a unit is, for `kWh`, `tCO2eq` or `tonnes`; `NotModelled` if it is not known."""
    plain = re.sub(r"metric|[^a-z0-9/]", "", unit)
    for name, size in known.items():
        if re.fullmatch(rf"{name}(on(ne)?s?)?(of)?(co2?(e|eq)?)?(/.*)?", plain):
            return size
    raise NotModelled(f"{unit!r} is no unit of energy or emissions that is known here")


def _scaled(unit: str, word: str) -> bool:
    """Whether a unit such as `USD m` or `USD million` counts in thousands, millions or billions."""
    rest = re.sub(r"\(.*?\)|usd|dollars?|\$", "", unit.lower()).strip()
    return rest.startswith(word) and rest not in ("", "/h")


PREDICTORS = {
    "cloud_price": cloud_price,
    "energy_carbon": energy_carbon,
    "training_cost": training_cost,
}
