"""Adoption and markets: a published value forecast from earlier points that other sources gave.

Nothing of the row's own source and nothing of its own period or later is used, so each prediction is a forecast that
could have been made at the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.fitted import Fitted
from aistack.growth import (
    MONEY_ERROR,
    MONEY_GROWTH,
    MONEY_VOLATILITY,
    ODDS_ERROR,
    ODDS_GROWTH,
    ODDS_VOLATILITY,
    USE_ERROR,
    USE_GROWTH,
    USE_VOLATILITY,
    forecast,
)
from course.data import load
from course.series import decimal_year
from course.validation.case import Case, NotModelled, Prediction

DRAWS = 4000
TINY = 1e-9
Constants = tuple[Fitted, Fitted, Fitted]
"""Usual growth, volatility and error of a kind of series."""
USE: Constants = (USE_GROWTH, USE_VOLATILITY, USE_ERROR)
ODDS: Constants = (ODDS_GROWTH, ODDS_VOLATILITY, ODDS_ERROR)
MONEY: Constants = (MONEY_GROWTH, MONEY_VOLATILITY, MONEY_ERROR)
PERCENT = 100.0
WIDER_QUESTION = (1.0, 3.0)
"""How many more firms say yes to "in any business function" than to "in producing goods or services": at least as many;
no source asked both at once, so the upper end is an assumption, not a fit."""
CARRIED_OVER = (0.5, 2.0)
"""How far the odds of a group over all firms may differ between two surveys in two places: an assumption, not a fit."""
HYPERSCALERS = ("Alphabet", "Amazon", "Meta", "Microsoft")
SURVEYS = {"mckinsey", "eurostat", "cnnic", "statcan", "microsoft", "sas", "executives"}
QUESTION_CHANGED = 2025 + 10 / 12  # November 2025: the US survey of firms asks the wider question
STANDARD_NORMAL_95 = 1.6449

EXTRA: dict[str, tuple[str, ...]] = {
    "date": ("month", "as_of", "when", "day", "period", "time", "period_end", "survey_date"),
    "year": ("calendar_year", "fiscal_year", "fy", "cy"),
    "quarter": ("fiscal_quarter", "fiscal_label"),
    "question": ("survey_question", "wording", "definition", "metric", "measure"),
    "size": ("firm_size", "employees", "size_class"),
    "sector": ("industry", "naics"),
    "country": ("region", "geography", "state", "area"),
    "company": ("firm", "vendor", "provider", "developer"),
    "companies": ("firms", "vendors"),
    "product": ("service", "app", "entity", "name", "family", "model_family", "repository", "project"),
    "segment": ("business", "business_segment"),
    "survey": ("source_survey", "series"),
}

# what texts call a company, where it is not its name
_ALIASES = {
    "msft": "microsoft",
    "goog": "alphabet",
    "googl": "alphabet",
    "google": "alphabet",
    "amzn": "amazon",
    "facebook": "meta",
    "baba": "alibaba",
    "orcl": "oracle",
    "tcehy": "tencent",
}
# the narrower name first: a row about Azure names Microsoft, too
_CLOUDS = {
    "aws": "Amazon Web Services",
    "amazon": "Amazon Web Services",
    "google": "Google Cloud",
    "alphabet": "Google Cloud",
    "azure": "Microsoft Azure",
    "microsoft": "Microsoft Cloud",
    "alibaba": "Alibaba Cloud",
    "aliyun": "Alibaba Cloud",
    "baidu": "Baidu AI Cloud",
    "huawei": "Huawei Cloud",
    "oracle": "Oracle Cloud Infrastructure",
}
_SCALES = {"thousand": 1e3, "million": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12, "tn": 1e12}
_COUNTRIES = {
    "canada": "CA",
    "canadian": "CA",
    "eu": "EU27",
    "eu27": "EU27",
    "european": "EU27",
    "germany": "DE",
    "france": "FR",
    "china": "CN",
    "chinese": "CN",
    "us": "US",
    "usa": "US",
    "global": "WORLD",
    "world": "WORLD",
    "worldwide": "WORLD",
}


class Period(NamedTuple):
    """When a row's period starts, and its middle, as decimal years."""

    start: float
    middle: float


@dataclass(frozen=True)
class Point:
    """A value of a series: when (decimal year, middle of the period), how much, in which unit, and who says so."""

    year: float
    value: float
    unit: str
    source: str


def adoption(case: Case) -> Prediction:
    """Forecast users, tokens or shares of users from earlier points of the same series by other sources."""
    words, period = _words(case), _when(case)
    if "percent" in case.unit.lower() or "%" in case.unit or "share" in case.unit or "fraction" in case.unit:
        return _share_of_users(case, words, period)
    for key, metrics in (
        ("token", ("tokens_per_day",)),
        ("message", ("messages_per_day",)),
        ("paying", ("paying_users",)),
        ("user", _kinds_of_users(words)),
    ):
        if any(key in word for word in words):
            points = _pick(load("feedback_scale"), words, metrics, ("product", "entity"))
            return _grown(case, points, period, USE)
    return _ecosystem(case, words, period)


def market(case: Case) -> Prediction:
    """Forecast spending or revenue from earlier periods by other sources."""
    words, period = _words(case), _when(case)
    quarterly = "quarter" in case.inputs or bool(re.search(r"q[1-4]", " ".join(words)))
    if "capex" in words or "expenditure" in words or "expenditures" in words:
        return _capex(case, words, period, quarterly)
    if "cloud" in words or words & {"aws", "azure"}:
        if "share" in words or "percent" in case.unit.lower():
            raise NotModelled("market shares of clouds are estimates of analysts who count different markets")
        rows = load("cloud_revenue")
        whole_market = "All suppliers in China" if words & {"china", "chinese"} else "All suppliers"
        metric, name = ("market_size", whole_market) if "market" in words else ("cloud_revenue", _cloud_of(words))
        rows = rows[(rows["company"] == name) & (rows["metric"] == metric)]
        rows = rows[rows["period_type"] == ("quarter" if quarterly or metric == "market_size" else "year")]
        return _grown(case, _of_periods(rows, case), period, MONEY)
    raise NotModelled(f"no series of {case.quantity} by another source is in our tables")


def open_models(case: Case) -> Prediction:
    """Forecast downloads, derivatives and stars; refuse what a developer chose, which is no result of a model."""
    return _ecosystem(case, _words(case), _when(case))


PREDICTORS = {"adoption": adoption, "market": market, "open_models": open_models}


def _ecosystem(case: Case, words: set[str], period: Period) -> Prediction:
    for key, metric in (
        ("download", "downloads_cumulative"),
        ("derivative", "derivative_models"),
        ("star", "github_stars"),
    ):
        if any(word.startswith(key) for word in words):
            points = _pick(load("open_ecosystem"), words, (metric,), ("entity",))
            return _grown(case, points, period, USE)
    raise NotModelled(f"{case.quantity}: a choice of the maker or a series of which we have no earlier points")


def _share_of_users(case: Case, words: set[str], period: Period) -> Prediction:
    firms = any(word.startswith(("firm", "business", "enterprise", "establishment", "compan", "org")) for word in words)
    rows, national = _survey(words, firms)
    # surveys that ask different people are not mixed: the one that the row names, else the longest by another source
    choices = [_not_own(case, _points(of_one)) for _, of_one in rows.groupby("series")]
    names = [_name_words(str(name)) for name, _ in rows.groupby("series")]
    order = sorted(range(len(choices)), key=lambda index: (len(names[index] & words), len(choices[index])))
    if not firms and not any(name & words for name in names):
        raise NotModelled("surveys of people differ too much in what they count; none of ours is named")
    points = choices[order[-1]] if order else []
    earlier = [point for point in _mean_by_date(points) if point.year < period.start]
    value, draws = _carried(earlier, period.middle, ODDS, PERCENT)
    odds, odds_draws = (each / np.maximum(PERCENT - each, TINY) for each in (value, draws))
    if national and (period.middle >= QUESTION_CHANGED or "any " in str(case.inputs.get("question", ""))):
        middle, spread = _lognormal(WIDER_QUESTION)
        odds *= middle
        odds_draws = odds_draws * np.exp(spread * _generator(1).standard_normal(DRAWS)) * middle
    named = f"{case.inputs.get('size', '')} {case.inputs.get('sector', '')}".lower()
    ratio = _odds_of_group(set(re.findall(r"[a-z]+|\d+", named)))
    if ratio != 1:
        odds_draws = odds_draws * np.exp(_lognormal(CARRIED_OVER)[1] * _generator(2).standard_normal(DRAWS))
    factor = 1.0 if "percent" in case.unit.lower() or "%" in case.unit else 1 / PERCENT
    share = PERCENT * factor * odds * ratio / (1 + odds * ratio)
    drawn = PERCENT * factor * odds_draws * ratio / (1 + odds_draws * ratio)
    return Prediction.of_draws(float(share), drawn, ODDS)


def _survey(words: set[str], firms: bool) -> tuple[Any, bool]:
    """Rows of the surveys that a row may be about, and whether that is the US survey by the old question."""
    table = load("adoption")
    asked_of_firms = table["unit_of_analysis"].str.contains("firms|organisations")
    rows = table[(asked_of_firms == firms) & table["metric"].isin(["ai_use", "genai_use"])]
    rows = rows[rows["group_kind"] == "all"]
    countries = [_COUNTRIES[word] for word in sorted(words) if word in _COUNTRIES]
    named = [bool(_name_words(str(series)) & words & SURVEYS) for series in rows["series"]]
    if any(named) and not countries:
        return rows[named], False
    country = countries[0] if countries else "US"
    rows = rows[rows["country"] == country]
    if country == "US" and firms:  # the states together stand for the nation
        return rows[rows["series"].isin(["btos-national-q1", "btos-states-q1"])], True
    return rows, False


def _cloud_of(words: set[str]) -> str:
    for word, name in _CLOUDS.items():
        if word in words:
            return name
    raise NotModelled("no company with cloud revenue in our tables is named")


def _odds_of_group(words: set[str]) -> float:
    """Odds of a size class or sector over those of all firms, from the survey of the European Union."""
    table = load("adoption")
    rows = table[(table["series"] == "eurostat-enterprise-ai") & (table["country"] == "EU27")]
    rows = rows[rows["date"] == rows["date"].max()]
    everyone = float(rows.loc[rows["group_kind"] == "all", "value"].iloc[0])
    for group, share in rows.loc[rows["group_kind"] != "all", ["group", "value"]].itertuples(index=False):
        marks = {word for word in re.findall(r"[a-z]{6,}|\d+", group.lower()) if word not in {"services"}}
        first = re.findall(r"\d+", group)
        if (first and first[0] in words) or (not first and marks & words):
            return float(share / (PERCENT - share) / (everyone / (PERCENT - everyone)))
    return 1.0


def _capex(case: Case, words: set[str], period: Period, quarterly: bool) -> Prediction:
    table = load("capex")
    named = {_ALIASES.get(word, word) for word in words}
    singles = {name for name in table["company"] if "+" not in name and name.lower() in named}
    if words & {"hyperscaler", "hyperscalers", "four"}:
        singles = singles or set(HYPERSCALERS)
    if not singles:
        raise NotModelled("no company with capital expenditure in our tables is named")
    rows = table[table["metric"].isin(["capex_cash", "capex_group_total", "capex_as_reported"])]
    rows = rows[rows["period_type"] == ("quarter" if quarterly else "year")]
    together = [set(name.split("+")) == singles for name in rows["company"]]
    return _grown(case, _of_periods(rows[together], case), period, MONEY)


def _grown(case: Case, points: list[Point], period: Period, kind: Constants) -> Prediction:
    known = [point for point in _mean_by_date(_not_own(case, points)) if point.year < period.start]
    value, draws = _carried(known, period.middle, kind, None)
    factor = _scale(known[-1].unit) / _scale(case.unit)
    days = {"week": 7.0, "month": 365.25 / 12, "year": 365.25}  # ours count by the day
    if "_per_day" in known[-1].unit or "a day" in known[-1].unit:
        text = f"{case.unit} {case.quantity}".lower()
        factor *= next((length for period, length in days.items() if period in text), 1.0)
    return Prediction.of_draws(value * factor, draws * factor, kind)


def _carried(
    points: list[Point], year: float, kind: Constants, ceiling: float | None
) -> tuple[float, npt.NDArray[np.float64]]:
    if not points:
        raise NotModelled("no other source gives an earlier point of this series")
    years, values = [point.year for point in points], [point.value for point in points]
    return forecast(years, values, year, *kind, DRAWS, _generator(0), ceiling)


def _pick(table: Any, words: set[str], metrics: Iterable[str], named: tuple[str, ...]) -> list[Point]:
    """Points of the series whose metric fits and whose name shares most words with the row's; the longest of equals."""
    best: list[Point] = []
    best_rank: tuple[int, int, int] = (0, 0, 0)
    order = list(metrics)
    for _, rows in table[table["metric"].isin(order)].groupby("series"):
        names = _name_words(" ".join(str(rows[column].iloc[0]) for column in named))
        shared = len(names & words)
        rank = (shared, -order.index(rows["metric"].iloc[0]), len(rows))
        if shared and rank > best_rank:
            best, best_rank = _points(rows), rank
    if not best:
        raise NotModelled("no series of this product is in our tables")
    return best


def _name_words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower())) - {"all", "app", "products", "models", "ai", "code", "us", "of"}


def _points(rows: Any) -> list[Point]:
    dated = [decimal_year(str(date)) for date in rows["date"]]
    return [
        Point(date, float(value), unit, source)
        for date, value, unit, source in zip(dated, rows["value"], rows["unit"], rows["source_id"], strict=True)
        if date is not None and value > 0
    ]


def _of_periods(rows: Any, case: Case) -> list[Point]:
    """Points at the middle of their periods; in dollars where the row is, and there is a rate."""
    local = "cny" in case.unit.lower() or "rmb" in case.unit.lower() or "yuan" in case.unit.lower()
    column = "value" if local else "usd_bn"
    points = []
    for start, end, value, source in rows[["period_start", "period_end", column, "source_id"]].itertuples(index=False):
        first, last = decimal_year(str(start)), decimal_year(str(end))
        if first is not None and last is not None and value > 0:
            points.append(Point((first + last) / 2, float(value), "billion", source))
    return points


def _not_own(case: Case, points: list[Point]) -> list[Point]:
    """Leave out points of the row's own source, which a file may call by its id, its address or words of its id."""
    words = set(re.findall(r"[a-z]+", case.source.lower()))
    kept = []
    for point in points:
        own_words = {word for word in re.findall(r"[a-z]+", point.source) if len(word) > 1}
        if point.source != case.source and not (own_words <= words) and not _same_page(point.source, case.source):
            kept.append(point)
    return kept


def _same_page(source_id: str, text: str) -> bool:
    address = _addresses().get(source_id, "")
    plain = re.sub(r"^https?://(www\.)?", "", address).rstrip("/")
    return bool(plain) and (plain in text or (bool(text) and "/" in text and text.split()[0].strip("/") in plain))


@cache
def _addresses() -> dict[str, str]:
    sources = load("sources")
    return {str(key): str(address) for key, address in zip(sources["source_id"], sources["address"], strict=True)}


def _mean_by_date(points: list[Point]) -> list[Point]:
    """One point a date: the mean, so that states stand for their nation and two sources for one."""
    by_date: dict[float, list[Point]] = {}
    for point in points:
        by_date.setdefault(round(point.year, 2), []).append(point)
    return [
        Point(date, float(np.mean([each.value for each in group])), group[0].unit, group[0].source)
        for date, group in sorted(by_date.items())
    ]


def _kinds_of_users(words: set[str]) -> tuple[str, ...]:
    kinds = {"daily": "users_daily", "weekly": "users_weekly", "monthly": "users_monthly"}
    short = {"dau": "daily", "wau": "weekly", "mau": "monthly"}
    for word in (*kinds, *short):
        if word in words:
            return (kinds[short.get(word, word)],)
    return ("users_weekly", "users_monthly", "users_daily", "users_ever")


def _words(case: Case) -> set[str]:
    """All words that say what a row is about: of its quantity and inputs, then of its name and source."""
    texts = [case.quantity, case.unit, *(str(value) for value in case.inputs.values()), case.id, case.source]
    return set(re.findall(r"[a-z]+|\d+", " ".join(texts).lower()))


def _when(case: Case) -> Period:
    """Return the period that a row is about; a row without a date is about the time of the newest table."""
    for text in (*(str(case.inputs.get(name, "")) for name in ("date", "quarter", "year")), case.id, case.quantity):
        middle = decimal_year(text)
        if middle is not None:
            length = 1 / 12 if re.search(r"20\d\d-\d\d", text) else 1 / 4 if re.search(r"[qQ][1-4]", text) else 1.0
            return Period(middle - length / 2, middle)
    return Period(_latest(), _latest())


@cache
def _latest() -> float:
    return max(point.year for point in _points(load("adoption")))


def _scale(unit: str) -> float:
    return next((factor for word, factor in _SCALES.items() if re.search(rf"\b{word}s?\b", unit.lower())), 1.0)


def _lognormal(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = np.log(ends)
    return float(np.exp((low + high) / 2)), float((high - low) / (2 * STANDARD_NORMAL_95))


def _generator(stream: int) -> np.random.Generator:
    return np.random.default_rng(stream)
