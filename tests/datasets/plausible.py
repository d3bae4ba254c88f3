"""Figures that break a plausibility rule, each with its reason: the one list of excuses, for all tables.

A rule says which rows are wrong; what is not excused fails, and so does an excuse that is not needed any more.
"""

from __future__ import annotations

import pandas as pd

INT8_CUT = "int8 units were cut in favour of fp4"
INT8_CHIP = "made for int8; fp16 runs at 1/64 of the fp32 rate"
ON_CHIP = "memory on the chip"
CUT_H200 = "as printed: these clouds list the newer H200 below the H100"
HYDRO = "a part of the country that lives on hydropower"

EXCUSED: dict[tuple[str, str], str] = {
    ("int8 far below fp16", "B300"): INT8_CUT,
    ("int8 far below fp16", "GB300"): INT8_CUT,
    ("int8 far below fp16", "Rubin (VR200)"): INT8_CUT,
    ("int8 above 4.1 times fp16", "P4"): INT8_CHIP,
    ("ridge outside 1 to 1,500 FLOP/byte", "P4"): INT8_CHIP,
    ("ridge outside 1 to 1,500 FLOP/byte", "P40"): INT8_CHIP,
    ("more than 30 TB/s", "GroqChip"): ON_CHIP,
    ("more than 30 TB/s", "WSE-3"): "memory on the chip, a whole wafer of it",
    ("more than 30 TB/s", "GC200"): ON_CHIP,
    ("more than 30 TB/s", "Corsair"): ON_CHIP,
    ("reserved above on-demand", "lambda-h100-sxm-8x-2023-09-29-reserved-3-months"): (
        "the page asks more for three months of a cluster than on demand: a price of the shortage of 2023"
    ),
    ("newer chip cheaper than the older one", "azure-h200-sxm-8x-japaneast-2026-10-10-on-demand"): CUT_H200,
    ("newer chip cheaper than the older one", "gcp-h200-sxm-8x-us-central1-2026-10-10-on-demand"): CUT_H200,
    ("carbon below 0.5 times that of the country", "alibaba-cloud-cn-chengdu"): HYDRO,
    ("carbon below 0.5 times that of the country", "gcp-northamerica-northeast1"): HYDRO,
    ("carbon below 0.5 times that of the country", "gcp-us-west1"): HYDRO,
}


def broken_by(rule: str, keys: pd.Series, wrong: pd.Series) -> set[str]:
    """Return the keys of the rows that break `rule` without an excuse; `wrong` is aligned with `keys`."""
    names = set(keys[wrong.reindex(keys.index).fillna(False).astype(bool)])
    excused = {key for (excused_rule, key) in EXCUSED if excused_rule == rule}
    assert excused <= names, f"needless excuses of {rule!r}: {sorted(excused - names)}"
    return names - excused
