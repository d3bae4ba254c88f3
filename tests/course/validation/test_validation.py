"""`course validate`: every row is scored or says why not, whatever a file calls its inputs."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aistack.fitted import Fitted
from course.cli import app
from course.data import DataError, load
from course.paths import ROOT
from course.validation import names, score, table, topics
from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.lookup import chip_row, model_row

HEADER = "id,topic,inputs_json,quantity,unit,published_value,source\n"
SPEED = Fitted(2.0, 1.0, 4.0, "m/s", "speed of the test", ("a-source",), 2026)


def predict(case: Case) -> Prediction:
    distance = case.inputs.number("distance_m")
    if case.quantity == "nonsense":
        return Prediction.exact(float("nan"))
    return Prediction.within(distance / SPEED.value, 2, (SPEED,))


@pytest.fixture
def walking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic of the test's own."""
    monkeypatch.setitem(topics.predictors(), "walking", predict)
    monkeypatch.setattr(table, "extra_names", lambda topic: {"distance_m": ("far", "metres")})


def written(folder: Path, *rows: str) -> Path:
    file = folder / "results.csv"
    file.write_text(HEADER + "".join(row + "\n" for row in rows), "utf-8")
    return file


@pytest.mark.usefixtures("walking")
def test_rows_are_scored_and_summed_up(tmp_path: Path) -> None:
    rows = (
        'a,walking,"{""far"": 10}",time,s,5,x',
        'b,walking,"{""Metres"": 10}",time,s,4,x',
        'c,walking,"{""far"":10}",time,s,20,x',
    )
    outcomes = score.run(table.read(written(tmp_path, *rows)))
    assert [outcome.error for outcome in outcomes] == pytest.approx([0, 0.25, -0.75])
    one = score.by_topic(outcomes)["walking"]
    assert (one.n, one.modelled, one.mdape, one.bias, one.worst) == (3, 3, 0.25, 0, -0.75)
    assert (one.within_20, one.coverage) == pytest.approx((1 / 3, 2 / 3))


@pytest.mark.usefixtures("walking")
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,walking,{},time,s,5,x", "distance_m is not given"),
        ('a,walking,"{""far"": ""long""}",time,s,5,x', "'long' is not a number"),
        ('a,walking,"{""far"": 1}",nonsense,s,5,x', "no finite number"),
        ("a,flying,{},time,s,5,x", "no model predicts the topic 'flying'"),
    ],
)
def test_a_row_that_is_not_modelled_stays_and_says_why(tmp_path: Path, row: str, reason: str) -> None:
    (outcome,) = score.run(table.read(written(tmp_path, row)))
    assert outcome.prediction is None
    assert reason in str(outcome.reason)


@pytest.mark.usefixtures("walking")
def test_an_input_that_nobody_knows_is_reported(tmp_path: Path) -> None:
    (case,) = table.read(written(tmp_path, 'a,walking,"{""far"": 1, ""Weather!"": 2}",time,s,5,x'))
    assert case.unknown == ("Weather!",)


@pytest.mark.usefixtures("walking")
def test_a_row_of_a_source_that_was_fitted_on_counts_as_seen(tmp_path: Path) -> None:
    rows = ('a,walking,"{""far"": 10}",time,s,5,a-source', 'b,walking,"{""far"": 10}",time,s,5,another')
    assert [outcome.seen for outcome in score.run(table.read(written(tmp_path, *rows)))] == [True, False]


@pytest.mark.usefixtures("walking")
def test_the_json_has_the_shape_that_was_promised(tmp_path: Path) -> None:
    file = written(tmp_path, 'a,walking,"{""far"": 10}",time,s,4,x', "b,flying,{},time,s,5,x")
    done = CliRunner().invoke(app, ["validate", "--data", str(file), "--json"])
    told = json.loads(done.output)
    assert done.exit_code == 0
    assert set(told) == {"rows", "topics"}
    fields = {
        "id",
        "topic",
        "quantity",
        "unit",
        "published_value",
        "predicted",
        "low",
        "high",
        "error",
        "source",
        "reason",
    }
    assert all(set(row) == fields for row in told["rows"])
    assert told["rows"][0]["predicted"] == 5
    assert told["rows"][1]["predicted"] is None
    assert told["topics"]["flying"] == {
        "n": 1, "modelled": 0, "mdape": None, "bias": None, "worst": None, "within_20": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (HEADER + "a,t,{,q,u,1,s\n", r"line 2, column inputs_json: not JSON"),
        (HEADER + "a,t,[],q,u,1,s\n", r"line 2, column inputs_json: not a JSON object"),
        (HEADER + 'a,t,{},q,u,"1,000",s\n', r"line 2, column published_value: '1,000' is not a number"),
        (HEADER + "a,t,{},q,u,nan,s\n", r"line 2, column published_value"),
        (HEADER + "a,t,{},q,u,1,s\na,t,{},q,u,1,s\n", r"line 3, column id: 'a' is not unique"),
        ("id,topic\na,t\n", r"lacks inputs_json, quantity, unit, published_value"),
        ("", r"cannot be read as CSV"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "results.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(DataError, match=complaint):
        table.read(file)
    done = CliRunner().invoke(app, ["validate", "--data", str(file)])
    assert done.exit_code == 2


def test_every_spelling_of_a_name_is_spelled_and_stands_for_one_name() -> None:
    spellings = [spelling for name, others in names.STANDARD.items() for spelling in (name, *others)]
    assert all(names.spelled(spelling) == spelling for spelling in spellings)
    assert len(set(spellings)) == len(spellings)


def test_inputs_that_are_empty_are_missing() -> None:
    inputs = Inputs({"chip": "", "batch": None, "layers": "1,024"})
    assert inputs.number("layers") == 1024
    assert inputs.number("batch", 1) == 1
    with pytest.raises(NotModelled, match="chip is not given"):
        inputs.text("chip")


@pytest.mark.parametrize(
    ("published", "ours"),
    [
        ("H100-SXM", "H100 SXM"),
        ("h100_80gb", "H100 SXM"),
        ("DGX-H100", "H100 SXM"),
        ("A100-40", "A100 SXM 40GB"),
        ("a100_80gb", "A100 SXM 80GB"),
        ("NVIDIA H200", "H200 SXM"),
        ("TPUv4", "TPU v4"),
        ("AMD MI300X", "MI300X"),
        ("Gaudi2", "Gaudi 2"),
        ("DGX-GB200", "GB200"),
        ("Atlas 800I A3", "Ascend 910C"),
        ("v6e", "TPU v6e"),
    ],
)
def test_published_names_of_chips_find_their_row(published: str, ours: str) -> None:
    assert chip_row(published)["chip"] == ours


def test_a_chip_or_model_that_is_not_in_the_tables_is_refused_in_words() -> None:
    with pytest.raises(NotModelled, match=r"chip 'Abacus 3' is not in chips\.csv"):
        chip_row("Abacus 3")
    with pytest.raises(NotModelled, match=r"model 'ELIZA' is not in models\.csv"):
        model_row("ELIZA")


@pytest.mark.parametrize(
    ("published", "ours"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "Llama 3.1 8B"),
        ("Qwen3 MoE 30B", "Qwen3-30B-A3B"),
        ("DeepSeek V3 671B", "DeepSeek-V3"),
        ("Nemotron V3 Nano 30B", "Nemotron 3-Nano-30B-A3B"),
        ("BLOOM", "BLOOM 176B"),
    ],
)
def test_published_names_of_models_find_their_row(published: str, ours: str) -> None:
    assert model_row(published)["model"] == ours


def test_a_size_that_no_model_of_the_family_has_is_refused() -> None:
    with pytest.raises(NotModelled, match=r"Qwen3 MoE 900B"):
        model_row("Qwen3 MoE 900B")


def test_a_model_without_a_shape_takes_that_of_its_sibling_and_keeps_its_own_figures() -> None:
    newer, older = model_row("GLM-4.6"), model_row("GLM-4.5")
    assert newer["n_layers"] == older["n_layers"]
    assert (newer["model"], newer["total_params_b"]) == ("GLM-4.6", 357)


def test_every_own_result_is_scored_or_says_why_not() -> None:
    outcomes = score.run(table.ours())
    assert len(outcomes) == len(load("published_results"))
    assert all((outcome.prediction is None) == (outcome.reason is not None) for outcome in outcomes)


def test_the_readme_says_how_wrong_the_models_are_and_no_less() -> None:
    estimates = [each for each in score.run(table.ours()) if each.prediction and not each.prediction.identity]
    unseen = score.summary([each for each in estimates if not each.seen])
    assert unseen.mdape is not None
    assert unseen.mdape < 0.1
    told = f"Of {unseen.n} estimates .* less than 10 %, {unseen.within_20:.0%} by .* {unseen.coverage:.0%} lie"
    readme = " ".join((ROOT / "README.md").read_text("utf-8").split()).replace(" %", "%")
    assert re.search(told.replace(" %", "%"), readme), told
