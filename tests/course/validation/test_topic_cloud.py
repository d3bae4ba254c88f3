"""Predictors of prices, costs, energy and emissions: other spellings, other units, refusals in words."""

from collections.abc import Mapping
from typing import Any

import pytest

from course.data import load
from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.names import standard
from course.validation.topics import extra_names
from course.validation.topics.cloud import PREDICTORS


def predict(
    topic: str,
    inputs: Mapping[str, Any],
    quantity: str,
    unit: str,
    *,
    key: str = "row",
    source: str = "a paper",
    year: float | None = None,
    published: float = 1,
) -> Prediction:
    known, unknown = standard(inputs, extra_names(topic))
    assert not unknown
    return PREDICTORS[topic](Case(key, topic, Inputs(known), quantity, unit, published, source, year=year))


def price(
    inputs: Mapping[str, Any], quantity: str = "usd_per_accelerator_hour", unit: str = "USD/h", **more: Any
) -> Any:
    return predict("cloud_price", inputs, quantity, unit, **more)


def test_the_price_of_an_instance_is_divided_by_its_accelerators() -> None:
    assert price({"instance": "p5.48xlarge", "gpus": 8, "usd_h": 98.32}).value == pytest.approx(12.29)
    assert price({"instance": "p5.48xlarge", "usd_h": 39.33}).value == pytest.approx(4.916, abs=5e-4)
    assert price({"chip": "A100-40", "usd_h": 14.75}).identity


def test_terms_kinds_and_dates_move_the_price_the_way_they_should() -> None:
    lambda_h100 = {"chip": "H100 SXM5", "provider": "Lambda", "date": "2026-03"}
    here = price(lambda_h100).value
    assert 2 < here < 5
    assert (
        price(lambda_h100 | {"price_type": "spot"}).value
        < price(lambda_h100 | {"purchase": "1-year reserved"}).value
        < here
    )
    assert price(lambda_h100 | {"provider": "Microsoft Azure"}).value > 1.5 * here
    assert price(lambda_h100 | {"date": "2023-06"}).value > here
    assert price(lambda_h100 | {"chip": "NVIDIA A100 80GB"}).value < here


def test_provider_and_year_are_taken_from_the_row_where_the_inputs_lack_them() -> None:
    named = price({"gpu": "H100"}, key="price_lambda", year=2026)
    assert named.value == price({"gpu": "H100", "provider": "Lambda", "date": "2026"}).value
    nobody = price({"gpu": "H100"}, year=2026)
    assert nobody.high / nobody.low > named.high / named.low


def test_hours_months_and_instances_are_told_apart() -> None:
    given = {"chip": "H100", "provider": "Nebius", "gpus": 8}
    hour = price(given).value
    assert price(given, quantity="price_per_node").value == pytest.approx(8 * hour)
    assert price(given, unit="USD/month").value == pytest.approx(730 * hour)


def test_prices_of_our_table_that_were_not_fitted_on_lie_in_the_band() -> None:
    rows = load("cloud_prices").dropna(subset=["chip"])
    inside = [
        answer.low <= row["usd_per_accelerator_hour"] <= answer.high
        for row in rows.to_dict("records")
        if row["source_id"]
        not in (answer := price({name: row[name] for name in ("chip", "provider", "price_type", "date")})).fitted_on
    ]
    assert len(inside) > 200
    assert 0.80 < sum(inside) / len(inside) < 0.97


@pytest.mark.parametrize(
    ("topic", "inputs", "quantity", "unit", "reason"),
    [
        ("cloud_price", {"chip": "Quantum 9"}, "price", "USD/h", "'Quantum 9' is not in chips.csv"),
        ("cloud_price", {"chip": "H100"}, "price", "CNY/h", "not in 'CNY/h'"),
        ("cloud_price", {"cut_pct": 44}, "price", "USD/h", "chip is not given"),
        ("energy_carbon", {}, "co2_total", "t", "chip is not given"),
        ("energy_carbon", {"gpu_h": 5, "W": 5, "country": "Atlantis"}, "co2", "t", "ATLANTIS is not in country_energy"),
        ("energy_carbon", {}, "pue_industry_average", "ratio", "survey"),
        ("energy_carbon", {"gpu_h": 5, "W": 5}, "co2_total_incl_embodied", "t", "does not follow"),
        ("training_cost", {"method": "cloud rental"}, "cost", "USD", "no run of ''"),
        ("training_cost", {}, "cost_share_staff", "percent", "with staff"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_words(
    topic: str, inputs: Mapping[str, Any], quantity: str, unit: str, reason: str
) -> None:
    with pytest.raises(NotModelled, match=reason):
        predict(topic, inputs, quantity, unit)


def test_emissions_of_a_model_card() -> None:
    """Llama 3.1 405B: 30.84 million hours at 700 W, 8,930 t located where the grid is; nothing was fitted on it."""
    card = predict("energy_carbon", {"gpu_h": 30.84e6, "W": 700}, "co2_location_based", "t")
    assert card.value == pytest.approx(8930, rel=0.1)
    assert not card.identity
    assert card.low < 8930 < card.high
    named = predict("energy_carbon", {"gpu_hours": 30.84e6, "chip": "H100-80GB"}, "emissions", "kgCO2eq")
    assert named.value == pytest.approx(1000 * card.value)


def test_given_overhead_and_grid_replace_the_defaults() -> None:
    inputs = {"gpu_h": 1000, "W": 400, "PUE": 1.1, "gCO2/kWh": 57}
    assert predict("energy_carbon", inputs, "carbon", "kg").value == pytest.approx(1000 * 0.4 * 1.1 * 0.057)
    assert predict("energy_carbon", inputs, "energy", "MWh").value == pytest.approx(0.44)
    france = predict("energy_carbon", {"gpu_h": 1e6, "W": 400, "country": "France"}, "co2", "t")
    china = predict("energy_carbon", {"gpu_h": 1e6, "W": 400, "country": "China"}, "co2", "t")
    assert france.high < china.low


def test_energy_of_the_chips_alone_has_no_overhead() -> None:
    assert predict("energy_carbon", {"gpu_h": 1_082_990, "kW": 0.4}, "dynamic_energy", "kWh").value == pytest.approx(
        433_196
    )
    assert predict(
        "energy_carbon", {"seconds": 2, "W": 700, "PUE": 1.1}, "energy_per_prompt", "Wh"
    ).value == pytest.approx(0.428, abs=1e-3)


def test_the_overhead_of_an_operator_is_that_of_its_regions() -> None:
    assert predict("energy_carbon", {}, "pue", "ratio", source="Google environmental report").value == pytest.approx(
        1.10
    )
    assert predict("energy_carbon", {"provider": "AWS"}, "pue", "ratio").value < 1.3


def test_a_run_is_priced_by_the_row_s_own_price_if_it_has_one() -> None:
    answer = predict("training_cost", {"gpu_hours": 2.788e6, "usd_per_gpu_h": 2}, "cost", "USD")
    assert answer.identity
    assert answer.value == pytest.approx(5.576e6)
    assert predict("training_cost", {"gpu_hours": 2.788e6, "usd_per_gpu_h": 2}, "cost", "USD M").value == pytest.approx(
        5.576
    )


def test_three_ways_to_price_a_run_differ_as_they_should() -> None:
    run = {"chip": "A100 SXM4 80GB", "gpus": 2048, "wall_hours": 500}
    owned = predict("training_cost", run | {"method": "amortized hardware capex + energy"}, "cost", "USD", year=2023)
    rented = predict("training_cost", run | {"method": "cloud rental"}, "cost", "USD", year=2023)
    bought = predict("training_cost", run | {"method": "acquisition"}, "cost", "USD", year=2023)
    assert owned.value < rented.value < bought.value
    assert not {owned.identity, rented.identity, bought.identity} - {False}


def test_hours_follow_from_operations_where_only_they_are_given() -> None:
    run = {"chip": "H100", "training_flop": 3.8e25, "mfu": 0.4, "usd_per_gpu_h": 1}
    assert predict("training_cost", run, "cost", "USD").value == pytest.approx(3.8e25 / 989.4e12 / 0.4 / 3600, rel=1e-3)


def test_a_run_that_is_only_named_is_looked_up() -> None:
    """BLOOM: 1.08 million hours on A100s; what others computed from them was not fitted on."""
    named = predict("training_cost", {"model": "BLOOM-176B", "method": "amortized"}, "cost", "USD")
    by_key = predict("training_cost", {"method": "amortized"}, "cost", "USD", key="cost_BLOOM-176B")
    assert named == by_key
    assert named.low < 995_819 < named.high
    energy = predict("energy_carbon", {"model": "BLOOM-176B"}, "energy", "MWh")
    assert energy.low < 433 < energy.high
    with pytest.raises(NotModelled, match="no run of 'Nonesuch'"):
        predict("training_cost", {"model": "Nonesuch"}, "cost", "USD")


def test_printed_answers_are_not_read() -> None:
    for topic, inputs, unit in (
        ("training_cost", {"gpu_hours": 1e6, "chip": "A100"}, "USD"),
        ("energy_carbon", {"gpu_hours": 1e6, "chip": "A100"}, "t"),
        ("cloud_price", {"chip": "A100"}, "USD/h"),
    ):
        quantity = "co2" if unit == "t" else "cost"
        assert predict(topic, inputs, quantity, unit) == predict(topic, inputs, quantity, unit, published=1e9)
        assert predict(topic, inputs | {"mfu_pct": 1}, quantity, unit) == predict(topic, inputs, quantity, unit)
