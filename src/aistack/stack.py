"""The stack as one machine: how far one layer can stand in for another, and what owning several of them changes.

Three questions. How much must the other layers do when one is cut (a CES production function)? What do separate
owners of the layers add to the price (double marginalisation)? What do layers lose that are designed one by one
(co-design)?

Sources: K. Arrow, H. Chenery, B. Minhas, R. Solow, "Capital-labor substitution and economic efficiency", Review of
Economics and Statistics 43(3), 1961, doi:10.2307/1927286; J. Spengler, "Vertical integration and antitrust policy",
Journal of Political Economy 58(4), 1950, doi:10.1086/256964.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, not_negative, positive, together

Floats = npt.NDArray[np.float64]

_LEONTIEF_BELOW = np.finfo(np.float64).eps
"""An elasticity this close to 0 is 0: its exponent would overflow, and the weakest layer already binds."""


def ces_output(inputs: Numbers, weights: Numbers, sigma: Numbers, axis: int = -1) -> FloatArray:
    """Output of layers that work together: `Y = (sum w_i x_i^rho)^(1/rho)`, `rho = 1 - 1/sigma`.

    `inputs` holds the layers along `axis`, each relative to its baseline (1 = as today), 0 or more. `weights` has one
    number above 0 per layer (or a whole array that broadcasts with the inputs); only their ratios count. `sigma` is the
    elasticity of substitution, 0 to infinity, and broadcasts with the other axes: 0 gives the weakest layer (Leontief),
    1 the weighted geometric mean (Cobb-Douglas), infinity the weighted mean. Constant returns: twice of everything
    gives twice the output.

    Known bias: one elasticity for all pairs of layers and for cuts of any size, and no time to adapt.

    Decides: which layer the next unit of money should go to, and whether a cut layer can be bought off at all.

    >>> [round(float(ces_output([0.5, 1, 1, 1], [1, 1, 1, 1], sigma)), 3) for sigma in (0, 0.5, 1, float("inf"))]
    [0.5, 0.8, 0.841, 0.875]
    """
    layers, shares, elasticity = _prepared(inputs, weights, sigma, axis)
    alive = (layers > 0).all(axis=0)
    log_inputs = np.log(np.where(alive, layers, 1.0))
    output = np.exp(_log_ces(log_inputs, shares, elasticity))
    if alive.all():
        return np.asarray(output)[()]
    return np.where(alive, output, _output_without_some(layers, shares, elasticity))[()]


def output_elasticities(inputs: Numbers, weights: Numbers, sigma: Numbers, axis: int = -1) -> FloatArray:
    """Per cent more output for one per cent more of each layer: `w_i (x_i / Y)^rho`; they add up to 1 along `axis`.

    Arguments as in `ces_output`, but every input above 0. At sigma 0 all of it belongs to the weakest layer; layers
    that are equally weak share it by weight.

    Decides: which layer is the bottleneck today.

    >>> output_elasticities([0.5, 1], [1, 1], sigma=0.5).round(3).tolist()  # the scarce layer counts twice as much
    [0.667, 0.333]
    """
    layers, shares, elasticity = _prepared(positive("inputs", inputs), weights, sigma, axis)
    log_inputs = np.log(layers)
    rho, leontief = _exponent(elasticity)
    lowest = np.where(log_inputs == log_inputs.min(axis=0), shares, 0.0)
    score = np.where(leontief, 0.0, rho * log_inputs)
    terms = np.where(leontief, lowest, shares * np.exp(score - score.max(axis=0)))
    return np.asarray(np.moveaxis(terms / terms.sum(axis=0), 0, axis))


def marginal_products(inputs: Numbers, weights: Numbers, sigma: Numbers, axis: int = -1) -> FloatArray:
    """More output for one more unit of each layer: `dY/dx_i = w_i (Y / x_i)^(1/sigma)`, along `axis`.

    Arguments as in `output_elasticities`. At sigma 0 this is the gain of relieving the weakest layer, and 0 elsewhere.

    Decides: where one more unit of input does most, when a unit of each layer costs the same.

    >>> marginal_products([0.5, 1], [1, 1], sigma=0.5).round(3).tolist()
    [0.889, 0.222]
    """
    amounts = positive("inputs", inputs)
    output = np.expand_dims(ces_output(amounts, weights, sigma, axis), axis)
    return output_elasticities(amounts, weights, sigma, axis) * output / amounts


def required_multiplier(
    remaining: Numbers, share: Numbers, sigma: Numbers, helper_share: Numbers | None = None
) -> FloatArray:
    """By what factor other layers must grow to keep output when one layer is cut; infinite where nothing can.

    `m = (1 + (c/h) (1 - r^rho))^(1/rho)`: `remaining` r is what is left of the cut layer (0 to 1), `share` c its output
    elasticity before the cut and `helper_share` h that of the layers that grow together (default: all the others),
    with `c + h` at most 1. `sigma` from 0 to infinity; arrays broadcast.

    Known bias: as `ces_output`; and it says what would be enough, not what it would cost.

    Decides: whether a cut in one layer can be answered with effort in the others.

    >>> required_multiplier(0.5, share=0.25, sigma=[0.4, 0.5, 1, float("inf")]).round(2).tolist()
    [1.87, 1.5, 1.26, 1.17]
    >>> float(required_multiplier(0.5, share=0.25, sigma=0.2))  # the cut layer binds: no amount of the others is enough
    inf
    """
    left = not_negative("remaining", remaining, at_most=1)
    cut = _below_one("share", share)
    elasticity = _elasticity(sigma)
    helpers = _helpers(cut, helper_share)
    together(remaining=left, share=cut, sigma=elasticity, helper_share=helpers)
    left, cut, elasticity, helpers = np.broadcast_arrays(left, cut, elasticity, helpers)
    rho, leontief = _exponent(elasticity)
    gone = left == 0
    strain = rho * np.log(np.where(gone, 1.0, left))  # log of r^rho; above 0 where the layers complement each other
    hopeless = (leontief & (left < 1)) | (gone & (rho <= 0)) | (strain >= np.log1p(helpers / cut))
    change = np.where(gone, -1.0, np.expm1(np.where(hopeless, 0.0, strain)))
    cobb_douglas = rho == 0
    power = np.log1p(-cut / helpers * np.where(hopeless, 0.0, change)) / np.where(cobb_douglas, 1.0, rho)
    geometric = -cut / helpers * np.log(np.where(gone, 1.0, left))
    factor = np.exp(np.where(cobb_douglas, geometric, power))
    return np.where(hopeless, np.inf, factor)[()]


def least_remaining(share: Numbers, sigma: Numbers, helper_share: Numbers | None = None) -> FloatArray:
    """Smallest part of a cut layer with which effort elsewhere can still keep output: `(1 + h/c)^(1/rho)`.

    At less than this even endless effort of the others is not enough. Arguments as in `required_multiplier`. It is 1
    at sigma 0, where no cut can be made up for, and 0 from sigma 1 on, where every cut can.

    Decides: how deep a cut must be before it can no longer be bought off.

    >>> least_remaining(0.25, [0.2, 0.5, 0.8, 1]).round(3).tolist()
    [0.707, 0.25, 0.004, 0.0]
    """
    cut, elasticity = _below_one("share", share), _elasticity(sigma)
    helpers = _helpers(cut, helper_share)
    together(share=cut, sigma=elasticity, helper_share=helpers)
    rho, leontief = _exponent(elasticity)
    complements = rho < 0
    limit = np.exp(np.log1p(helpers / cut) / np.where(complements, rho, -1.0))
    return np.where(leontief, 1.0, np.where(complements, limit, 0.0))[()]


class ChainOutcome(NamedTuple):
    """What a supply chain ends in: `price`, `quantity`, and who gets what (all firms' `profit`, `consumer_surplus`)."""

    price: FloatArray
    quantity: FloatArray
    profit: FloatArray
    consumer_surplus: FloatArray


def chain_outcome(monopolists: Numbers, choke_price: Numbers, unit_cost: Numbers, slope: Numbers = 1) -> ChainOutcome:
    """Price and quantity behind a chain of monopolists who set their prices one after the other.

    Demand is linear, `p = a - s q` (`choke_price` a, `slope` s in price per unit). With n `monopolists` the quantity is
    `(a - c) / (2^n s)`, where `unit_cost` c is the cost of all layers together: each further owner halves it. One
    monopolist is the integrated firm; 0 means that every layer is priced at cost.

    Known bias: layers with rivals add no such margin, and two-part tariffs remove it without a merger.

    Decides: whether owning the next layer lowers the final price, and for whose benefit.

    >>> apart, joined = chain_outcome(2, choke_price=10, unit_cost=2), chain_outcome(1, choke_price=10, unit_cost=2)
    >>> float(apart.price), float(joined.price), float(joined.profit / apart.profit)
    (8.0, 6.0, 1.3333333333333333)
    """
    owners, choke = not_negative("monopolists", monopolists), positive("choke_price", choke_price)
    cost, steepness = not_negative("unit_cost", unit_cost), positive("slope", slope)
    together(monopolists=owners, choke_price=choke, unit_cost=cost, slope=steepness)
    if np.any(owners != np.floor(owners)):
        raise ValueError(f"monopolists = {monopolists!r} is out of range; allowed: whole numbers, 0 or more")
    if np.any(cost >= choke):
        raise ValueError(f"unit_cost = {np.max(cost):g} is out of range; allowed: below choke_price")
    kept = (choke - cost) * np.exp2(-owners)  # what the last buyer still saves against the choke price
    quantity = kept / steepness
    price = choke - kept
    return ChainOutcome(price, quantity, (price - cost) * quantity, kept * quantity / 2)


def design_value(compute_share: Numbers, intensity_ratio: Numbers, quality_elasticity: Numbers) -> FloatArray:
    """Useful work of one chip and one model: `i^-d * min(u, i (1 - u))`, speed times quality.

    The chip's designer gives the share u of the silicon to computing (`compute_share`, 0 to 1), the rest to bandwidth.
    The model's designer sets its operations per byte, as a ratio i (`intensity_ratio`) to those of a chip with equal
    halves. Higher intensity (fewer cache bytes, coarser numbers, larger batches) costs quality or delay with
    elasticity d (`quality_elasticity`, above 0, below 1): the roofline of `aistack.chips` with a price on each side.

    Decides: what a chip and a model are worth together, before either is built.

    >>> float(design_value(0.5, 1, 0.25)), float(design_value(0.75, 3, 0.25).round(3))
    (0.5, 0.57)
    """
    silicon = not_negative("compute_share", compute_share, at_most=1)
    ratio, penalty = positive("intensity_ratio", intensity_ratio), _below_one("quality_elasticity", quality_elasticity)
    together(compute_share=silicon, intensity_ratio=ratio, quality_elasticity=penalty)
    return ratio**-penalty * np.minimum(silicon, ratio * (1 - silicon))


def best_chip(intensity_ratio: Numbers) -> FloatArray:
    """Share of silicon for computing that is best for a given model: `u = i / (1 + i)`, where both limits bind.

    Decides: what a chip maker should build for the models of today.

    >>> float(best_chip(3))
    0.75
    """
    ratio = positive("intensity_ratio", intensity_ratio)
    return ratio / (1 + ratio)


def best_model(compute_share: Numbers) -> FloatArray:
    """Intensity ratio that is best for a given chip: `i = u / (1 - u)`, its ridge, whatever quality costs below 1.

    So each side answers the other with what it already has: layer by layer, every starting point is an end point.

    Decides: what a model maker should train for the chips of today.

    >>> float(best_model(0.75))
    3.0
    """
    silicon = _below_one("compute_share", compute_share)
    return silicon / (1 - silicon)


def codesign_gain(start_ratio: Numbers, quality_elasticity: Numbers) -> FloatArray:
    """How many times more useful work chip and model give when designed together than layer by layer (1 or more).

    Together they move along `i^(1-d) / (1 + i)`, best at `i = (1 - d) / d`; layer by layer they stay at
    `start_ratio`, see `best_model`. It is 1 where history happened to start at the best point.

    Known bias: an upper limit for firms that do talk: open designs and published methods give part of it to all.

    Decides: whether owning two layers is worth more than buying the better part for each.

    >>> float(codesign_gain(1, 0.25).round(3)), float(codesign_gain(3, 0.25).round(3))
    (1.14, 1.0)
    """
    start, penalty = positive("start_ratio", start_ratio), _below_one("quality_elasticity", quality_elasticity)
    together(start_ratio=start, quality_elasticity=penalty)
    best = (1 - penalty) / penalty
    return design_value(best_chip(best), best, penalty) / design_value(best_chip(start), start, penalty)


def _below_one(name: str, value: Numbers) -> Floats:
    """Return `value` as floats between 0 and 1, both left out."""
    numbers = positive(name, value)
    if np.any(numbers >= 1):
        raise ValueError(f"{name} = {np.max(numbers):g} is out of range; allowed: above 0, below 1")
    return numbers


def _helpers(cut: Floats, helper_share: Numbers | None) -> Floats:
    """Return the share of the layers that help: all the others, unless it is given."""
    if helper_share is None:
        return 1 - cut
    helpers = positive("helper_share", helper_share, at_most=1)
    together(share=cut, helper_share=helpers)
    if np.any(cut + helpers > 1 + _LEONTIEF_BELOW):
        raise ValueError(f"share + helper_share = {np.max(cut + helpers):g} is out of range; allowed: at most 1")
    return helpers


def _elasticity(sigma: Numbers) -> Floats:
    """Return sigma as floats; infinity is allowed, which the shared check does not do."""
    try:
        numbers = np.asarray(sigma, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = not_negative("sigma", sigma)  # raises with its sentence
    not_negative("sigma", np.where(np.isposinf(numbers), 0.0, numbers))
    return numbers


def _exponent(elasticity: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return rho, and where sigma counts as 0 (there rho is a harmless -1)."""
    leontief = elasticity < _LEONTIEF_BELOW
    return 1 - 1 / np.where(leontief, 1 / 2, elasticity), leontief


def _prepared(inputs: Numbers, weights: Numbers, sigma: Numbers, axis: int) -> tuple[Floats, Floats, Floats]:
    """Return inputs with the layers first, weights that add up to 1 and broadcast with them, and sigma."""
    amounts, importance = not_negative("inputs", inputs), positive("weights", weights)
    whole = importance.ndim == amounts.ndim and amounts.ndim > 1
    along = axis if whole else 0
    if not amounts.ndim or (importance.ndim != 1 and not whole) or amounts.shape[axis] != importance.shape[along]:
        raise ValueError(f"shapes do not fit each other: inputs {amounts.shape}, weights {importance.shape}")
    layers, importance = _first(amounts, axis), _first(importance, along)
    elasticity = _elasticity(sigma)
    together(inputs=layers[0], weights=importance[0], sigma=elasticity)
    dimensions = max(layers.ndim - 1, elasticity.ndim)
    shares = importance / importance.sum(axis=0)
    return _widened(layers, dimensions), _widened(shares, dimensions), elasticity


def _first(values: Floats, axis: int) -> Floats:
    """Return values with `axis` first. NumPy takes its time to move nothing."""
    return values if axis in (0, -values.ndim) else np.moveaxis(values, axis, 0)


def _widened(values: Floats, dimensions: int) -> Floats:
    """Return values with axes of length 1 after the first, so that `dimensions` follow it."""
    return values.reshape(values.shape[:1] + (1,) * (dimensions + 1 - values.ndim) + values.shape[1:])


def _log_ces(log_inputs: Floats, shares: Floats, elasticity: Floats) -> Floats:
    """Return log Y. Near rho 0 and far from it need different forms, or digits are lost."""
    rho, leontief = _exponent(elasticity)
    lowest, middle = log_inputs.min(axis=0), (shares * log_inputs).sum(axis=0)
    steps = rho * (log_inputs - middle)
    largest = steps.max(axis=0)
    small = np.abs(steps).max(axis=0) < 1
    near = np.log1p((shares * np.expm1(np.where(small, steps, 0.0))).sum(axis=0))
    far = largest + np.log((shares * np.exp(steps - largest)).sum(axis=0))
    power = middle + np.where(small, near, far) / np.where(rho == 0, 1.0, rho)
    return np.asarray(np.where(leontief, lowest, np.where(rho == 0, middle, power)))


def _output_without_some(layers: Floats, shares: Floats, elasticity: Floats) -> Floats:
    """Return output where some layer is 0: nothing up to sigma 1, what the other layers give above it."""
    rho, _ = _exponent(elasticity)
    substitutes = rho > 0
    scale = np.where(layers.max(axis=0) > 0, layers.max(axis=0), 1.0)
    exponent = np.where(substitutes, rho, 1.0)
    mean = (shares * (layers / scale) ** exponent).sum(axis=0)
    return np.asarray(np.where(substitutes, scale * mean ** (1 / exponent), 0.0))
