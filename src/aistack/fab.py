"""What a chip costs: from the wafer over good dies and the package to the price, each step the input of the next.

A wafer has a price; dies are cut out of it; defects kill some; the good ones are joined with memory into a package,
where some are lost again; the seller adds a margin. Areas are in mm2, defect densities in defects per cm2 (as foundries
state them), money in US dollars. Nearly every published figure is an estimate of outsiders; `datasets/wafers.csv` has
the ranges. The intervals of the constants below are wider than their few sources, by judgement.

Sources: dies, D. K. de Vries, "Investigation of gross die per wafer formulas", IEEE Transactions on Semiconductor
Manufacturing 18(1), 2005, doi:10.1109/TSM.2004.836656; yields, B. T. Murphy, "Cost-size optima of monolithic integrated
circuits", Proceedings of the IEEE 52(12), 1964, doi:10.1109/PROC.1964.3442, and C. H. Stapper, "Modeling of integrated
circuit defect sensitivities", IBM Journal of Research and Development 27(6), 1983, doi:10.1147/rd.276.0549.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from aistack.checks import FloatArray, Numbers, not_negative, positive, together
from aistack.fitted import Fitted

MM2_PER_CM2 = 100.0
WAFER_DIAMETER_MM = 300.0  # SEMI M1, the size of every leading-edge line since about 2002
RETICLE_WIDTH_MM, RETICLE_HEIGHT_MM = 26.0, 33.0  # field of scanners up to 0.33 NA; mlsysim, ReticleField, 2026
EDGE_EXCLUSION_MM = 3.0  # ring at the rim without dies: the usual setting of public die calculators
SCRIBE_MM = 0.1  # street between dies that the saw needs: the usual setting, too
KINK_NM = 10.0  # below this label layers need several exposures or extreme ultraviolet, and wafers get dearer faster

DEFECTS_PER_CM2 = Fitted(
    0.10, 0.05, 0.20, "defects/cm2", "defect density of a leading node in volume production", ("anandtech-16028",), 2020
)
WAFER_USD_AT_KINK = Fitted(
    6228, 4810, 8065, "USD/wafer", "price of a new 10 nm wafer", ("digitimes-wafers-2022",), 2022
)
WAFER_EXPONENT_OLD = Fitted(
    0.57, 0.37, 0.77, "1", "price falls with node label to this power, above 10 nm", ("digitimes-wafers-2022",), 2022
)
WAFER_EXPONENT_NEW = Fitted(
    1.08, 0.71, 1.46, "1", "price falls with node label to this power, below 10 nm", ("digitimes-wafers-2022",), 2022
)
WAFER_RESIDUAL = Fitted(1.0, 0.71, 1.41, "1", "a wafer price over its trend", ("digitimes-wafers-2022",), 2022)
HBM_USD_PER_GB = Fitted(15.1, 10.0, 20.0, "USD/GB", "stacked memory", ("epoch-b200-cost", "mlsysim"), 2025)
PACKAGING_USD_PER_MM2 = Fitted(
    0.69, 0.45, 1.05, "USD/mm2", "advanced packaging by area of compute dies", ("epoch-b200-cost",), 2025
)
ASSEMBLY_LOSS = Fitted(0.17, 0.10, 0.25, "1", "share of packages lost in assembly", ("epoch-b200-cost",), 2025)
AUXILIARY_USD = Fitted(
    490, 300, 1000, "USD", "board, power supply, test and the rest of a module", ("epoch-b200-cost",), 2025
)
MARKUP = {
    "NVIDIA": Fitted(
        7.3, 4.5, 11, "1", "price of an accelerator by its cost to make", ("siliconanalysts-cost-bridge",), 2026
    )
}
MARKUP_OTHER = Fitted(
    2.8, 1.5, 6, "1", "the same, of makers with less of the market", ("siliconanalysts-cost-bridge",), 2026
)


class Cost(NamedTuple):
    """What one sold accelerator costs to make, by part, in US dollars; `loss_usd` is what scrapped packages add."""

    logic_usd: FloatArray
    hbm_usd: FloatArray
    packaging_usd: FloatArray
    loss_usd: FloatArray
    auxiliary_usd: FloatArray

    @property
    def total_usd(self) -> FloatArray:
        """Sum of all parts."""
        return self.logic_usd + self.hbm_usd + self.packaging_usd + self.loss_usd + self.auxiliary_usd


def reticle_area_mm2_bound(width_mm: Numbers = RETICLE_WIDTH_MM, height_mm: Numbers = RETICLE_HEIGHT_MM) -> FloatArray:
    """Largest die in mm2 that one exposure can print: `width * height` of the scanner's field.

    A larger chip is made of several dies, or stitched. Decides: one large die or several small ones.

    >>> float(reticle_area_mm2_bound())
    858.0
    """
    width, height = positive("width_mm", width_mm), positive("height_mm", height_mm)
    together(width_mm=width, height_mm=height)
    return width * height


def gross_dies_bound(die_area_mm2: Numbers, wafer_diameter_mm: Numbers = WAFER_DIAMETER_MM) -> FloatArray:
    """Upper bound on dies of a wafer: its area by that of a die, as if squares could fill a circle.

    Decides: whether a claimed number of dies is possible at all.

    >>> round(float(gross_dies_bound(814)), 1)
    86.8
    """
    area, diameter = positive("die_area_mm2", die_area_mm2), positive("wafer_diameter_mm", wafer_diameter_mm)
    together(die_area_mm2=area, wafer_diameter_mm=diameter)
    return np.pi * (diameter / 2) ** 2 / area


def gross_dies_estimate(
    die_area_mm2: Numbers,
    wafer_diameter_mm: Numbers = WAFER_DIAMETER_MM,
    edge_exclusion_mm: Numbers = EDGE_EXCLUSION_MM,
    scribe_mm: Numbers = SCRIBE_MM,
) -> FloatArray:
    """Dies cut from a wafer, good and bad: `pi d^2 / 4S * exp(-2 sqrt(S) / d)`, de Vries's choice of formula.

    `d` is the diameter without the excluded ring on both sides, `S` the area of a square die with one street,
    `(sqrt(A) + scribe)^2`; the exponential is what is lost at the rim. Known bias: within 9 % of a packing of square
    dies up to the reticle limit (`gross_dies_packed`); long dies waste more. The older `pi d^2 / 4S - pi d / sqrt(2S)`
    gives 12 % fewer dies of 814 mm2. Decides: how many chips a given wafer supply allows.

    >>> round(float(gross_dies_estimate(814)))  # the die of the H100
    68
    """
    area, diameter = positive("die_area_mm2", die_area_mm2), positive("wafer_diameter_mm", wafer_diameter_mm)
    edge, street = not_negative("edge_exclusion_mm", edge_exclusion_mm), not_negative("scribe_mm", scribe_mm)
    together(die_area_mm2=area, wafer_diameter_mm=diameter, edge_exclusion_mm=edge, scribe_mm=street)
    usable = positive("wafer_diameter_mm - 2 * edge_exclusion_mm", diameter - 2 * edge)
    site = (np.sqrt(area) + street) ** 2
    return np.pi * (usable / 2) ** 2 / site * np.exp(-2 * np.sqrt(site) / usable)


def gross_dies_packed(
    width_mm: float,
    height_mm: float,
    wafer_diameter_mm: float = WAFER_DIAMETER_MM,
    edge_exclusion_mm: float = EDGE_EXCLUSION_MM,
    scribe_mm: float = SCRIBE_MM,
) -> int:
    """Dies on a wafer by laying a grid and counting: the best of four placements, die or street in the middle.

    Rows and columns stay in line, as a scanner prints them. Scalars only.
    Decides: which shape of die wastes least of a wafer.

    >>> gross_dies_packed(26.0, 31.3)  # 814 mm2
    67
    """
    right = float(positive("width_mm", width_mm)) + float(not_negative("scribe_mm", scribe_mm))
    up = float(positive("height_mm", height_mm)) + float(scribe_mm)
    edge = not_negative("edge_exclusion_mm", edge_exclusion_mm)
    radius = float(positive("wafer_diameter_mm - 2 * edge_exclusion_mm", wafer_diameter_mm - 2 * edge)) / 2
    return max(_in_circle(right, up, radius, x, y) for x in (0.0, right / 2) for y in (0.0, up / 2))


def _in_circle(right: float, up: float, radius: float, x: float, y: float) -> int:
    """Count cells of a grid that lie wholly in a circle; `x`, `y` shift the grid against the centre."""
    columns = np.arange(-math.ceil(radius / right) - 1, math.ceil(radius / right) + 1) * right + x
    rows = np.arange(-math.ceil(radius / up) - 1, math.ceil(radius / up) + 1) * up + y
    far_x = np.maximum(np.abs(columns), np.abs(columns + right))
    far_y = np.maximum(np.abs(rows), np.abs(rows + up))
    return int(np.count_nonzero(np.hypot(far_x[:, None], far_y[None, :]) <= radius))


def _defects(die_area_mm2: Numbers, defects_per_cm2: Numbers) -> FloatArray:
    """Return the mean number of killing defects on a die."""
    area, density = positive("die_area_mm2", die_area_mm2), not_negative("defects_per_cm2", defects_per_cm2)
    together(die_area_mm2=area, defects_per_cm2=density)
    return area / MM2_PER_CM2 * density


def poisson_yield(die_area_mm2: Numbers, defects_per_cm2: Numbers) -> FloatArray:
    """Share of good dies if defects fall independently of each other: `exp(-A D)`.

    Known bias: too low, because real defects come in clusters. Decides: the cautious yield for a plan.

    >>> round(float(poisson_yield(100, 1.271)), 3)
    0.281
    """
    return np.exp(-_defects(die_area_mm2, defects_per_cm2))


def murphy_yield(die_area_mm2: Numbers, defects_per_cm2: Numbers) -> FloatArray:
    """Share of good dies if the defect density itself varies over wafers, as a triangle: `((1 - exp(-A D)) / A D)^2`.

    The industry's usual choice. Decides: the yield to expect of a die of a given size.

    >>> round(float(murphy_yield(100, 1.271)), 3)  # published for a test chip at 5 nm in 2019: 32.0 %
    0.32
    """
    mean = _defects(die_area_mm2, defects_per_cm2)
    above_zero = np.where(mean > 0, mean, 1.0)
    return np.where(mean > 0, (-np.expm1(-above_zero) / above_zero) ** 2, 1.0)[()]


def seeds_yield(die_area_mm2: Numbers, defects_per_cm2: Numbers) -> FloatArray:
    """Share of good dies if the defect density is spread exponentially: `1 / (1 + A D)`.

    The optimistic end. Some authors call `exp(-sqrt(A D))` by this name. Decides: the best case for a large die.

    >>> float(seeds_yield(100, 1))
    0.5
    """
    return 1 / (1 + _defects(die_area_mm2, defects_per_cm2))


def negative_binomial_yield(die_area_mm2: Numbers, defects_per_cm2: Numbers, cluster_alpha: Numbers) -> FloatArray:
    """Share of good dies if defects cluster: `(1 + A D / alpha)^-alpha`.

    `cluster_alpha` above 0: the smaller, the more clustered; 1 is `seeds_yield`, very large is `poisson_yield`.
    Decides: how much a fab's clustering helps a large die.

    >>> round(float(negative_binomial_yield(814, 0.1, 2)), 3)
    0.505
    """
    mean, alpha = _defects(die_area_mm2, defects_per_cm2), positive("cluster_alpha", cluster_alpha)
    together(defects=np.asarray(mean), cluster_alpha=alpha)
    return np.exp(-alpha * np.log1p(mean / alpha))


def harvested_yield(die_yield: Numbers, salvage_fraction: Numbers) -> FloatArray:
    """Share of dies that can be sold when part of the bad ones is sold with a block switched off: `Y + s (1 - Y)`.

    `salvage_fraction` 0 to 1; every large accelerator is sold so, and the share is secret.
    Decides: whether to sell cut parts.

    >>> float(harvested_yield(0.5, 0.6))
    0.8
    """
    share = not_negative("die_yield", die_yield, at_most=1)
    salvage = not_negative("salvage_fraction", salvage_fraction, at_most=1)
    together(die_yield=share, salvage_fraction=salvage)
    return share + salvage * (1 - share)


def spare_units_yield(unit_yield: Numbers, units: Numbers, needed: Numbers) -> FloatArray:
    """Share of dies with at least `needed` of `units` equal blocks good: the upper tail of a binomial.

    The H100 is sold with 132 of 144 blocks. Treats blocks as independent, which clustered defects are not, and nothing
    but the blocks. Decides: how many spare blocks a design should carry.

    >>> round(float(spare_units_yield(0.99, 144, 144)), 2), round(float(spare_units_yield(0.99, 144, 132)), 2)
    (0.24, 1.0)
    """
    from scipy.special import bdtrc  # here, so that the module itself needs NumPy only

    share = positive("unit_yield", unit_yield, at_most=1)
    count, least = positive("units", units), positive("needed", needed)
    together(unit_yield=share, units=count, needed=least)
    not_negative("units - needed", count - least)
    return np.asarray(bdtrc(np.floor(least) - 1, count.astype(np.int64), share), dtype=np.float64)[()]


def defects_per_cm2_of(die_yield: float, die_area_mm2: float) -> float:
    """Defect density that gives a yield by `murphy_yield`, the question turned round. Scalars only.

    Decides: what a reported yield says about a fab, whatever the size of the chip.

    >>> round(defects_per_cm2_of(0.5, 814), 3)
    0.091
    """
    from scipy.optimize import brentq

    share = float(positive("die_yield", die_yield, at_most=1))
    area = float(positive("die_area_mm2", die_area_mm2))
    if share == 1:
        return 0.0
    # 1 / (1 + x) lies above Murphy's curve and 1 / x^2 does so far out, so the root lies below both
    most = min(1 / share - 1, 1 / math.sqrt(share)) * MM2_PER_CM2 / area
    return float(brentq(lambda density: float(murphy_yield(area, density)) - share, 0.0, most * 2))


def cost_per_good_die_usd(wafer_price_usd: Numbers, gross_dies: Numbers, sellable_yield: Numbers) -> FloatArray:
    """Cost of a die that can be sold, which carries the scrapped ones: `wafer / (dies * yield)`.

    Serves for interposers, too. Decides: how dear a large die is against two half as large.

    >>> round(float(cost_per_good_die_usd(16000, 60, 0.5)))
    533
    """
    wafer, dies = positive("wafer_price_usd", wafer_price_usd), positive("gross_dies", gross_dies)
    share = positive("sellable_yield", sellable_yield, at_most=1)
    together(wafer_price_usd=wafer, gross_dies=dies, sellable_yield=share)
    return wafer / (dies * share)


def hbm_cost_usd(stacks: Numbers, gb_per_stack: Numbers, usd_per_gb: Numbers) -> FloatArray:
    """Cost of stacked memory: `stacks * gb * price`. Decides: memory or logic, where a cost cut pays most.

    >>> float(hbm_cost_usd(5, 16, 15))
    1200.0
    """
    count, size = not_negative("stacks", stacks), not_negative("gb_per_stack", gb_per_stack)
    price = not_negative("usd_per_gb", usd_per_gb)
    together(stacks=count, gb_per_stack=size, usd_per_gb=price)
    return count * size * price


def assembly_loss_usd(parts_usd: Numbers, assembly_yield: Numbers) -> FloatArray:
    """What scrapped packages add to each good one: `parts * (1 / y - 1)`. Good dies and memory are lost with them.

    Decides: what a better packaging line is worth.

    >>> round(float(assembly_loss_usd(4900, 0.83)))
    1004
    """
    parts, share = not_negative("parts_usd", parts_usd), positive("assembly_yield", assembly_yield, at_most=1)
    together(parts_usd=parts, assembly_yield=share)
    return parts * (1 / share - 1)


def accelerator_cost(
    die_area_mm2: Numbers,
    wafer_price_usd: Numbers,
    defects_per_cm2: Numbers,
    hbm_gb: Numbers,
    *,
    dies: Numbers = 1,
    salvage_fraction: Numbers = 0,
    hbm_usd_per_gb: Numbers = HBM_USD_PER_GB.value,
    packaging_usd_per_mm2: Numbers = PACKAGING_USD_PER_MM2.value,
    assembly_loss: Numbers = ASSEMBLY_LOSS.value,
    auxiliary_usd: Numbers = AUXILIARY_USD.value,
) -> Cost:
    """Estimate of what an accelerator costs to make: the whole chain above, for `dies` dies of `die_area_mm2` each.

    Murphy's yield; packaging in proportion to the area of the dies; scrapped packages lose all that is in them. All
    arguments broadcast, so draws of the constants give the band. Known bias: salvage is 0 unless it is given, so logic
    comes out dear; development, which is most of what a designer spends, is not in it.
    Decides: where the money of a chip goes, and what a shortage or a better yield of each part changes.

    >>> round(float(accelerator_cost(814, 16000, 0.1, 80).total_usd))  # the H100; analysts say 3,320
    3226
    """
    area, count = positive("die_area_mm2", die_area_mm2), positive("dies", dies)
    rate = not_negative("packaging_usd_per_mm2", packaging_usd_per_mm2)
    other = not_negative("auxiliary_usd", auxiliary_usd)
    lost = not_negative("assembly_loss", assembly_loss, at_most=1)
    sellable = harvested_yield(murphy_yield(area, defects_per_cm2), salvage_fraction)
    logic = count * cost_per_good_die_usd(wafer_price_usd, gross_dies_estimate(area), sellable)
    memory = hbm_cost_usd(1, hbm_gb, hbm_usd_per_gb)
    packaging = rate * area * count
    loss = assembly_loss_usd(logic + memory + packaging, 1 - lost)
    return Cost(logic, memory, packaging, loss, other[()])


def price_usd(cost_usd: Numbers, gross_margin: Numbers) -> FloatArray:
    """Price from cost and gross margin, the share of the price that is not cost: `cost / (1 - m)`.

    Decides: how far a seller could cut a price.

    >>> round(float(price_usd(3320, 0.88)))
    27667
    """
    cost = positive("cost_usd", cost_usd)
    margin = not_negative("gross_margin", gross_margin, at_most=float(np.nextafter(1.0, 0.0)))
    together(cost_usd=cost, gross_margin=margin)
    return cost / (1 - margin)


def gross_margin(price_usd: Numbers, cost_usd: Numbers) -> FloatArray:
    """Share of a price that is not cost: `1 - cost / price`, negative for a loss. Decides: whether a price can hold.

    >>> round(float(gross_margin(28000, 3320)), 2)
    0.88
    """
    price, cost = positive("price_usd", price_usd), positive("cost_usd", cost_usd)
    together(price_usd=price, cost_usd=cost)
    return 1 - cost / price


def wafer_price_usd_estimate(
    node_nm: Numbers,
    usd_at_kink: Numbers = WAFER_USD_AT_KINK.value,
    exponent_old: Numbers = WAFER_EXPONENT_OLD.value,
    exponent_new: Numbers = WAFER_EXPONENT_NEW.value,
) -> FloatArray:
    """Price of a 300 mm wafer of a node when the node is new: a power of the node's label, steeper below 10 nm.

    `usd_at_kink * (node / 10)^-e`, with one exponent above and one below. The label is a name, not a length. Known
    bias: prices fall as a node ages and differ by customer.
    Decides: whether the next node is worth its price for a given die.

    >>> round(float(wafer_price_usd_estimate(5)), -2)
    13200.0
    """
    node, base = positive("node_nm", node_nm), positive("usd_at_kink", usd_at_kink)
    old, new = positive("exponent_old", exponent_old), positive("exponent_new", exponent_new)
    together(node_nm=node, usd_at_kink=base, exponent_old=old, exponent_new=new)
    relative = node / KINK_NM
    return base * np.where(relative >= 1, relative**-old, relative**-new)[()]
