"""From an effect to money: which cases a person should look at, what a case then costs, and what a project returns.

A model that is right nine times in ten is worth little if nobody knows which time is the tenth. So what a firm earns
depends on the threshold below which it sends a case to a person, often more than on the model.

Source for the threshold: C. Chow, "On optimum recognition error and reject tradeoff", IEEE Transactions on Information
Theory 16(1), 1970, doi:10.1109/TIT.1970.1054406.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, finite, not_negative, positive, together
from aistack.effects import PERCENT

MONTHS_PER_YEAR = 12.0


def review_threshold(error_cost: Numbers, review_cost: Numbers, reviewer_error_share: Numbers = 0) -> FloatArray:
    """Confidence below which a person should look: `1 - review_cost / error_cost - reviewer_error` (Chow's rule).

    Decides: which cases the machine may settle alone. Costs per case in one currency, `error_cost` above 0; the
    reviewer errs in `reviewer_error_share` of cases. 0 means review nothing. It holds for any spread of confidence that
    is honest (right in 90 % of the cases called 90 % sure); a
    model that is too sure of itself needs a higher one.

    >>> float(review_threshold(error_cost=100, review_cost=5))
    0.95
    """
    mistake, look = positive("error_cost", error_cost), not_negative("review_cost", review_cost)
    slip = not_negative("reviewer_error_share", reviewer_error_share, at_most=1)
    together(error_cost=mistake, review_cost=look, reviewer_error_share=slip)
    return np.maximum(1 - look / mistake - slip, 0.0)


def reviewed_share(threshold: Numbers, accuracy: Numbers, concentration: Numbers) -> FloatArray:
    """Share of cases below the threshold, where confidence has a Beta distribution: `I_t(a, b)`.

    Decides: how many reviewers to hire. `a = accuracy * concentration`, `b = (1 - accuracy) * concentration`: a small
    `concentration` is a model that knows what it does not know (confidence near 0 or 1), a large one calls every case
    equally sure. `accuracy` above 0 and below 1.

    >>> round(float(reviewed_share(0.5, accuracy=0.5, concentration=2)), 3)
    0.5
    """
    from scipy.special import betainc

    below, right, wrong = _confidence(threshold, accuracy, concentration)
    share: FloatArray = betainc(right, wrong, below)
    return share


def cost_per_case(
    threshold: Numbers,
    accuracy: Numbers,
    concentration: Numbers,
    error_cost: Numbers,
    review_cost: Numbers,
    reviewer_error_share: Numbers = 0,
) -> FloatArray:
    """Expected cost of a case: reviewed ones cost a look and the reviewer's errors, the others the machine's errors.

    `share (r + e E) + (1 - accuracy) (1 - I_t(a, b + 1)) E`, with `share = I_t(a, b)` as in `reviewed_share`.

    Decides: a better model or a better threshold, whichever lowers this more. Threshold 0 is full automation, 1 is a
    person in every case.

    >>> round(float(cost_per_case(0, accuracy=0.9, concentration=2, error_cost=100, review_cost=5)), 6)
    10.0
    """
    from scipy.special import betainc

    below, right, wrong = _confidence(threshold, accuracy, concentration)
    mistake, look = not_negative("error_cost", error_cost), not_negative("review_cost", review_cost)
    slip = not_negative("reviewer_error_share", reviewer_error_share, at_most=1)
    together(threshold=below, a=right, error_cost=mistake, review_cost=look, reviewer_error_share=slip)
    missed = wrong / (right + wrong) * (1 - betainc(right, wrong + 1, below))
    cost: FloatArray = betainc(right, wrong, below) * (look + slip * mistake) + missed * mistake
    return cost


def yearly_value_usd(effect_percent: Numbers, volume_per_year: Numbers, value_usd_per_unit: Numbers) -> FloatArray:
    """What an effect is worth in a year: `effect / 100 * volume * value`, in dollars; a negative effect costs.

    Decides: which process to change first.

    >>> float(yearly_value_usd(14, volume_per_year=1_000_000, value_usd_per_unit=2))
    280000.0
    """
    effect, volume = finite("effect_percent", effect_percent), not_negative("volume_per_year", volume_per_year)
    value = not_negative("value_usd_per_unit", value_usd_per_unit)
    together(effect_percent=effect, volume_per_year=volume, value_usd_per_unit=value)
    return effect / PERCENT * volume * value


def net_present_value_usd(
    yearly_gain_usd: Numbers,
    integration_cost_usd: Numbers,
    months_to_deploy: Numbers,
    years: Numbers,
    discount_per_year: Numbers,
) -> FloatArray:
    """Value today of a project that costs now and gains from deployment to the horizon:
    `gain * (e^(-r d) - e^(-r T)) / r - cost`.

    Decides: whether to start at all, and what a month of delay costs. `yearly_gain_usd` is value less running costs and
    may be negative; `discount_per_year` r is continuous, 0 or more; one that deploys
    after the horizon gains nothing.

    >>> float(net_present_value_usd(100, 150, months_to_deploy=12, years=3, discount_per_year=0))
    50.0
    """
    gain, cost = finite("yearly_gain_usd", yearly_gain_usd), not_negative("integration_cost_usd", integration_cost_usd)
    months, horizon = not_negative("months_to_deploy", months_to_deploy), positive("years", years)
    rate = not_negative("discount_per_year", discount_per_year)
    together(gain=gain, cost=cost, months_to_deploy=months, years=horizon, discount_per_year=rate)
    start = np.minimum(months / MONTHS_PER_YEAR, horizon)
    running = horizon - start
    exponent = rate * running
    # (1 - e^-x) / x, which is 1 at x = 0
    annuity = np.divide(-np.expm1(-exponent), exponent, out=np.ones(np.shape(exponent)), where=exponent > 0)
    return gain * running * annuity * np.exp(-rate * start) - cost


def payback_years(yearly_gain_usd: Numbers, integration_cost_usd: Numbers, months_to_deploy: Numbers) -> FloatArray:
    """Years until the gains have paid the cost, from the start of the project, undiscounted; infinite without a gain.

    Decides: whether a project pays before its model is out of date.

    >>> float(payback_years(100, integration_cost_usd=150, months_to_deploy=6))
    2.0
    """
    gain, cost = finite("yearly_gain_usd", yearly_gain_usd), not_negative("integration_cost_usd", integration_cost_usd)
    months = not_negative("months_to_deploy", months_to_deploy)
    together(gain=gain, cost=cost, months_to_deploy=months)
    shape = np.broadcast_shapes(gain.shape, cost.shape)
    paying = np.divide(cost, gain, out=np.full(shape, np.inf), where=gain > 0)
    total: FloatArray = months / MONTHS_PER_YEAR + paying
    return total


def _confidence(
    threshold: Numbers, accuracy: Numbers, concentration: Numbers
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    below = not_negative("threshold", threshold, at_most=1)
    right, strength = positive("accuracy", accuracy, at_most=1), positive("concentration", concentration)
    if (right >= 1).any():
        raise ValueError("accuracy = 1 is out of range; allowed: above 0, below 1")
    together(threshold=below, accuracy=right, concentration=strength)
    return below, right * strength, (1 - right) * strength
