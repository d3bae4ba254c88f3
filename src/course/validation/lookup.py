"""Which row of our tables a published name means: `H100-SXM`, `h100_80gb` and `DGX-H100` are all the H100 SXM."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from course.data import load
from course.validation.case import NotModelled

# What vendors, benchmarks and papers write, where it is not our name with other punctuation.
_CHIPS = {
    "a100": "A100 SXM 80GB",
    "a10080": "A100 SXM 80GB",
    "a10080gb": "A100 SXM 80GB",
    "a100sxm": "A100 SXM 80GB",
    "a10040": "A100 SXM 40GB",
    "a10040gb": "A100 SXM 40GB",
    "h100": "H100 SXM",
    "h20": "H20",
    "h20fp8": "H20",
    "h200": "H200 SXM",
    "h800": "H800 SXM",
    "v100": "V100 SXM 32GB",
    "gb200": "GB200",
    "gb300": "GB300",
    "b200": "B200",
    "b300": "B300",
}
_SOCKET = re.compile(r"(?<=sxm)\d", re.IGNORECASE)  # SXM4, SXM5: the chip says which
_MEMORY = re.compile(r"[\s_-]+\d{2,3}\s*(gb|gib)?$", re.IGNORECASE)
_NOISE = re.compile(
    r"^(nvidia|amd|intel|google|huawei|dgx|hgx|nvl72|cloud)+|(hbm3e?|hbm2e?|nvl72|nvl8|tensorcoregpu|gpu)$"
)


def chip_row(name: str) -> dict[str, Any]:
    """Return the row of `chips` that a published name means; `NotModelled` if there is none."""
    rows = _chips()
    name = _SOCKET.sub("", name)
    spellings = [_plain(text) for text in (name, _MEMORY.sub("", name))]
    for candidate in [*spellings, *(_NOISE.sub("", spelling) for spelling in spellings)]:
        for found in (candidate, _plain(_CHIPS.get(candidate, "")), candidate + "sxm"):
            if found in rows:
                return rows[found]
    raise NotModelled(f"chip {name!r} is not in chips.csv")


def model_row(name: str) -> dict[str, Any]:
    """Return the row of `models` that a published name means; `NotModelled` if there is none."""
    rows = _models()
    plain = _plain(name.rsplit("/", 1)[-1])
    tails = r"(fp8|fp4|nvfp4|mxfp4|mxfp8|bf16|awq|gptq|int8|int4|instruct|chat|base|it|hf|pretrained|v0\d)+$"
    for candidate in (plain, re.sub(tails, "", plain), "meta" + plain):
        if candidate in rows:
            return rows[candidate]
    raise NotModelled(f"model {name!r} is not in models.csv")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def _chips() -> dict[str, dict[str, Any]]:
    return {_plain(str(row["chip"])): row for row in _records("chips")}


@cache
def _models() -> dict[str, dict[str, Any]]:
    return {_plain(str(row["model"])): row for row in _records("models")}


def _records(table: str) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in load(table).to_dict("records")]
