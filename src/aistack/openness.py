"""When giving a model away pays: the money that moves from the model to its complement, the cloud.

A model and the compute that it runs on are complements: whoever buys one needs the other. A firm that sells both can
give one away and earn on the other. Whether that pays depends on how much more the model is used when it is free,
and on how much of that use comes back.

All amounts of money are per unit of use (say, a million tokens), so only ratios matter.

Sources: A. Cournot, "Recherches sur les principes mathematiques de la theorie des richesses", 1838, chapter 9
(complements sold apart cost more than together); J. Lerner, J. Tirole, "Some simple economics of open source",
Journal of Industrial Economics 50(2), 2002, doi:10.1111/1467-6451.00174.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, not_negative, positive, together

_Array = npt.NDArray[np.float64]


def closed_profit(use: Numbers, model_margin: Numbers) -> FloatArray:
    """Profit of selling the model: `q * m_model`.

    Decides: what opening has to beat. `use` is what the closed model is used, `model_margin` the money kept of each
    unit, 0 or more; arrays broadcast.

    >>> float(closed_profit(100, 0.5))
    50.0
    """
    used, margin = not_negative("use", use), not_negative("model_margin", model_margin)
    together(use=used, model_margin=margin)
    return used * margin


def competing_margin(monopoly_margin: Numbers, hosts: Numbers) -> FloatArray:
    """Margin that is left when `hosts` hosts (1 or more, the owner among them) offer the same weights: `2 m / (n + 1)`.

    Decides: what a cloud still earns on a model that anybody may host. Cournot competition of equal hosts with linear
    demand. Known bias: price competition without a limit of capacity would leave less.

    >>> round(float(competing_margin(0.6, 5)), 3)
    0.2
    """
    margin, rivals = not_negative("monopoly_margin", monopoly_margin), positive("hosts", hosts)
    if (rivals < 1).any():
        raise ValueError(f"hosts = {rivals.min():g} is out of range; allowed: 1 or more, finite")
    together(monopoly_margin=margin, hosts=rivals)
    return 2 * margin / (rivals + 1)


def open_income_per_use(
    captured_share: Numbers, cloud_margin: Numbers, licence_fee: Numbers = 0, fork_share: Numbers = 0
) -> FloatArray:
    """Money from each unit of use of an open model: `(1 - forks) * (s * m_cloud + (1 - s) * fee)`.

    Decides: which leak to close first. Of all use, `fork_share` goes to forks that pay nobody; of the rest
    `captured_share` runs on the owner's cloud and the others pay `licence_fee`. Shares are from 0 to 1.

    >>> float(open_income_per_use(captured_share=0.25, cloud_margin=0.4, licence_fee=0.04))
    0.13
    """
    share, forks = (
        not_negative("captured_share", captured_share, at_most=1),
        not_negative("fork_share", fork_share, at_most=1),
    )
    margin, fee = not_negative("cloud_margin", cloud_margin), not_negative("licence_fee", licence_fee)
    together(captured_share=share, cloud_margin=margin, licence_fee=fee, fork_share=forks)
    return (1 - forks) * (share * margin + (1 - share) * fee)


def open_profit(
    use: Numbers, adoption_multiplier: Numbers, income_per_use: Numbers, contributions: Numbers = 0
) -> FloatArray:
    """Profit of giving the model away: `kappa * q * income + contributions`.

    Decides: open or closed, against `closed_profit`. `adoption_multiplier` is use when open over use when closed;
    `contributions` is the work that outsiders save the owner, less what serving the community costs (0 or more).

    >>> float(open_profit(use=100, adoption_multiplier=5, income_per_use=0.13))
    65.0
    """
    used, kappa = not_negative("use", use), not_negative("adoption_multiplier", adoption_multiplier)
    income, saved = not_negative("income_per_use", income_per_use), not_negative("contributions", contributions)
    together(use=used, adoption_multiplier=kappa, income_per_use=income, contributions=saved)
    return kappa * used * income + saved


def break_even_adoption(
    model_margin: Numbers, income_per_use: Numbers, contributions_per_use: Numbers = 0
) -> FloatArray:
    """Adoption multiplier above which opening pays: `(m_model - contributions) / income`, 0 where it pays at once.

    Decides: how much more use a release must bring. `contributions_per_use` is per unit of closed use.
    `income_per_use` must be above 0: a firm that earns nothing on the complement has no break-even, it should not open.

    >>> round(float(break_even_adoption(model_margin=0.5, income_per_use=0.13)), 2)
    3.85
    """
    margin, income = not_negative("model_margin", model_margin), positive("income_per_use", income_per_use)
    saved = not_negative("contributions_per_use", contributions_per_use)
    together(model_margin=margin, income_per_use=income, contributions_per_use=saved)
    return np.maximum(margin - saved, 0.0) / income


def partial_profit(
    opened_share: Numbers,
    model_margin: Numbers,
    open_income: Numbers,
    adoption_elasticity: Numbers,
    margin_concentration: Numbers,
) -> FloatArray:
    """Profit, per unit of closed use, of opening a share x of a model family: `m (1 - x^delta) + w x^beta`.

    Decides: which part of a family to open. `open_income` w is what opening everything earns (`kappa * income`),
    `model_margin` m what selling everything earns. Adoption rises with the `adoption_elasticity` beta (0 to 1: the
    first releases bring most). Models are opened from the least to the most profitable, so the margin given up rises
    with `margin_concentration` delta (1: all alike; large: the flagship earns nearly all). 0 is closed, 1 is open.

    >>> float(partial_profit(0.5, model_margin=1, open_income=0.5, adoption_elasticity=1, margin_concentration=2))
    1.0
    """
    share = not_negative("opened_share", opened_share, at_most=1)
    margin, income, beta, delta = _family(model_margin, open_income, adoption_elasticity, margin_concentration)
    together(opened_share=share, model_margin=margin, open_income=income, beta=beta, delta=delta)
    return margin * (1 - share**delta) + income * share**beta


def optimal_opened_share(
    model_margin: Numbers, open_income: Numbers, adoption_elasticity: Numbers, margin_concentration: Numbers
) -> FloatArray:
    """Share of the family that earns most when opened: `min(1, (beta w / (delta m))^(1 / (delta - beta)))`.

    Decides: open all, none, or keep the flagship closed. Arguments as in `partial_profit`. Where beta equals delta
    (both 1) there is nothing between: all if w is above m, else none. Known bias: a share of a family is treated as
    continuous, and the closed part is assumed not to lose users to the open part.

    >>> float(optimal_opened_share(model_margin=1, open_income=0.5, adoption_elasticity=1, margin_concentration=2))
    0.25
    """
    margin, income, beta, delta = _family(model_margin, open_income, adoption_elasticity, margin_concentration)
    together(model_margin=margin, open_income=income, beta=beta, delta=delta)
    gained, lost = beta * income, delta * margin
    ratio = np.divide(gained, lost, out=np.ones(np.broadcast(gained, lost).shape), where=gained < lost)
    spread = delta - beta
    # equal exponents leave a straight line: its best point is an end
    power = np.divide(1.0, spread, out=np.ones(np.broadcast(ratio, spread).shape), where=spread > 0)
    inside = np.where(spread > 0, np.minimum(ratio, 1.0) ** power, np.where(gained < lost, 0.0, 1.0))
    return np.where(income > 0, inside, 0.0)[()]


def gain_from_opening(
    model_margin: Numbers, open_income: Numbers, adoption_elasticity: Numbers, margin_concentration: Numbers
) -> FloatArray:
    """What the best degree of openness earns more than closed, per unit of closed use: `w x^beta - m x^delta`.

    Decides: who should not open; whoever gains less than a release costs (support, safety tests, rivals).

    >>> float(gain_from_opening(model_margin=1, open_income=0.5, adoption_elasticity=1, margin_concentration=2))
    0.0625
    """
    best = optimal_opened_share(model_margin, open_income, adoption_elasticity, margin_concentration)
    profit = partial_profit(best, model_margin, open_income, adoption_elasticity, margin_concentration)
    return profit - not_negative("model_margin", model_margin)


class Offer(NamedTuple):
    """Prices of a model and of cloud, and the profit on each."""

    model_price: FloatArray
    cloud_price: FloatArray
    model_profit: FloatArray
    cloud_profit: FloatArray

    @property
    def profit(self) -> FloatArray:
        """Both profits."""
        return self.model_profit + self.cloud_profit


class Market(NamedTuple):
    """Linear demand for two complements: `q_i = size_i - own_slope * p_i - cross_slope * p_j`, and their unit costs.

    `cross_slope` (0 or more, below `own_slope`) says how much a dearer complement costs sales; 0 means unrelated goods.
    """

    model_size: Numbers
    cloud_size: Numbers
    own_slope: Numbers
    cross_slope: Numbers
    model_cost: Numbers = 0
    cloud_cost: Numbers = 0


def joint_offer(market: Market) -> Offer:
    """Prices of a firm that owns both: `p = (M^-1 a + c) / 2`, and the model for nothing where that is below 0.

    Decides: whether an integrated firm should charge for the model at all: not if the cloud market is large beside the
    model's own, `cross * size_cloud - own * size_model > cost * (own^2 - cross^2)`.

    >>> offer = joint_offer(Market(model_size=3, cloud_size=10, own_slope=1, cross_slope=0.5))
    >>> float(offer.model_price), float(offer.cloud_price)
    (0.0, 5.0)
    """
    size_1, size_2, own, cross, cost_1, cost_2 = _market(market)
    determinant = own * own - cross * cross
    free_1 = ((own * size_1 - cross * size_2) / determinant + cost_1) / 2
    free_2 = ((own * size_2 - cross * size_1) / determinant + cost_2) / 2
    alone_1 = (size_1 + own * cost_1 + cross * cost_2) / (2 * own)  # the best price while the other good is free
    alone_2 = (size_2 + own * cost_2 + cross * cost_1) / (2 * own)
    price_1 = np.where(free_1 < 0, 0.0, np.where(free_2 < 0, alone_1, free_1))
    price_2 = np.where(free_2 < 0, 0.0, np.where(free_1 < 0, alone_2, free_2))
    return _offer(price_1, price_2, market)


def separate_offer(market: Market) -> Offer:
    """Prices of two firms, one for each good, neither of which minds what its price does to the other.

    Decides: what owning both halves is worth, `joint_offer(m).profit - separate_offer(m).profit`: never below 0.
    Bertrand-Nash: `2 b p_i + d p_j = a_i + b c_i`.

    >>> offer = separate_offer(Market(model_size=10, cloud_size=10, own_slope=2, cross_slope=1))
    >>> float(offer.model_price), float(offer.profit)
    (2.0, 16.0)
    """
    size_1, size_2, own, cross, cost_1, cost_2 = _market(market)
    wanted_1, wanted_2 = size_1 + own * cost_1, size_2 + own * cost_2
    determinant = (2 * own) ** 2 - cross * cross
    price_1 = (2 * own * wanted_1 - cross * wanted_2) / determinant
    price_2 = (2 * own * wanted_2 - cross * wanted_1) / determinant
    best_1, best_2 = wanted_1 / (2 * own), wanted_2 / (2 * own)  # against a rival that has to give its good away
    return _offer(
        np.where(price_1 < 0, 0.0, np.where(price_2 < 0, best_1, price_1)),
        np.where(price_2 < 0, 0.0, np.where(price_1 < 0, best_2, price_2)),
        market,
    )


def _offer(price_1: _Array, price_2: _Array, market: Market) -> Offer:
    size_1, size_2, own, cross, cost_1, cost_2 = _market(market)
    sold_1 = np.asarray(size_1 - own * price_1 - cross * price_2)
    sold_2 = np.asarray(size_2 - own * price_2 - cross * price_1)
    for name, sold in (("the model", sold_1), ("the cloud", sold_2)):
        if (sold < 0).any():
            raise ValueError(f"nobody would buy {name} at these sizes, slopes and costs (demand {sold.min():g})")
    return Offer(price_1[()], price_2[()], ((price_1 - cost_1) * sold_1)[()], ((price_2 - cost_2) * sold_2)[()])


def _market(market: Market) -> tuple[_Array, ...]:
    size_1, size_2 = positive("model_size", market.model_size), positive("cloud_size", market.cloud_size)
    own, cross = positive("own_slope", market.own_slope), not_negative("cross_slope", market.cross_slope)
    cost_1, cost_2 = not_negative("model_cost", market.model_cost), not_negative("cloud_cost", market.cloud_cost)
    together(model_size=size_1, cloud_size=size_2, own=own, cross=cross, model_cost=cost_1, cloud_cost=cost_2)
    if (cross >= own).any():
        raise ValueError(f"cross_slope = {cross.max():g} is out of range; allowed: 0 or more, below own_slope")
    return size_1, size_2, own, cross, cost_1, cost_2


def _family(
    model_margin: Numbers, open_income: Numbers, adoption_elasticity: Numbers, margin_concentration: Numbers
) -> tuple[_Array, _Array, _Array, _Array]:
    margin, income = not_negative("model_margin", model_margin), not_negative("open_income", open_income)
    beta = positive("adoption_elasticity", adoption_elasticity, at_most=1)
    delta = positive("margin_concentration", margin_concentration)
    if (delta < 1).any():
        raise ValueError(f"margin_concentration = {delta.min():g} is out of range; allowed: 1 or more, finite")
    return margin, income, beta, delta
