"""Training runs are possible on the chips that they name, and agree with the models that they made."""

import pandas as pd
from plausible import EXCUSED, broken_by

from course.data import load

RUNS, MODELS, CHIPS = load("training_runs"), load("models").set_index("model"), load("chips").set_index("chip")
KEYS = RUNS["run_id"]
WHOLE = RUNS["stage"].isin(["training", "pre-training"])
SECONDS = 3600


def peak_flop_s() -> pd.Series:
    """Peak of the chip with 16-bit numbers; where only a family is named, all of whose chips have one peak, that."""
    peak = RUNS["chip"].map(CHIPS["fp16_tflops"])
    for family in ("A100", "V100"):
        peaks = CHIPS["fp16_tflops"][CHIPS.index.str.startswith(f"{family} SXM")].unique()
        named = RUNS["chip"].isna() & RUNS["chip_as_printed"].str.fullmatch(rf"(NVIDIA )?{family}").fillna(False)
        assert len(peaks) == 1
        assert named.any()
        peak = peak.where(~named, peaks[0])
    return peak * 1e12


def six_n_d() -> pd.Series:
    """6 N D with the parameters that a token uses; missing for a mixture whose active parameters are not known."""
    moe = RUNS["model"].map(MODELS["architecture"]).str.startswith("moe").fillna(False)
    dense = RUNS["model"].map(MODELS["total_params_b"]).fillna(RUNS["params_b"]).where(~moe)
    used = RUNS["model"].map(MODELS["active_params_b"]).fillna(dense)
    return 6 * used * 1e9 * RUNS["tokens_t"] * 1e12


def test_there_are_runs_enough() -> None:
    assert len(RUNS) >= 80
    assert RUNS["model"].notna().sum() >= 80
    assert RUNS["developer_country"].nunique() >= 5


def test_chip_hours_are_chips_times_hours() -> None:
    """Rounded figures of one source may differ by 3 %; what is called a product is one."""
    product = RUNS["accelerators"] * RUNS["wall_hours"]
    share = product / RUNS["accelerator_hours"]
    assert (share[RUNS["hours_basis"] == "product"] - 1).abs().max() < 1e-9
    stated = RUNS["hours_basis"] == "stated"
    assert (stated & share.notna()).sum() >= 3
    assert broken_by("chip-hours are not chips times hours", KEYS, stated & ((share - 1).abs() > 0.03)) == set()
    assert (RUNS["hours_basis"].notna() == RUNS["accelerator_hours"].notna()).all()


def test_utilisation_follows_from_compute_hours_and_peak() -> None:
    compute = RUNS["compute_flop"].fillna(six_n_d())
    implied = compute / (RUNS["accelerator_hours"] * SECONDS * peak_flop_s())
    assert (implied.notna() & WHOLE).sum() >= 55
    outside = WHOLE & implied.notna() & ~implied.between(0.02, 0.75)
    assert broken_by("implied utilisation outside 0.02 to 0.75", KEYS, outside) == set()
    share = implied / RUNS["mfu"]
    assert (WHOLE & share.notna()).sum() >= 20
    far = WHOLE & share.notna() & ~share.between(0.75, 1.25)
    assert broken_by("utilisation and the one implied differ by more than a quarter", KEYS, far) == set()
    above = WHOLE & (implied > 1.05 * RUNS["hfu"])
    assert (WHOLE & implied.notna() & RUNS["hfu"].notna()).sum() >= 10
    assert broken_by("hardware does less than the work of the model", KEYS, above) == set()


def test_hardware_does_at_least_the_work_of_the_model() -> None:
    both = RUNS[RUNS["mfu"].notna() & RUNS["hfu"].notna()]
    assert len(both) >= 4
    assert (both["hfu"] >= both["mfu"]).all()


def test_compute_is_about_six_n_d_unless_the_table_of_models_says_why_not() -> None:
    ratio = RUNS["compute_flop"] / six_n_d()
    assert (WHOLE & ratio.notna()).sum() >= 35
    far = RUNS[WHOLE & ratio.notna() & ~ratio.between(0.5, 2)]
    rule = "compute and 6 N D differ by more than a factor of 2"
    assert set(far["model"]) <= {model for excused, model in EXCUSED if excused == rule}


def test_a_run_and_its_model_are_of_one_developer() -> None:
    with_model = RUNS[RUNS["model"].notna()]
    assert (with_model["developer"] == with_model["model"].map(MODELS["developer"])).all()


def test_energy_is_below_what_the_chips_can_draw_in_a_building() -> None:
    """A server draws up to twice the power of its chips, cooling included; a chip that works draws a quarter."""
    tdp_mw = RUNS["chip"].map(CHIPS["tdp_w"]) / 1e6
    share = RUNS["energy_mwh"] / (RUNS["accelerator_hours"] * tdp_mw)
    assert share.notna().sum() >= 6
    assert share.dropna().between(0.25, 2).all()


def test_a_cost_says_what_is_in_it_and_is_a_plausible_price_an_hour() -> None:
    assert (RUNS["cost_usd"].notna() == RUNS["cost_basis"].notna()).all()
    price = RUNS["cost_usd"] / RUNS["accelerator_hours"]
    assert price.notna().sum() >= 30
    assert broken_by("cost outside 0.05 to 6 USD a chip-hour", KEYS, price.notna() & ~price.between(0.05, 6)) == set()
