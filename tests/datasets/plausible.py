"""Figures that break a plausibility rule, each with its reason: the one list of excuses, for all tables.

A rule says which rows are wrong; what is not excused fails, and so does an excuse that is not needed any more.
"""

from __future__ import annotations

import pandas as pd

INT8_CUT = "int8 units were cut in favour of fp4"
INT8_CHIP = "made for int8; fp16 runs at 1/64 of the fp32 rate"
ON_CHIP = "memory on the chip"
SHORT_OF_POWER = "the source takes chips away for a time, when power was short"
CUT_H200 = "as printed: these clouds list the newer H200 below the H100"
HYDRO = "a part of the country that lives on hydropower"
UNSTARRED = "people take stars back, and an old repository gains few"

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
    (
        "link differs from that of its chip in chips.csv",
        "infinity-fabric-mi250x-seven-links",
    ): "seven links counted, chips.csv has eight",
    (
        "link differs from that of its chip in chips.csv",
        "ub-atlas-950",
    ): "product page of 2026, chips.csv has the announcement of 2025",
    ("H100 equivalents do not follow from the chips", "aws-ec2-trn1"): "the source counts 420 TOP/s, chips.csv 380",
    ("H100 equivalents do not follow from the chips", "novo-nordisk-gefion"): "the source takes a sparse peak",
    (
        "hardware for each chip outside 3,000 to 60,000 USD",
        "novo-nordisk-gefion",
    ): "the sum that was reported pays for the whole project",
    ("site loses power", "xai-colossus-1-memphis-tennessee-2025-09-17"): SHORT_OF_POWER,
    ("site loses chips", "xai-colossus-1-memphis-tennessee-2025-09-17"): SHORT_OF_POWER,
    (
        "share does not fit the count",
        "llama3-405b-faulty-gpu",
    ): "148 of 419 is 35.3 %, the paper prints 30.1 %: the error is in the paper",
    ("reserved above on-demand", "lambda-h100-sxm-8x-2023-09-29-reserved-3-months"): (
        "the page asks more for three months of a cluster than on demand: a price of the shortage of 2023"
    ),
    ("newer chip cheaper than the older one", "azure-h200-sxm-8x-japaneast-2026-10-10-on-demand"): CUT_H200,
    ("newer chip cheaper than the older one", "gcp-h200-sxm-8x-us-central1-2026-10-10-on-demand"): CUT_H200,
    ("carbon below 0.5 times that of the country", "alibaba-cloud-cn-chengdu"): HYDRO,
    ("carbon below 0.5 times that of the country", "gcp-northamerica-northeast1"): HYDRO,
    ("carbon below 0.5 times that of the country", "gcp-us-west1"): HYDRO,
    ("a cumulative count falls", "stars-chatglm-6b-2025-04-01"): UNSTARRED,
    ("a cumulative count falls", "stars-gpt4all-2026-06-01"): UNSTARRED,
    ("stars leap by more than 60 % in a month", "stars-claude-code-2025-08-01"): "a young repository",
    ("spending halves or trebles in a year", "alibaba-capex-as-reported-fy26q1"): "published: up 220 %",
    ("spending halves or trebles in a year", "oracle-capex-cash-fy25"): "both years filed: the build-out began",
    ("spending halves or trebles in a year", "tencent-capex-as-reported-cy2024"): "published: up 221 %",
    ("a count of use falls", "chatgpt-users-weekly-2025-08-04"): "a round statement after a value read off a figure",
    (
        "a company serves more than its country",
        "doubao-tokens-per-day-2026-06",
    ): "a claim next to an older national count",
}


def broken_by(rule: str, keys: pd.Series, wrong: pd.Series) -> set[str]:
    """Return the keys of the rows that break `rule` without an excuse; `wrong` is aligned with `keys`."""
    names = set(keys[wrong.reindex(keys.index).fillna(False).astype(bool)])
    excused = {key for (excused_rule, key) in EXCUSED if excused_rule == rule}
    assert excused <= names, f"needless excuses of {rule!r}: {sorted(excused - names)}"
    return names - excused
