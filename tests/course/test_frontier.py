"""Records of the index: what counts as one, and which model stood there before."""

import pandas as pd
import pytest

from course import notebooks
from course.data import load
from course.frontier import decimal_years, record_of, record_pairs
from course.questions.lesson_06 import PAIRS


def test_only_a_rise_of_the_index_is_a_record() -> None:
    models = pd.DataFrame({"year": [2024.5, 2023.0, 2024.0, 2025.0], "capability_index": [12.0, 10.0, 12.0, 13.0]})
    assert record_of(models)["year"].tolist() == [2023.0, 2024.0, 2025.0]


def test_a_date_without_a_day_is_missing_and_july_is_the_middle_of_a_year() -> None:
    years = decimal_years(pd.Series(["2024-07-02", "2024", "2025-01-01"]))
    assert years[0] == pytest.approx(2024.5, abs=0.01)
    assert pd.isna(years[1])
    assert years[2] == 2025


def test_the_model_before_a_record_is_the_first_at_its_level() -> None:
    models = load("models").set_index("model")
    index, dates = models["capability_index"], models["release_date"].astype(str)
    for pair in record_pairs().itertuples(index=False):
        record, before, months = pair[0], pair[1], pair[3]
        american = models["developer_country"] == "US"
        earlier = american & (index >= index[record]) & (dates < dates[before]) & (dates.str.len() == 10)
        assert index[before] >= index[record]
        assert not earlier.any()
        days = (pd.Timestamp(dates[record]) - pd.Timestamp(dates[before])).days
        assert months == pytest.approx(days / 30.44, abs=0.1)


def test_the_sheet_prints_the_pairs_that_its_question_is_about() -> None:
    (sheet,) = (path for path in notebooks.solutions() if path.name.startswith("06"))
    (prompt,) = (cell["source"] for cell in notebooks.read(sheet)["cells"] if cell["id"] == "06-q6-prompt")
    for name, (months, times_less) in PAIRS.items():
        assert name in prompt
        assert f"**{months:.1f} months**" in " ".join(prompt.split())
        assert f"**{times_less:.1f} times**" in prompt
