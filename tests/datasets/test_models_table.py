"""Models add up: their sizes follow from their layers."""

from course.data import load

MODELS = load("models")


def test_models_add_up() -> None:
    """Attention and embeddings alone are a lower bound of the parameters, a generous block an upper one."""
    width = MODELS["n_heads"] * MODELS["head_dim"]
    attention = 2 * MODELS["hidden_size"] * (width + MODELS["n_kv_heads"] * MODELS["head_dim"])
    low = MODELS["n_layers"] * attention / 1e9
    high = MODELS["n_layers"] * (attention + 16 * MODELS["hidden_size"] ** 2) / 1e9 + 3
    assert (low < MODELS["total_params_b"]).all()
    assert (high > MODELS["total_params_b"]).all()
    assert (MODELS["n_heads"] % MODELS["n_kv_heads"] == 0).all()


def test_a_model_named_after_its_size_has_that_size() -> None:
    named = MODELS["model"].str.extract(r"(\d+)B$")[0].astype(float)
    assert ((MODELS["total_params_b"] / named).between(0.95, 1.03)).all()
