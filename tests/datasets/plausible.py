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
TAUGHT = "cut out of a larger model and taught by it, whose answers cost more than its own steps"
ONCE = "the source counts the data once, the model was trained on it several times"
TUNED = "trained on from another model: the tokens are those of the last stage, the compute is that of all"
EXPERTS = "a mixture of experts whose active parameters no source gives"
SPECULATIVE = "the source calls its own figure speculative"
TOLD = "as the developer counts or names it"

FAR_FROM_6ND = {
    ONCE: "GPT-1; BERT-Large; GPT-2 (1.5B); XLNet; RoBERTa Large; Megatron-BERT; Megatron-LM (8.3B); DistilBERT; "
    "T5-11B; T5-3B; XLM-RoBERTa; Meena; Turing-NLG; ELECTRA; GShard (dense); LUKE; Generative BST; PLUG; EMDR; "
    "DeBERTa; XLMR-XXL; CodeT5-large; GLM-130B; Galactica; Vega v2; StarCoder",
    TUNED: "Statement Curriculum Learning; Codex; Minerva (540B); BlenderBot 3; Flan-PaLM 540B; U-PaLM (540B); "
    "ALLaM adapted 70B; DeepSeek-Coder-V2 236B; LLaVA-OV-72B; NVLM-D 72B; NVLM-H 72B; NVLM-X 72B; EXAONE Deep 32B",
    EXPERTS: "Switch; M6-T; ST-MoE; NLLB; GPT-4 (Mar 2023); GPT-4 (Jun 2023); PanGu-Σ; Hunyuan-TurboS; Qwen3-Max; "
    "MiMo-V2.5-Pro",
    SPECULATIVE: "ELMo; Transformer-XL (257M); ALBERT-xxlarge; HyperCLOVA 204B; ONE-PEACE",
    "operations of the hardware, with what is computed twice": "OPT-175B",
    "the source derives it from hours and chips": "GPT-NeoX-20B",
    "the model did not see all of the data": "LaMDA",
    "trained on pictures and text; only one of them is counted in tokens": "PaLI; BLIP-2 (Q-Former)",
    "cut down from a larger model, whose training is counted": "AFM-on-device",
    "the source has left out the factor 6, and a mixture of experts": "Inkling",
}

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
    (
        "implied utilisation outside 0.02 to 0.75",
        "epoch-luke",
    ): "the compute counts the model that it was made from, the hours do not",
    (
        "utilisation and the one implied differ by more than a quarter",
        "epoch-palm-540b",
    ): "only the first of two phases used all chips: the product of chips and hours is too high",
    (
        "utilisation and the one implied differ by more than a quarter",
        "epoch-bloomberggpt",
    ): "the compute is that of the hardware, as the share hfu shows",
    (
        "cost outside 0.05 to 6 USD a chip-hour",
        "epoch-deberta",
    ): "0.04 USD, as the source computes it; not explained",
    ("hours of a run imply a utilisation outside 0.15 to 0.6", "run_llama32_1b"): TAUGHT,
    ("hours of a run imply a utilisation outside 0.15 to 0.6", "run_llama32_3b"): TAUGHT,
    ("size is not the one in the name", "SPHINX (Llama 2 13B)"): "named after the language model inside",
    ("size is not the one in the name", "Gemma 2B"): TOLD,
    ("size is not the one in the name", "Gemma 7B"): TOLD,
    ("size is not the one in the name", "Llama 3.2 1B"): TOLD,
    ("size is not the one in the name", "DeepSeek R1 Distill Qwen 1.5B"): TOLD,
    ("size is not the one in the name", "Qwen2.5-VL-7B"): "the part that sees is not in the name",
    ("size is not the one in the name", "Qwen3-Omni-30B-A3B"): "the parts that see and hear are not in the name",
}
EXCUSED |= {
    ("compute and 6 N D differ by more than a factor of 2", name): reason
    for reason, names in FAR_FROM_6ND.items()
    for name in names.split("; ")
}


def broken_by(rule: str, keys: pd.Series, wrong: pd.Series) -> set[str]:
    """Return the keys of the rows that break `rule` without an excuse; `wrong` is aligned with `keys`."""
    names = set(keys[wrong.reindex(keys.index).fillna(False).astype(bool)])
    excused = {key for (excused_rule, key) in EXCUSED if excused_rule == rule}
    assert excused <= names, f"needless excuses of {rule!r}: {sorted(excused - names)}"
    return names - excused
