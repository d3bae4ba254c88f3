"""What `course validate` shows: rows, topics, what was left out and why, and which inputs nobody knew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table

from course.charts import number
from course.validation import constants as fitted
from course.validation.score import Outcome, Summary, by_topic, summary


def rows(outcomes: Sequence[Outcome]) -> Table:
    """Return every row: published, predicted with its band, signed error, source."""
    table = Table("Topic", "Row", "Published", "Predicted", "90 % band", "Error", "Source", box=box.SIMPLE)
    for each in outcomes:
        if each.prediction is not None:
            table.add_row(
                each.case.topic,
                each.case.id,
                f"{number(each.case.published)} {each.case.unit}",
                number(each.prediction.value),
                f"{number(each.prediction.low)} to {number(each.prediction.high)}",
                _percent(each.error, sign=True),
                each.case.source,
            )
    return table


def topics(outcomes: Sequence[Outcome]) -> Table:
    """Return a line for each topic, and below them those of rows that no constant was fitted on, and of identities."""
    heads = ("Topic", "Rows", "Modelled", "MdAPE", "Bias", "Worst", "≤ 20 %", "In band")
    table = Table(*heads, box=box.SIMPLE)
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for topic, one in by_topic(outcomes).items():
        _add(table, topic, one)
    table.add_section()
    estimates = [each for each in outcomes if each.prediction and not each.prediction.identity]
    for name, chosen in (
        ("estimates, sources not fitted on", [each for each in estimates if not each.seen]),
        ("estimates, sources fitted on", [each for each in estimates if each.seen]),
        ("identities", [each for each in outcomes if each.prediction and each.prediction.identity]),
        ("all", outcomes),
    ):
        _add(table, name, summary(chosen))
    return table


def constants() -> Table:
    """Return every fitted constant with its interval and the sources that it was fitted on."""
    table = Table("Module", "Constant", "Value", "90 % interval", "Fitted on", box=box.SIMPLE)
    for row in fitted.constants().to_dict("records"):
        interval = f"{number(row['low'])} to {number(row['high'])} {row['unit']}"
        table.add_row(row["module"], row["what"], number(row["value"]), interval, row["fitted_on"])
    return table


def left_out(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield why rows were not modelled, the most frequent reason of each topic first."""
    reasons = Counter((each.case.topic, each.reason) for each in outcomes if each.reason)
    for (topic, reason), count in sorted(reasons.items(), key=lambda item: (item[0][0], -item[1])):
        yield f"not modelled, {topic}: {count} row{'s' if count > 1 else ''}: {reason}"


def unknown_keys(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the inputs that no predictor knows, by topic."""
    keys = Counter((each.case.topic, key) for each in outcomes for key in each.case.unknown)
    for (topic, key), count in sorted(keys.items()):
        yield f"unknown input, {topic}: {key!r} in {count} row{'s' if count > 1 else ''}"


def _add(table: Table, name: str, one: Summary) -> None:
    shares = (_percent(one.within_20), _percent(one.coverage))
    table.add_row(
        name, str(one.n), str(one.modelled), _percent(one.mdape, 1), _percent(one.bias, 1, sign=True),
        _percent(one.worst, sign=True), *shares,
    )  # fmt: skip


def _percent(share: float | None, digits: int = 0, *, sign: bool = False) -> str:
    return "-" if share is None else f"{share:{'+' if sign else ''}.{digits}%}"
