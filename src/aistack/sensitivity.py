"""Which assumption moves a result: one at a time (tornado), and all at once (Sobol indices).

Source of the indices: A. Saltelli et al., "Variance based sensitivity analysis of model output", Computer Physics
Communications 181(2), 2010, doi:10.1016/j.cpc.2009.09.018.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.checks import positive

Floats = npt.NDArray[np.float64]
Result = Callable[[dict[str, Floats]], npt.ArrayLike]
"""Takes arrays of equal length by name and returns one result for each place in them."""


class Bar(NamedTuple):
    """One bar of a tornado: the result with `name` at the low and at the high end of its range."""

    name: str
    at_low: float
    at_high: float


class Indices(NamedTuple):
    """Share of the result's variance that each assumption explains alone (`first`) and with the others (`total`)."""

    first: dict[str, float]
    total: dict[str, float]


def tornado(result: Result, middle: Mapping[str, float], ranges: Mapping[str, tuple[float, float]]) -> list[Bar]:
    """Move each assumption to both ends of its range while the others stay in the `middle`; the widest bar first.

    `ranges` are low and high by name; with 90 % ranges the ends are the 5th and 95th percentile. One call of `result`.

    Known bias: sees no interaction, so an assumption that matters only together with another looks harmless.

    Decides: which number is worth a better measurement.

    >>> tornado(lambda x: x["a"] + 10 * x["b"], {"a": 0, "b": 0}, {"a": (-1, 1), "b": (-1, 1)})[0]
    Bar(name='b', at_low=-10.0, at_high=10.0)
    """
    _checked(ranges)
    names = list(ranges)
    inputs = {name: np.full(2 * len(names), float(value)) for name, value in middle.items()}
    for place, name in enumerate(names):
        inputs[name][2 * place : 2 * place + 2] = ranges[name]
    ends = np.asarray(result(inputs), dtype=np.float64).reshape(-1, 2)
    bars = [Bar(name, float(low), float(high)) for name, (low, high) in zip(names, ends, strict=True)]
    return sorted(bars, key=lambda bar: -abs(bar.at_high - bar.at_low))


def sobol(
    result: Result,
    ranges: Mapping[str, tuple[float, float]],
    samples: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
    batch: int = 2**13,
) -> Indices:
    """Share out the variance of `result` over assumptions that are even over their `ranges`.

    `samples` is a power of 2; `result` is asked `samples * (number of ranges + 2)` times, `batch` at once, and after
    each batch `progress(done, all)` is called. A result that never changes has indices of 0.

    Known bias: the indices carry noise of about `1 / sqrt(samples)`, and a small one may come out below 0.

    Decides: which disagreement between experts is worth settling first.

    >>> shares = sobol(lambda x: x["a"] + 2 * x["b"], {"a": (0, 1), "b": (0, 1)}, samples=1024, seed=1).total
    >>> [round(shares[name], 1) for name in ("a", "b")]
    [0.2, 0.8]
    """
    from scipy.stats import sobol_indices, uniform

    _checked(ranges)
    count = int(positive("samples", samples))
    if count != samples or count & (count - 1):
        raise ValueError(f"samples = {samples!r} is out of range; allowed: powers of 2")
    names, done, everything = list(ranges), [0], count * (len(ranges) + 2)

    def asked(sample: Floats) -> Floats:
        flat = sample.reshape(len(names), -1)
        answers = []
        for start in range(0, flat.shape[1], batch):
            part = flat[:, start : start + batch]
            answers.append(np.asarray(result(dict(zip(names, part, strict=True))), dtype=np.float64))
            done[0] += part.shape[1]
            if progress:
                progress(done[0], everything)
        return np.concatenate(answers).reshape(1, *sample.shape[1:])

    evaluations: dict[str, Floats] = {}

    def kept(sample: Floats) -> Floats:
        answer = asked(sample)
        evaluations[str(len(evaluations))] = answer
        return answer

    dists = [uniform(low, high - low) for low, high in ranges.values()]
    with np.errstate(divide="ignore", invalid="ignore"):  # a constant result has no variance to share out
        found = sobol_indices(func=kept, n=count, dists=dists, rng=np.random.default_rng(seed))
    flat = all(np.ptp(answer) == 0 for answer in evaluations.values())

    def named(values: Floats) -> dict[str, float]:
        return dict.fromkeys(names, 0.0) if flat else dict(zip(names, np.ravel(values).tolist(), strict=True))

    return Indices(named(found.first_order), named(found.total_order))


def _checked(ranges: Mapping[str, tuple[float, float]]) -> None:
    for name, (low, high) in ranges.items():
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise ValueError(f"range of {name} = ({low:g}, {high:g}) is out of range; allowed: low below high, finite")
