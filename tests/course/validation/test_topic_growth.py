"""Forecasts of published rows: what is found, what is refused, and that a row's own answer is never read."""

from dataclasses import replace
from typing import Any

import pytest

from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.names import standard
from course.validation.topics.growth import EXTRA, PREDICTORS


def case(topic: str, quantity: str, unit: str, published: float, source: str = "elsewhere", **inputs: Any) -> Case:
    known, unknown = standard(inputs, EXTRA)
    assert not unknown
    return Case("some-row", topic, Inputs(known), quantity, unit, published, source)


def predicted(row: Case) -> Prediction:
    return PREDICTORS[row.topic](row)


USERS = case("adoption", "weekly_active_users", "million", 800, product="ChatGPT", date="2025-10")
FIRMS = case("adoption", "us_firm_ai_use_rate", "percent", 6.6, date="2024-fall")
CAPEX = case("market", "total_capex", "USD bn", 224, companies="MSFT+GOOG+META+AMZN", year=2024)
CLOUD = case("market", "cloud_revenue", "USD bn", 43.2, company="Google Cloud", year=2024)
STARS = case("open_models", "github_stars", "stars", 1e5, product="vLLM", date="2026-10")


@pytest.mark.parametrize("row", [USERS, FIRMS, CAPEX, CLOUD, STARS], ids=lambda row: row.quantity)
def test_rows_are_forecast_with_a_band(row: Case) -> None:
    found = predicted(row)
    assert found.low < found.value < found.high
    assert found.fitted_on
    assert not found.identity
    assert found.value == pytest.approx(row.published, rel=0.4)


@pytest.mark.parametrize("row", [USERS, FIRMS, CAPEX, CLOUD], ids=lambda row: row.quantity)
def test_the_published_answer_does_not_move_the_forecast(row: Case) -> None:
    assert predicted(replace(row, published=row.published * 10)) == predicted(row)


def test_points_of_the_rows_own_source_are_left_out() -> None:
    with pytest.raises(NotModelled, match="no other source"):
        predicted(replace(USERS, source="epoch-ai-companies"))


def test_nothing_later_is_used() -> None:
    with pytest.raises(NotModelled, match="earlier"):
        predicted(case("adoption", "weekly_active_users", "million", 100, product="ChatGPT", date="2023-01"))


def test_units_are_converted() -> None:
    billions = replace(USERS, unit="billion")
    assert predicted(billions).value == pytest.approx(predicted(USERS).value / 1000)
    fraction = replace(FIRMS, unit="fraction")
    assert predicted(fraction).value == pytest.approx(predicted(FIRMS).value / 100)


def test_a_wider_question_gets_a_wider_band_and_a_higher_rate() -> None:
    narrow = predicted(case("adoption", "us_firm_ai_use_rate", "percent", 10, date="2025-10"))
    wide = predicted(case("adoption", "us_firm_ai_use_rate", "percent", 18, date="2026-01"))
    assert wide.value > 1.3 * narrow.value
    assert wide.high / wide.low > narrow.high / narrow.low


def test_large_firms_use_more_than_all() -> None:
    everyone = case("adoption", "us_firm_ai_use_rate", "percent", 18, date="2026-01")
    large = case("adoption", "us_firm_ai_use_rate", "percent", 37, date="2026-01", size="250+ employees")
    assert predicted(large).value > predicted(everyone).value


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (case("market", "nvidia_datacenter_revenue", "USD bn", 1, quarter="FY25Q2"), "no series"),
        (case("open_models", "pretraining_tokens", "T tokens", 1), "choice of the maker"),
        (case("market", "total_capex", "USD bn", 1, companies="Nobody Ltd", year=2024), "no company"),
        (case("adoption", "monthly_active_users", "million", 1, product="Nothing", date="2025-01"), "no series"),
        (case("market", "cloud_market_share", "percent", 1, company="AWS", year=2024), "market shares"),
    ],
)
def test_what_has_no_series_is_refused_in_words(row: Case, reason: str) -> None:
    with pytest.raises(NotModelled, match=reason):
        predicted(row)
