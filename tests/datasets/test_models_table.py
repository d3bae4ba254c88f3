"""Models add up: sizes follow from shapes, compute from size and data, and no model is older than its chip."""

import pandas as pd
from plausible import broken_by

from course.data import load

MODELS, CHIPS = load("models"), load("chips")
NAMES = MODELS["model"]
NUMBERS = MODELS.select_dtypes("number").astype("float64")
MOE = MODELS["architecture"].str.startswith("moe").fillna(False)


def counted_params_b() -> pd.DataFrame:
    """Return all and active parameters, counted from the columns of shape; missing where a column is."""
    shape = NUMBERS
    hidden, heads = shape["hidden_size"], shape["n_heads"]
    query = shape["qk_nope_head_dim"] + shape["qk_rope_head_dim"]
    latent = (
        (hidden + heads * query) * shape["q_lora_rank"]
        + hidden * (shape["kv_lora_rank"] + shape["qk_rope_head_dim"])
        + shape["kv_lora_rank"] * heads * (shape["qk_nope_head_dim"] + shape["v_head_dim"])
        + heads * shape["v_head_dim"] * hidden
    )
    plain = 2 * hidden * (heads + shape["n_kv_heads"]) * shape["head_dim"]
    attention = plain.where(shape["kv_lora_rank"].isna(), latent)
    matrix = hidden * (2 + MODELS["ffn_gated"].astype("float64"))
    table = hidden * shape["vocab_size"]
    tables = table * (2 - MODELS["embeddings_tied"].astype("float64"))
    ffn = matrix * shape["ffn_size"].fillna(0)
    dense = shape["n_dense_layers"].where(MOE, shape["n_layers"])
    sparse = shape["n_layers"] - dense
    shared = shape["n_shared_experts"].fillna(0)
    router = hidden * shape["n_experts"]
    everywhere = shape["n_layers"] * attention + dense * ffn
    expert = matrix * shape["moe_ffn_size"]
    routed = (sparse * (expert * (shape["n_experts"] + shared) + router)).where(MOE, 0)
    used = sparse * (expert * (shape["experts_per_token"] + shared) + router)
    return pd.DataFrame({"total": everywhere + routed + tables, "active": everywhere + used + table}) / 1e9


def test_parameters_called_counted_can_be_counted_again() -> None:
    """Norms, biases and positions are left out, which is less than 1 %."""
    counted = counted_params_b()
    total = MODELS["params_basis"] == "counted"
    active = MODELS["active_basis"] == "counted"
    assert total.sum() >= 100
    assert active.sum() >= 25
    assert (counted["total"] / MODELS["total_params_b"])[total].between(0.99, 1.005).all()
    assert (counted["active"] / MODELS["active_params_b"])[active].between(0.995, 1.005).all()


def test_parameters_that_a_source_states_fit_the_shape() -> None:
    stated = MODELS["params_basis"] == "stated"
    share = counted_params_b()["total"] / MODELS["total_params_b"]
    assert (stated & share.notna()).sum() >= 1
    assert (
        broken_by("stated size and shape differ by more than 5 %", NAMES, stated & ((share - 1).abs() > 0.05)) == set()
    )


def test_a_model_named_after_its_size_has_that_size() -> None:
    named = NAMES.str.extract(r"(?<![xAE\d.])(\d+(?:\.\d+)?)B\b")[0].astype(float)
    share = MODELS["total_params_b"] / named
    assert share.notna().sum() >= 150
    assert broken_by("size is not the one in the name", NAMES, ~share.between(0.9, 1.1) & share.notna()) == set()


def test_no_token_uses_more_parameters_than_there_are() -> None:
    assert (MODELS["active_params_b"].isna() | MOE).all()
    both = MODELS["active_params_b"].notna() & MODELS["total_params_b"].notna()
    assert (MODELS["active_params_b"] < MODELS["total_params_b"])[both].all()
    assert (MODELS["experts_per_token"] < MODELS["n_experts"]).dropna().all()


def test_heads_and_the_kind_of_attention_fit() -> None:
    heads, kept, kind = NUMBERS["n_heads"], NUMBERS["n_kv_heads"], MODELS["attention"]
    assert (heads % kept).dropna().eq(0).all()
    assert (kept[kind == "MHA"] == heads[kind == "MHA"]).all()
    assert (kept[kind == "MQA"] == 1).all()
    assert kept[kind == "GQA"].between(2, heads[kind == "GQA"] / 2).all()
    assert ((kind == "MLA") == MODELS["kv_lora_rank"].notna()).all()
    assert kept[kind == "MLA"].isna().all()
    assert (NUMBERS["full_context_layers"] <= NUMBERS["n_layers"])[NUMBERS["full_context_layers"].notna()].all()
    assert (kind.notna() | MODELS["n_layers"].isna()).sum() == len(MODELS)


def test_a_shape_comes_whole() -> None:
    """Who needs a shape can ask for layers and gets width and heads too."""
    shaped = MODELS[MODELS["n_layers"].notna()]
    assert len(shaped) >= 140
    assert shaped[["hidden_size", "n_heads", "attention", "architecture"]].notna().all().all()
    assert (shaped["head_dim"].notna() | (shaped["attention"] == "MLA")).all()
    assert (MODELS["n_experts"].isna() | MOE).all()


def test_compute_is_about_six_times_parameters_times_tokens() -> None:
    used = MODELS["active_params_b"].fillna(MODELS["total_params_b"].where(~MOE)) * 1e9
    ratio = MODELS["training_compute_flop"] / (6 * used * MODELS["training_tokens_t"] * 1e12)
    assert ratio.notna().sum() >= 120
    far = ratio.notna() & ~ratio.between(0.5, 2)
    assert broken_by("compute and 6 N D differ by more than a factor of 2", NAMES, far) == set()


def test_active_parameters_taken_from_the_compute_are_marked() -> None:
    """Such rows repeat the rule and must not be used to test it."""
    marked = MODELS[MODELS["active_basis"] == "from compute"]
    product = 6 * marked["active_params_b"] * 1e9 * marked["training_tokens_t"] * 1e12
    assert (marked["training_compute_flop"] / product).between(0.99, 1.01).all()


def test_who_keeps_a_model_to_himself_gives_no_weights() -> None:
    shut = MODELS["openness"].isin(["closed", "unreleased"])
    assert not MODELS["weights_open"][shut].any()
    assert MODELS["weights_open"][MODELS["openness"].notna() & ~shut].all()
    assert MODELS["licence"][shut].isna().all()


def test_no_model_is_older_than_the_chip_that_it_was_trained_on() -> None:
    year = MODELS["training_chip"].map(CHIPS.set_index("chip")["release_year"])
    too_early = (year > MODELS["release_date"].str[:4].astype(int)).fillna(False)
    assert broken_by("chip younger than the model", NAMES, too_early) == set()


def test_the_models_that_the_lessons_need_are_there() -> None:
    assert len(MODELS) >= 300
    assert MODELS["developer_country"].nunique() >= 12
    years = set(MODELS["release_date"].str[:4].astype(int))
    assert set(range(2018, 2027)) <= years


def test_no_two_models_have_the_same_name_but_for_punctuation() -> None:
    """Published results write names in many ways; they are looked up without points and dashes."""
    plain = NAMES.str.lower().str.replace("[^a-z0-9]", "", regex=True)
    assert plain.is_unique, NAMES[plain.duplicated(keep=False)].tolist()
