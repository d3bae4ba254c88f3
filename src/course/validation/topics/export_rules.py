"""Predictors of what the export rules say of a chip."""

from __future__ import annotations

from aistack.export_rules import (
    NOT_CAUGHT,
    UNKNOWN,
    Figures,
    Rule,
    classify,
    performance_density,
    total_processing_performance,
)
from course.data import load
from course.validation.case import Case, NotModelled, Prediction, Predictor
from course.validation.lookup import chip_row

EXTRA = {
    "dense_tops": ("tops", "dense_tflops", "tflops", "peak_tops", "peak_tflops"),
    "mac_tops": ("mactops",),
    "bits": ("bit_length", "bitwidth", "bit_width"),
    "tpp": ("total_processing_performance",),
    "die_area_mm2": ("die_mm2", "area_mm2", "die_area", "die_size_mm2", "applicable_die_area_mm2"),
    "date": ("on", "as_of", "effective"),
    "market": ("segment",),
    "rule": ("rule_version", "paragraph"),
    "flop_formula": ("formula",),
}

DATASHEET = 1.05  # peaks and die areas of one chip as different sources print them
_LATEST = "9999-12-31"


def _tpp(case: Case) -> float | None:
    """Return the TPP from what is given, None if nothing is."""
    given = case.inputs
    if "tpp" in given:
        return given.number("tpp")
    if "dense_tops" in given and "bits" in given:
        return float(total_processing_performance(given.number("dense_tops"), given.number("bits")))
    if "mac_tops" in given and "bits" in given:
        return float(total_processing_performance(2 * given.number("mac_tops"), given.number("bits")))
    return None


def _figures(case: Case) -> Figures:
    return Figures.from_row(chip_row(case.inputs.text("chip")))


def _known(value: float, what: str, chip: str) -> float:
    if value != value:
        raise NotModelled(f"{what} of {chip} does not follow from chips.csv")
    return value


def _export_control(case: Case) -> Prediction:
    """Total processing performance, performance density, and whether a chip is caught on a date."""
    what, given = f"{case.quantity} {case.unit}".lower(), case.inputs
    if "threshold" in what or "limit" in what:
        raise NotModelled("a limit is written in the rule and stands in export_rules.csv; there is nothing to predict")
    if "density" in what or "mm2" in what:
        return _density(case)
    if "processing" in what or "tpp" in what:
        tpp = _tpp(case)
        if tpp is not None:
            return Prediction.exact(tpp)
        chip = _figures(case)
        return Prediction.within(_known(chip.tpp, "the TPP", chip.name), DATASHEET)
    if any(word in what for word in ("caught", "licen", "restrict", "controlled", "banned")):
        return _caught(case, given.text("date", _LATEST))
    raise NotModelled(f"{case.quantity} in {case.unit} is not a figure of the export rules")


def _density(case: Case) -> Prediction:
    tpp = _tpp(case)
    if tpp is not None and "die_area_mm2" in case.inputs:
        return Prediction.exact(float(performance_density(tpp, case.inputs.number("die_area_mm2"))))
    chip = _figures(case)
    if "die_area_mm2" in case.inputs:
        density = performance_density(_known(chip.tpp, "the TPP", chip.name), case.inputs.number("die_area_mm2"))
        return Prediction.within(float(density), DATASHEET)
    return Prediction.within(_known(chip.performance_density, "the performance density", chip.name), DATASHEET)


def _caught(case: Case, date: str) -> Prediction:
    """Return 1 for a chip that needs anything of its seller, 0 for one that is free."""
    chips = {str(row["chip"]): Figures.from_row(row) for row in load("chips").to_dict("records")}
    rules = [Rule.from_row(row, chips) for row in load("export_rules").to_dict("records")]
    found = classify(_figures(case), rules, date, case.inputs.text("market", "data centre"))
    if found.treatment == UNKNOWN:
        raise NotModelled(found.reason)
    value = 0.0 if found.treatment == NOT_CAUGHT else 1.0
    return Prediction(value, value, value)


PREDICTORS: dict[str, Predictor] = {"export_control": _export_control}
