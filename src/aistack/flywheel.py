"""The data flywheel: users leave data, data make the product better, a better product draws users.

Whether a lead feeds itself is a question of one number, the loop's gain: by how many per cent next year's data grow for
each per cent of data today. Above 1 a lead widens, below 1 it closes, and every flywheel with a ceiling ends below 1.

Sources: J. Hestness et al., "Deep learning scaling is predictable, empirically", 2017, arXiv:1712.00409 (power law in
data, floor and ceiling); A. Hagiu, J. Wright, "Data-enabled learning, network effects and competitive advantage", RAND
Journal of Economics 54(4), 2023, doi:10.1111/1756-2171.12453 (when a data lead lasts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from aistack.checks import FloatArray, Numbers, not_negative, positive, together

GRID_POINTS = 2000  # where steady states are looked for, between the range's ends
GRID_DECADES = 12.0  # decades of data below the largest possible stock


@dataclass(frozen=True)
class Flywheel:
    """A product with feedback. Data are in records, users in persons (or any unit), time in years.

    `half_data` is the stock at which half of the `ceiling` of quality is reached, `exponent` is beta; `rival_quality`
    is what users turn to instead, `sensitivity` how strongly they compare; `records_per_user` are left in a year, of
    which `harmful_share` mislead (each cancels one good record); `decay` is the share of data that is stale in a year.
    """

    market: float
    half_data: float
    exponent: float
    rival_quality: float
    sensitivity: float
    records_per_user: float
    decay: float
    harmful_share: float = 0.0
    ceiling: float = 1.0

    def __post_init__(self) -> None:
        above_0 = ("market", "half_data", "rival_quality", "sensitivity", "records_per_user", "decay", "ceiling")
        for field in above_0:
            positive(field, getattr(self, field))
        positive("exponent", self.exponent, at_most=1)
        not_negative("harmful_share", self.harmful_share, at_most=1)

    @property
    def useful_records_per_user(self) -> float:
        """Records of a user and year that help, less those that mislead: `y (1 - 2 h)`; below 0 feedback does harm."""
        return self.records_per_user * (1 - 2 * self.harmful_share)


def quality(data: Numbers, half_data: Numbers, exponent: Numbers, ceiling: Numbers = 1) -> FloatArray:
    """Quality from data with diminishing returns: `ceiling * x^beta / (1 + x^beta)`, `x = data / half_data`.

    Decides: whether the next record is worth its cost. For little data it rises like `D^beta`, for much it stops at the
    ceiling. `data` 0 or more, the others above 0, `exponent` at most 1; arrays broadcast.

    >>> float(quality(100, half_data=100, exponent=0.3))
    0.5
    """
    stock, half = not_negative("data", data), positive("half_data", half_data)
    beta, top = positive("exponent", exponent, at_most=1), positive("ceiling", ceiling)
    together(data=stock, half_data=half, exponent=beta, ceiling=top)
    powered = (stock / half) ** beta
    return top * powered / (1 + powered)


def user_share(own_quality: Numbers, rival_quality: Numbers, sensitivity: Numbers) -> FloatArray:
    """Share of the market that chooses the product: `q^g / (q^g + r^g)` (Luce's choice rule).

    Decides: how much market a gain in quality buys. `own_quality` 0 or more, the others above 0.

    >>> float(user_share(0.5, rival_quality=0.5, sensitivity=3))
    0.5
    """
    own, rival = not_negative("own_quality", own_quality), positive("rival_quality", rival_quality)
    power = positive("sensitivity", sensitivity)
    together(own_quality=own, rival_quality=rival, sensitivity=power)
    return (own / rival) ** power / (1 + (own / rival) ** power)


def loop_gain(wheel: Flywheel, data: Numbers) -> FloatArray:
    """Per cent of new data for one per cent more data: `beta (1 - q / ceiling) * sensitivity (1 - share)`.

    Decides: whether a lead at this size feeds itself (above 1) or melts (below 1). It can only be above 1 at all if
    `beta * sensitivity` is, and it falls with size: each flywheel slows down.

    >>> wheel = Flywheel(1e6, 1e6, 0.5, 0.5, 4, 1, 0.5)
    >>> float(loop_gain(wheel, 1e6))
    0.5
    """
    own = quality(data, wheel.half_data, wheel.exponent, wheel.ceiling)
    share = user_share(own, wheel.rival_quality, wheel.sensitivity)
    return wheel.exponent * (1 - own / wheel.ceiling) * wheel.sensitivity * (1 - share)


class SteadyState(NamedTuple):
    """A stock of data, and its users, that would stay as it is; an unstable one is a tipping point."""

    data: float
    users: float
    stable: bool


def steady_states(wheel: Flywheel) -> tuple[SteadyState, ...]:
    """All sizes at which the loop stands still, from small to large; `data = y * users(data) / decay`.

    Decides: whether there is a tipping point to race for (an unstable state between two stable ones), and where the
    ceiling is (the last one). Nothing at all, the state at 0, is always one. Feedback that does harm leaves only it.

    >>> [state.stable for state in steady_states(Flywheel(1e6, 1e5, 0.9, 0.4, 4, 1, 0.5))]
    [True, False, True]
    """
    useful = wheel.useful_records_per_user
    if useful <= 0:
        return (SteadyState(0.0, 0.0, stable=True),)
    most = useful * wheel.market / wheel.decay
    stock = np.geomspace(most / 10**GRID_DECADES, most, GRID_POINTS)
    surplus = useful * _wanted(wheel, stock) / wheel.decay - stock
    states = [SteadyState(0.0, 0.0, stable=bool(surplus[0] < 0))]
    for index in np.flatnonzero(np.sign(surplus[:-1]) * np.sign(surplus[1:]) < 0):
        # on a grid this fine the curve between two points is straight
        left, right = surplus[index], surplus[index + 1]
        data = stock[index] + (stock[index + 1] - stock[index]) * left / (left - right)
        states.append(SteadyState(float(data), float(_wanted(wheel, data)), stable=bool(left > 0)))
    return tuple(states)


class Path(NamedTuple):
    """A simulated course: one entry a step, times in years."""

    years: FloatArray
    users: FloatArray
    data: FloatArray
    quality: FloatArray


def spin(
    wheel: Flywheel,
    users: Numbers,
    data: Numbers,
    years: float,
    feedback_delay_years: float = 0,
    switching_years: float = 1,
    steps_per_year: int = 52,
) -> Path:
    """Run the loop: users move towards what quality deserves, data pile up and go stale, quality lags by the delay.

    Decides: how long a lead takes to tell. `dU/dt = (market * share - U) / switching_years`,
    `dD/dt = y (1 - 2h) U - decay * D`, by Euler steps; data never fall below 0. `users` and `data` at the start may be
    arrays (one run each); time is the first axis of what is returned. `feedback_delay_years` passes between data and
    the product made of them.

    >>> wheel = Flywheel(1e6, 1e6, 0.5, 0.5, 2, 1, 0.5, harmful_share=0.6)
    >>> path = spin(wheel, users=1e5, data=1e6, years=5)
    >>> bool(path.users[-1] < path.users[0])  # feedback that harms drives users away
    True
    """
    crowd, stock = not_negative("users", users, at_most=wheel.market), not_negative("data", data)
    together(users=crowd, data=stock)
    span, lag = float(positive("years", years)), float(not_negative("feedback_delay_years", feedback_delay_years))
    pace, per_year = (
        float(positive("switching_years", switching_years)),
        float(positive("steps_per_year", steps_per_year)),
    )
    if pace * per_year < 1 or wheel.decay > per_year:
        raise ValueError(f"steps_per_year = {per_year:g} is out of range; allowed: enough for a step to be short")
    steps, delay = round(span * per_year), round(lag * per_year)
    shape = np.broadcast_shapes(crowd.shape, stock.shape)
    all_users, all_data = np.empty((steps + 1, *shape)), np.empty((steps + 1, *shape))
    all_users[0], all_data[0] = crowd, stock
    for step in range(steps):
        wanted = _wanted(wheel, all_data[max(step - delay, 0)])
        all_users[step + 1] = all_users[step] + (wanted - all_users[step]) / (pace * per_year)
        flow = wheel.useful_records_per_user * all_users[step] - wheel.decay * all_data[step]
        all_data[step + 1] = np.maximum(all_data[step] + flow / per_year, 0.0)
    lagged = all_data[np.maximum(np.arange(steps + 1) - delay, 0)]
    seen = quality(lagged, wheel.half_data, wheel.exponent, wheel.ceiling)
    return Path(np.arange(steps + 1) / per_year, all_users, all_data, seen)


def value_ratio_break_even(users_many: Numbers, users_few: Numbers, exponent: Numbers) -> FloatArray:
    """How much more each of few users must be worth to match many: `(many / few)^(1 + beta)`.

    Decides: a large population at low value against a small one at high value. Income is `users * value * quality` and
    quality goes with `data^beta`, so the many count a little more than their number. Known bias: below the ceiling
    only; far above `half_data` the exponent is 0 and only the number of users counts.

    >>> round(float(value_ratio_break_even(1000, 100, 0.3)), 1)
    20.0
    """
    many, few = positive("users_many", users_many), positive("users_few", users_few)
    beta = not_negative("exponent", exponent, at_most=1)
    together(users_many=many, users_few=few, exponent=beta)
    return (many / few) ** (1 + beta)


def _wanted(wheel: Flywheel, data: Numbers) -> FloatArray:
    own = quality(data, wheel.half_data, wheel.exponent, wheel.ceiling)
    return wheel.market * user_share(own, wheel.rival_quality, wheel.sensitivity)
