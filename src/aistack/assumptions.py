"""What the race assumes: one table of coefficients, each with its range, its unit and where it comes from.

A coefficient is either computed from rows of the datasets (then the table names them and a test computes it again)
or a lever: nobody has measured it, the range is a judgement, and the learner is invited to move it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from aistack.checks import FloatArray, Numbers, not_negative


class Basis(NamedTuple):
    """Where a coefficient comes from: `value` with its 90 % range `low` to `high`.

    `table` and `rows` name rows of the datasets by their keys, and `how` the arithmetic on them; a lever has no table.
    """

    value: float
    low: float
    high: float
    unit: str
    meaning: str
    how: str
    table: str = ""
    rows: tuple[str, ...] = ()

    @property
    def is_lever(self) -> bool:
        """Whether the coefficient is a judgement and not computed from data."""
        return not self.table


BASES: Mapping[str, Basis] = {
    "sigma": Basis(
        0.6, 0.2, 1.5, "1", "elasticity of substitution between the layers", "lever: the disagreement of lesson 00"
    ),
    "infrastructure_weight": Basis(0.5, 0.3, 0.7, "share", "weight of chips and cloud together", "lever: not measured"),
    "chip_share": Basis(
        0.67,
        0.6,
        0.75,
        "share",
        "chips in the capital of chips and cloud",
        "computing over all capital, newest row of each site; the range is a judgement",
        "data_center_timelines",
        ("compute_bn_usd", "capital_bn_usd"),
    ),
    "application_share": Basis(
        0.5, 0.3, 0.7, "share", "applications in the weight of models and applications", "lever: not measured"
    ),
    "chip_retirement": Basis(0.17, 0.12, 0.25, "share/year", "chips that leave service", "lever: six years of service"),
    "cloud_retirement": Basis(
        0.07, 0.04, 0.1, "share/year", "sites and software of the cloud that leave service", "lever"
    ),
    "model_decay": Basis(0.5, 0.3, 0.7, "share/year", "models that go out of date", "lever: useful for two years"),
    "application_decay": Basis(0.25, 0.1, 0.4, "share/year", "applications that go out of use", "lever"),
    "price_performance_growth": Basis(
        0.26,
        0.2,
        0.48,
        "1/year",
        "more operations for the same money, each year",
        "fp16 operations per watt, first against last chip, as a stand-in for money; high is operations per chip",
        "chips",
        ("V100 SXM 16GB", "B200"),
    ),
    "algorithmic_growth": Basis(
        2.0,
        1.0,
        3.0,
        "1/year",
        "same result from less computing, each year",
        "lever: three times a year",
    ),
    "points_per_doubling": Basis(
        4.8,
        2.6,
        6.0,
        "index points",
        "gain on the capability index for twice the effective work",
        "rise from the first row to the second over the doublings that the model makes in that time; range a judgement",
        "open_ecosystem",
        ("eci-us-2023-03-14", "eci-us-2024-12-17"),
    ),
    "adoption_rate": Basis(
        0.275,
        0.03,
        0.52,
        "1/year",
        "yearly rise of the log odds that a firm uses AI",
        "mean from the first row to the last; low and high are those of its two halves",
        "adoption",
        ("eurostat-enterprise-ai-eu27-2021", "eurostat-enterprise-ai-eu27-2023", "eurostat-enterprise-ai-eu27-2025"),
    ),
    "open_adoption": Basis(0.1, 0.0, 0.3, "1", "faster adoption where all models are open", "lever: see lesson 09"),
    "open_pull": Basis(0.1, 0.0, 0.5, "1", "more users for a supplier that opens its models", "lever: see lesson 08"),
    "open_discount": Basis(0.2, 0.0, 0.5, "share", "revenue given away with open models", "lever: see lesson 08"),
    "spillover": Basis(0.3, 0.0, 0.8, "share", "open models of others that one can use as one's own", "lever"),
    "attraction": Basis(0.5, 0.1, 1.0, "1", "elasticity of the market share to the quality of service", "lever"),
    "inertia": Basis(0.9, 0.8, 0.97, "share", "customers who stay whatever happens, each year", "lever"),
    "flywheel": Basis(0.03, 0.0, 0.1, "1", "elasticity of quality to data from use", "lever: see lesson 11"),
    "data_fade": Basis(0.3, 0.1, 0.5, "share/year", "data from use that lose their worth", "lever"),
    "reinvestment": Basis(
        1.5,
        0.8,
        2.3,
        "USD per USD",
        "more investment for more cloud revenue",
        "rise in spending of four US firms over rise in cloud revenue of three, 2019 to 2025; high is 2019 to 2021",
        "capex",
        (
            "amazon-alphabet-meta-microsoft-capex-group-total-cy2019",
            "amazon-alphabet-meta-microsoft-capex-group-total-cy2025",
        ),
    ),
    "home_chip_progress": Basis(
        0.1, 0.0, 0.25, "share/year", "part of the gap to imported chips that home-made ones close", "lever"
    ),
    "protection_cost": Basis(0.1, 0.02, 0.25, "share", "budget that full protection from shocks takes", "lever"),
    "focus": Basis(0.7, 0.5, 1.0, "share", "budget put in the favoured layer", "lever: the rest by weight"),
}


@dataclass(frozen=True)
class Assumptions:
    """The coefficients of a race; see `BASES` for their meaning. Each is a number, or an array with one per draw."""

    sigma: Numbers = BASES["sigma"].value
    infrastructure_weight: Numbers = BASES["infrastructure_weight"].value
    chip_share: Numbers = BASES["chip_share"].value
    application_share: Numbers = BASES["application_share"].value
    chip_retirement: Numbers = BASES["chip_retirement"].value
    cloud_retirement: Numbers = BASES["cloud_retirement"].value
    model_decay: Numbers = BASES["model_decay"].value
    application_decay: Numbers = BASES["application_decay"].value
    price_performance_growth: Numbers = BASES["price_performance_growth"].value
    algorithmic_growth: Numbers = BASES["algorithmic_growth"].value
    points_per_doubling: Numbers = BASES["points_per_doubling"].value
    adoption_rate: Numbers = BASES["adoption_rate"].value
    open_adoption: Numbers = BASES["open_adoption"].value
    open_pull: Numbers = BASES["open_pull"].value
    open_discount: Numbers = BASES["open_discount"].value
    spillover: Numbers = BASES["spillover"].value
    attraction: Numbers = BASES["attraction"].value
    inertia: Numbers = BASES["inertia"].value
    flywheel: Numbers = BASES["flywheel"].value
    data_fade: Numbers = BASES["data_fade"].value
    reinvestment: Numbers = BASES["reinvestment"].value
    home_chip_progress: Numbers = BASES["home_chip_progress"].value
    protection_cost: Numbers = BASES["protection_cost"].value
    focus: Numbers = BASES["focus"].value

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name != "sigma":  # it may be infinite; the production function checks it
                limit = 1.0 if BASES[field.name].unit.startswith("share") else np.inf
                not_negative(field.name, getattr(self, field.name), at_most=limit)

    def weights(self) -> FloatArray:
        """Return the weights of chips, cloud, models and applications along the first axis; they add up to 1."""
        infrastructure, chips = np.asarray(self.infrastructure_weight), np.asarray(self.chip_share)
        applications = np.asarray(self.application_share)
        rest = 1 - infrastructure
        return np.stack(
            np.broadcast_arrays(
                infrastructure * chips, infrastructure * (1 - chips), rest * (1 - applications), rest * applications
            )
        )


def drawn(draws: int, seed: int, names: tuple[str, ...] = tuple(BASES)) -> Assumptions:
    """Return assumptions with `draws` values for each of `names`, even over its range; the others keep their value.

    Decides: how much of a result is knowledge and how much is the choice of coefficients.

    >>> drawn(3, seed=1, names=("sigma",)).sigma.shape
    (3,)
    """
    unknown = set(names) - set(BASES)
    if unknown:
        raise ValueError(f"names = {sorted(unknown)} are no assumptions; allowed: {', '.join(BASES)}")
    generator = np.random.default_rng(seed)
    return Assumptions(**{name: generator.uniform(BASES[name].low, BASES[name].high, draws) for name in names})
