"""Which row of our tables a published name means: `H100-SXM`, `h100_80gb` and `DGX-H100` are all the H100 SXM."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
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
    "v100sxm": "V100 SXM 32GB",
    "v100pcie": "V100 PCIe 16GB",
    "a100pcie": "A100 PCIe 80GB",
    "mi300": "MI300X",
    "atlas800ia2": "Ascend 910B",
    "atlas800ta2": "Ascend 910B",
    "atlas900a2": "Ascend 910B",
    "atlas800ia3": "Ascend 910C",
    "atlas800ta3": "Ascend 910C",
    "atlas900a3": "Ascend 910C",
    "cloudmatrix384": "Ascend 910C",
    "v5e": "TPU v5e",
    "v5p": "TPU v5p",
    "v6e": "TPU v6e",
    "trainium": "Trainium1",
    "trn1": "Trainium1",
    "trn2": "Trainium2",
    "inferentia": "Inferentia2",
    "tpuv5lite": "TPU v5e",
    "tpuv5litepod": "TPU v5e",
    "trillium": "TPU v6e",
    "ironwood": "TPU v7",
    "gb200": "GB200",
    "gb300": "GB300",
    "b200": "B200",
    "b300": "B300",
}
_SOCKET = re.compile(r"(?<=sxm)\d", re.IGNORECASE)  # SXM4, SXM5: the chip says which
_MEMORY = re.compile(r"[\s_-]+\d{2,3}\s*(gb|gib)?$", re.IGNORECASE)
# What benchmarks call a model, where it is not our name with other punctuation; both sides without punctuation.
_MODELS = {
    "r1": "deepseekr1",
    "v3": "deepseekv3",
    "deepseekr10528": "deepseekr1",
    "kimik2instruct": "kimik2",
    "llama27b": "llama7b",
    "llama3405b": "llama31405b",
    "mixtral8x7bv01": "mixtral8x7b",
    "gptj": "gptj6b",
    "maverick": "llama4maverick",
    "llama4maverick17b128e": "llama4maverick",
    "llama4scout17b16e": "llama4scout",
    "turing530b": "megatronturingnlg530b",
    "mtnlg530b": "megatronturingnlg530b",
    "megatronturing530b": "megatronturingnlg530b",
    "gpt3": "gpt3175b",
}
_TAILS = re.compile(
    r"(fp8|fp4|nvfp4|mxfp4|mxfp8|bf16|fp16|awq|gptq|int8|int4|w8a8|w4a16|kv|dynamic|instruct|chat|base|it|hf"
    r"|pretrained|v0\.?\d)+$"
)
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
    for candidate in _arranged(name):
        for found in (candidate, _plain(_CHIPS.get(candidate, "")), candidate + "sxm"):
            if found in rows:
                return rows[found]
    raise NotModelled(f"chip {name!r} is not in chips.csv")


def _arranged(name: str) -> Iterator[str]:
    """Yield what a longer description may mean: any of its words as the chip, with its form and its memory.

    >>> "a100pcie80gb" in _arranged("8x NVIDIA A100 80GB PCIe")
    True
    """
    words = [re.sub(r"^\d+x(?=.)|(?<=.)x\d+$", "", word) for word in re.split(r"[^a-z0-9]+", name.lower())]
    words = [re.sub(r"^(sxm\d?|hgx|nvlink|dgxs?)$", "sxm", word) for word in words]
    form = next((word for word in words if word in ("pcie", "sxm", "nvl")), "")
    memory = next((found[1] + "gb" for word in words if (found := re.fullmatch(r"(\d{2,3})(gb?)?", word))), "")
    rest = [word for word in words if word and word != form and word.removesuffix("gb").removesuffix("g") not in memory]
    for size in (2, 1):
        for start in range(len(rest) - size + 1):
            chip = "".join(rest[start : start + size])
            yield from (chip + form + memory, chip + form, chip + memory, chip)


def is_geforce(row: dict[str, Any]) -> bool:
    """Whether a chip is a card for consumers: cheaper for each watt, slower where sums are in 32 bits."""
    return bool(re.match(r"(geforce )?(rtx|gtx) ?\d", str(row.get("chip")).lower()))


def scale_up_gb_s(row: dict[str, Any]) -> float:
    """Return what a chip sends to its neighbours, one way: by `links`, or by `chips`; 0 where neither knows."""
    links = load("links")
    named = links[(links["chip"] == row["chip"]) & (links["role"] == "scale-up")]["bandwidth_per_direction_gb_s"]
    both = row["interconnect_gb_s"]  # in both directions
    return float(named.min()) if named.notna().any() else float(both) / 2 if both == both else 0.0


def model_row(name: str) -> dict[str, Any]:
    """Return the row of `models` that a published name means; `NotModelled` if there is none.

    Names are compared letter by letter; points count first (OPT-1.3B is not OPT-13B), then they do not.
    """
    for spell in (_pointed, _plain):
        rows = _models(spell)
        for part in (name, name.rsplit("/", 1)[-1], name.split("/", 1)[0]):
            word = spell(part)
            bare = re.sub(r"^(meta|nvidia|google|qwen(?=qwen)|deepseekai|mistralai|openai|ibm|microsoft)", "", word)
            for candidate in (word, bare, _TAILS.sub("", bare), "meta" + word, _MODELS.get(_TAILS.sub("", bare), "")):
                if candidate in rows:
                    return _shaped(rows[candidate])
    found = _of_family(name)
    if found:
        return _shaped(found)
    raise NotModelled(f"model {name!r} is not in models.csv")


def _shaped(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the shape of its maker's model of the same size, if its own is not known (GLM-4.6: GLM-4.5)."""
    if _known(row["n_layers"]):
        return row
    for other in _records("models"):
        sizes = [(row[size], other[size]) for size in ("total_params_b", "active_params_b") if _known(row[size])]
        alike = all(_known(its) and abs(its / mine - 1) < _SIBLING for mine, its in sizes)
        if other["developer"] == row["developer"] and _known(other["n_layers"]) and sizes and alike:
            return other | {name: cell for name, cell in row.items() if _known(cell)}
    return row


def _known(cell: object) -> bool:
    return cell is not None and cell == cell


def _of_family(name: str) -> dict[str, Any] | None:
    """Return the row that has all words of a name and the size in it: "Qwen3 MoE 30B", "DeepSeek V3 671B".

    A name without a size means the largest model that adds nothing but its size: "BLOOM" is BLOOM 176B.
    """
    words = [word for word in _words(name) if not _PLAIN_WORDS.fullmatch(word)]
    sizes = [float(size[1]) * _SCALES[size[2]] for word in words if (size := _SIZE.fullmatch(word))]
    family = {word for word in words if not _SIZE.fullmatch(word)}
    if len(sizes) > 1 or not family:
        return None
    found = []
    for row in _records("models"):
        total, more = row["total_params_b"], set(_words(str(row["model"]))) - family
        if not _known(total) or not family <= set(_words(str(row["model"]))):
            continue
        if sizes and abs(total / sizes[0] - 1) < _SAME_SIZE:
            found.append((-len(more), total, row))
        elif not sizes and all(_PLAIN_WORDS.fullmatch(word) or _SIZE.fullmatch(word) for word in more):
            found.append((0, total, row))
    return max(found, key=lambda each: each[:2])[2] if found else None


_PLAIN_WORDS = re.compile(
    r"moe|dense|model|exp|preview|instruct|chat|base|it|hf|pretrain(ed|ing)?|training|w|mtp|fp8|bf16|fp4"
)
_SIZE, _SCALES, _SAME_SIZE = re.compile(r"(\d+(?:\.\d+)?)([bt])"), {"b": 1.0, "t": 1000.0}, 0.06
_SIBLING = 0.05  # models of one maker whose sizes differ by less have one shape


def _words(name: str) -> list[str]:
    """Return the words of a name; V3 is 3."""
    return [re.sub(r"^v(?=\d)", "", word) for word in re.split(r"[^a-z0-9.]+", name.lower()) if word]


def run_row(name: str) -> dict[str, Any]:
    """Return the training run, with its chip and hours, that a published name means; `NotModelled` if there is none."""
    plain = _plain(name)
    rows = _runs()
    if plain in rows:
        return rows[plain]
    raise NotModelled(f"no run of {name!r} with chip and hours is in training_runs.csv")


@cache
def _runs() -> dict[str, dict[str, Any]]:
    """Runs under their names and their models' names, with and without what stands in brackets; the first one wins."""
    found: dict[str, dict[str, Any]] = {}
    rows = load("training_runs").dropna(subset=["chip", "accelerator_hours"])
    for row in rows.to_dict("records"):
        for name in (str(row["run"]), str(row["model"])):
            for spelling in (name, re.sub(r"\(.*?\)", "", name)):
                found.setdefault(_plain(spelling), {str(key): cell for key, cell in row.items()})
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def _chips() -> dict[str, dict[str, Any]]:
    return {_plain(str(row["chip"])): row for row in _records("chips")}


def _pointed(name: str) -> str:
    """Return a name with the points between its digits, but no other punctuation."""
    return re.sub(r"[^a-z0-9.]|\.(?!\d)|(?<!\d)\.", "", name.lower())


@cache
def _models(spell: Callable[[str], str]) -> dict[str, dict[str, Any]]:
    return {spell(str(row["model"])): row for row in reversed(_records("models"))}


def _records(table: str) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in load(table).to_dict("records")]
