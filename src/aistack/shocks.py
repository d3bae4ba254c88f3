"""Supply shocks: what an outage upstream costs downstream, and what it costs to be spared.

Nodes depend on each other (a cloud needs chips, an application needs a model). Each fails at random and comes back
after a while. A node makes what its scarcest need allows; a second source or a stock softens the blow, at a price.

Source of the tail measure: R. Rockafellar, S. Uryasev, "Optimization of conditional value-at-risk", Journal of Risk
2(3), 2000, doi:10.21314/JOR.2000.038.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, not_negative, positive, together

Floats = npt.NDArray[np.float64]

MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class Node:
    """One part of a supply network.

    It fails with `yearly_probability`, for `months_out` on average (exponential). `needs` says for each thing it needs
    who supplies which share of it: `{"chips": {"maker A": 0.7, "maker B": 0.3}}`; shares add up to 1. A supplier can
    step up by `spare` (0.2 = a fifth more) when another fails. Each need has `stock_months` of full supply in store.
    """

    name: str
    yearly_probability: float = 0.0
    months_out: float = 1.0
    needs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    spare: float = 0.0
    stock_months: float = 0.0

    def __post_init__(self) -> None:
        not_negative(f"yearly_probability of {self.name}", self.yearly_probability, at_most=1)
        positive(f"months_out of {self.name}", self.months_out)
        not_negative(f"spare of {self.name}", self.spare)
        not_negative(f"stock_months of {self.name}", self.stock_months)
        for need, suppliers in self.needs.items():
            shares = positive(f"shares of {need!r} in {self.name}", list(suppliers.values()))
            if not np.isclose(shares.sum(), 1):
                raise ValueError(f"shares of {need!r} in {self.name} add up to {shares.sum():g}; allowed: 1")


def monthly_output(nodes: Iterable[Node], years: int, draws: int, seed: int) -> dict[str, Floats]:
    """Output of each node as a share of full output, shaped (`draws`, months): a Monte Carlo over the network.

    Outages begin at the start of a month, may overlap and may outlast the `years`. A node that runs makes the least
    of what its needs allow; a need gets `min(1, sum share * output * (1 + spare))` and then what is in stock. The same
    `seed` replays exactly, and each node has its own stream of random numbers, so a change to one node leaves the
    outages of the others as they were.

    Known bias: outages of different nodes are independent (a war or a rule hits several at once: give them a common
    supplier), and stocks are full again as soon as supply is.

    Decides: which node of a supply network is worth protecting.

    >>> chain = [Node("fab", 0.1, 6), Node("cloud", needs={"chips": {"fab": 1.0}})]
    >>> monthly_output(chain, years=2, draws=5, seed=1)["cloud"].shape
    (5, 24)
    """
    network = {node.name: node for node in nodes}
    months, count = _whole("years", years) * MONTHS_PER_YEAR, _whole("draws", draws)
    output: dict[str, Floats] = {}
    for name in _suppliers_first(network):
        node = network[name]
        generator = np.random.default_rng([seed, *name.encode()])
        running = _running(node, months, count, generator)
        for suppliers in node.needs.values():
            supply = sum(share * output[supplier] for supplier, share in suppliers.items())
            supply = np.minimum(1.0, np.asarray(supply) * (1 + node.spare))
            running = np.minimum(running, _with_stock(supply, node.stock_months))
        output[name] = running
    return output


def output_lost(nodes: Iterable[Node], target: str, years: int, draws: int, seed: int) -> Floats:
    """Share of `target`'s output that is lost over the `years`, one number per draw; see `monthly_output`.

    Decides: how much a firm can lose with the suppliers that it has.

    >>> chain = [Node("fab", 1.0, 1000), Node("cloud", needs={"chips": {"fab": 1.0}})]
    >>> bool(output_lost(chain, "cloud", years=3, draws=100, seed=1).mean() > 0.9)
    True
    """
    output = monthly_output(nodes, years, draws, seed)
    if target not in output:
        raise ValueError(f"target = {target!r} is no node; allowed: {', '.join(output)}")
    lost: Floats = 1 - output[target].mean(axis=1)
    return lost


def expected_shortfall(losses: Numbers, tail: float) -> FloatArray:
    """Mean of the worst `tail` share of the losses (above 0, at most 1) along the last axis: what a bad case costs.

    With 1 it is the plain mean. Needs at least one draw in the tail.

    Decides: how large a loss to prepare for.

    >>> float(expected_shortfall([0, 0, 0, 0.2, 0.4], tail=0.4).round(3))
    0.3
    """
    sample = np.sort(not_negative("losses", losses), axis=-1)
    share = float(positive("tail", tail, at_most=1))
    worst = round(share * sample.shape[-1])
    if worst < 1:
        raise ValueError(
            f"tail = {share:g} holds none of {sample.shape[-1]} draws; allowed: a larger tail or more draws"
        )
    return np.asarray(sample[..., -worst:].mean(axis=-1))[()]


def efficient(costs: Numbers, losses: Numbers) -> npt.NDArray[np.bool_]:
    """Which options lie on the frontier of cost against loss: no other is as good in both and better in one.

    Decides: what resilience costs at least, and which ways to buy it are a waste.

    >>> efficient([0, 1, 2, 3], [0.30, 0.10, 0.20, 0.05]).tolist()
    [True, True, False, True]
    """
    cost, loss = not_negative("costs", costs), not_negative("losses", losses)
    together(costs=cost, losses=loss)
    if cost.ndim != 1 or cost.shape != loss.shape:
        raise ValueError(f"shapes do not fit each other: costs {cost.shape}, losses {loss.shape}")
    no_worse = (cost[:, None] <= cost) & (loss[:, None] <= loss)
    better = (cost[:, None] < cost) | (loss[:, None] < loss)
    beaten: npt.NDArray[np.bool_] = np.asarray((no_worse & better).any(axis=0))
    return ~beaten


def _whole(name: str, value: int) -> int:
    if float(positive(name, value)) != int(value):
        raise ValueError(f"{name} = {value!r} is out of range; allowed: whole numbers above 0")
    return int(value)


def _suppliers_first(network: Mapping[str, Node]) -> list[str]:
    """Return the names so that every supplier stands before its customers."""
    graph = {node.name: [name for suppliers in node.needs.values() for name in suppliers] for node in network.values()}
    missing = {name for names in graph.values() for name in names} - set(network)
    if missing:
        raise ValueError(f"suppliers {sorted(missing)} are no nodes; allowed: {', '.join(network)}")
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ValueError(f"nodes supply each other in a circle: {' -> '.join(error.args[1])}") from None


def _running(node: Node, months: int, draws: int, generator: np.random.Generator) -> Floats:
    """Return the share of each month in which the node itself runs."""
    if node.yearly_probability == 0:
        return np.ones((draws, months))
    monthly = 1 - (1 - node.yearly_probability) ** (1 / MONTHS_PER_YEAR)
    begins = generator.random((draws, months)) < monthly
    ends = np.zeros((draws, months))
    ends[begins] = np.nonzero(begins)[1] + generator.exponential(node.months_out, np.count_nonzero(begins))
    latest = np.maximum.accumulate(ends, axis=1)
    return np.clip(np.arange(1, months + 1) - latest, 0.0, 1.0)


def _with_stock(supply: Floats, stock_months: float) -> Floats:
    """Return supply with what the stock adds, month by month."""
    if stock_months == 0:
        return supply
    delivered, stock = supply.copy(), np.full(len(supply), float(stock_months))
    for month in range(supply.shape[1]):
        taken = np.minimum(1 - supply[:, month], stock)
        delivered[:, month] += taken
        stock = np.where(supply[:, month] >= 1, stock_months, stock - taken)
    return delivered
