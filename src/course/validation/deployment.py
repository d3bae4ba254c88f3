"""What a published serving result ran: its model and its server, from the inputs and our tables."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

from aistack.chips import GIGA, MATMUL_EFFICIENCY
from aistack.server import FP8_BITS, Efficiency, Server
from aistack.serving import Model
from aistack.throughput import requests_estimate
from course.validation.case import Inputs, NotModelled
from course.validation.lookup import chip_row, model_row, scale_up_gb_s
from course.validation.names import STANDARD

PCIE_GB_S = 16  # one way between cards: half of PCIe 4 x16 (links.csv), as data pass the host in and out
STACKED_GB_S = 1800  # no card of these years with plain memory reads as fast
PCIE_5_SINCE = 2024  # cards from this year on have twice that
MODULE_GB_S = 200  # one way: what modules with stacked memory have at least since 2022 (H800, A800: links.csv)
SCALES_FP4 = 9 / 8  # NVFP4 keeps a one-byte scale for each 16 numbers of half a byte
FP8_SINCE = 2022  # chips before it that list int8 have no 8-bit floating point
GENERIC_HEAD, GENERIC_KV_HEADS = 128, 8
BLOCK_PARAMETERS = 12  # parameters of a dense layer over its hidden size squared: 4 attention, 8 feed-forward
MOST_CHIPS, NODE = 64, 8

_MORE: dict[str, tuple[str, ...]] = {
    "chip": ("npu", "tpu", "processor", "gpu_model"),
    "chips": ("npus", "n_npus", "tpus", "world_size"),
    "engine": ("framework", "backend", "serving_engine", "inference_engine", "software"),
    "kv_precision": ("kv_cache_dtype", "kv_dtype", "kv_cache_precision", "kv_quant", "kv_cache_type"),
    "weight_precision": ("weight_dtype", "weights_dtype", "weight_quant"),
    "weight_bits": ("w_bits", "bits_per_weight"),
    "n_experts": ("experts", "num_experts", "num_local_experts", "n_routed_experts"),
    "experts_per_token": ("top_k", "topk", "num_experts_per_tok", "active_experts", "experts_per_tok"),
    "latent_dim": ("kv_lora_rank", "d_c"),
    "rope_dim": ("qk_rope_head_dim", "d_r"),
    "prompt_tokens": ("isl", "input_tokens", "prompt", "input_len", "input_length", "prompt_len", "prompt_length",
                      "prefill_tokens", "input_seq_len", "input_sequence_length", "avg_input_tokens", "tokens"),
    "output_tokens": ("osl", "out", "gen", "output_len", "output_length", "gen_len", "generated_tokens",
                      "output_seq_len", "output_sequence_length", "avg_output_tokens", "max_new_tokens",
                      "new_tokens", "decode_tokens"),
    "context_tokens": ("context", "mean_kv", "kv_len", "kv_length", "kv_cache_length", "avg_context", "context_len",
                       "seq_len", "seq", "sequence_length", "context_length", "seqlen", "avg_kv_len", "kv_tokens"),
    "batch": ("batch_size", "concurrency", "bs", "concurrent_requests", "max_concurrency", "users", "num_seqs",
              "concurrent_users", "requests_in_flight"),
    "batch_per_chip": ("batch_per_gpu", "batch_per_npu", "batch_size_per_gpu", "batch_size_per_npu",
                       "batch_size_per_chip"),
    "requests": ("num_requests", "num_prompts", "n_requests", "total_requests"),
    "tokens_per_s_user": ("user_tps", "tps_user", "tokens_per_s_per_user", "tok_s_user", "speed_tok_s"),
    "tpot_ms": ("tpot", "itl_ms", "time_per_output_token_ms", "tpot_limit_ms", "tpot_slo_ms"),
    "cache_hit": ("hit", "cache_hit_rate", "hit_rate", "prefix_cache_hit", "cached_share", "reuse_rate"),
    "published_bandwidth_gb_s": ("reported_bandwidth_gb_s", "achieved_bandwidth_gb_s"),
    "published_size_gib": ("model_gib",),
    "power_limit_w": (),
    "dies_used": (),
    "accepted_tokens_per_step": ("tokens_per_step", "acceptance_length", "accept_length"),
}  # fmt: skip
NAMES = {name: (*STANDARD.get(name, ()), *spellings) for name, spellings in _MORE.items()}
"""Input names of all serving topics, beside the shared ones."""


def model_of(inputs: Inputs) -> Model:
    """Return the model that ran: shape given beside the result first, then our table, then a typical dense shape."""
    try:
        known = Model.from_row(_row(inputs.text("model"))) if "model" in inputs else None
    except (NotModelled, ValueError, TypeError):
        known = None
    given = {
        "layers": "layers", "hidden_size": "hidden_size", "kv_heads": "kv_heads", "head_dim": "head_dim",
        "heads": "heads", "vocab_size": "vocab_size", "experts": "n_experts", "experts_per_token": "experts_per_token",
        "latent_dim": "latent_dim", "rope_dim": "rope_dim",
    }  # fmt: skip
    shape: dict[str, Any] = {field: int(inputs.number(name)) for field, name in given.items() if name in inputs}
    parameters = _parameters(inputs)
    if known is None:
        known = _typical(inputs, shape, parameters)
    elif parameters and abs(parameters / known.parameters - 1) > 0.1:  # the row means another member of the family
        shape["parameters"] = parameters
    if "active_params_b" in inputs and (known.experts or "experts" in shape):
        shape["active_parameters"] = inputs.number("active_params_b") * GIGA
    return replace(known, **shape)


def server_of(inputs: Inputs, model: Model) -> Server:
    """Return the chips that served one copy of the model, with the precision that the row names."""
    row = chip_row(re.sub(r"^\d+\s*x\s*", "", inputs.text("chip", inputs.text("system", ""))))
    peaks = {16: _figure(row, "fp16_tflops"), 8: _figure(row, "fp8_tflops") or _figure(row, "int8_tops"),
             4: _figure(row, "fp4_tflops")}  # fmt: skip
    bandwidth, memory = _figure(row, "memory_bandwidth_gb_s"), _figure(row, "memory_gb")
    if not (peaks[16] or peaks[8]) or not bandwidth or not memory:
        raise NotModelled(f"chips.csv lacks a peak, the bandwidth or the memory of {row['chip']}")
    half = peaks[16] or peaks[8] / 2
    weight, bits = _precision(inputs)
    while bits < 16 and not peaks[bits]:  # a chip without such arithmetic unpacks the weights and computes wider
        bits *= 2
    floats = _figure(row, "fp8_tflops") or _figure(row, "release_year") >= FP8_SINCE
    if bits == 8 and not floats and "int8" not in inputs.text("precision", "").lower():
        bits = 16
    stages = int(inputs.number("pipeline_parallel", 1))
    part = inputs.number("chips", 1)  # half a chip is one of its two dies
    if 0 < part < 1:
        bandwidth, memory, half = bandwidth * part, memory * part, half * part
        peaks = {width: peak * part for width, peak in peaks.items()}
    one = Server(1, max(peaks[bits] or half, half), half, bandwidth, memory,
                 link_gb_s=_link(row),
                 bits=bits, bytes_per_weight=weight, bytes_per_number=bytes_per_number(inputs, model))  # fmt: skip
    chips = _chips(inputs, stages) or _fewest(model, one)
    wide = inputs.number("expert_parallel", 0) > NODE  # such set-ups let two halves of the batch take turns
    return replace(one, chips=chips, stages=min(stages, chips), hidden_exchange=wide)


def efficiency_on(inputs: Inputs, efficiency: Efficiency) -> Efficiency:
    """Return the efficiency on the row's chip: products reach less of the peak on AMD's chips than on NVIDIA's."""
    name = re.sub(r"^\d+\s*x\s*", "", inputs.text("chip", inputs.text("system", "")))
    maker = MATMUL_EFFICIENCY.get(str(chip_row(name)["vendor"]))
    if maker is None:
        return efficiency
    share = maker.value / MATMUL_EFFICIENCY["NVIDIA"].value
    return efficiency._replace(
        gemm_share_16=efficiency.gemm_share_16 * share,
        gemm_share_8=efficiency.gemm_share_8 * share,
        gemm_share_4=efficiency.gemm_share_4 * share,
    )


def _chips(inputs: Inputs, stages: int) -> int:
    """Return the chips that serve one copy, 0 if the row does not say."""
    named = re.search(r"\(tp\s*(\d+)\)|[-_ ]tp(\d+)$", inputs.text("model", ""), re.IGNORECASE)
    for name, factor in (("expert_parallel", 1), ("chips", 1), ("tensor_parallel", stages)):
        if name in inputs and inputs.number(name) >= 1:
            return int(inputs.number(name)) * factor
    if named:
        return int(named.group(1) or named.group(2))
    return int(inputs.number("chips_per_node", 0) * inputs.number("nodes", 1))


def _fewest(model: Model, one: Server) -> int:
    chips = 1
    while chips < MOST_CHIPS and requests_estimate(model, replace(one, chips=chips), 1000, 1000) < 1:
        chips *= 2
    return chips


def bytes_per_weight(inputs: Inputs) -> float:
    """Return the bytes of a weight in the precision that the row names."""
    return _precision(inputs)[0]


def bytes_per_number(inputs: Inputs, model: Model | None) -> float:
    """Return the bytes of a cached number.

    TensorRT-LLM narrows the cache with the weights; vLLM and SGLang leave it at 16 bits unless told otherwise, and so
    do those who serve latent attention, but for 4-bit weights (TensorRT-LLM on DeepSeek-R1-0528-FP4: 8 bits).
    """
    if "bytes_per_number" in inputs:
        return inputs.number("bytes_per_number")
    cache = inputs.text("kv_precision", "").lower()
    if cache:
        return 0.5 if "4" in cache else 1.0 if "8" in cache else 2.0
    wide = re.search(r"vllm|sglang|lmdeploy|tgi", inputs.text("engine", "").lower())
    bits = _precision(inputs)[1]
    return 2.0 if wide or bits > FP8_BITS or (model and model.latent_dim and bits == FP8_BITS) else 1.0


def _precision(inputs: Inputs) -> tuple[float, int]:
    """Return bytes per weight and bits of the arithmetic."""
    text = f"{inputs.text('precision', '')} {inputs.text('weight_precision', '')}".lower()
    name = inputs.text("model", "").lower()
    if not text.strip():
        match = re.search(r"nvfp4|mxfp4|fp4|w4a16|awq|gptq|int4|fp8|w8a8|int8|bf16|fp16|\bq[48]_\w+", name)
        native = "fp8" if "deepseek" in name or "kimi" in name else "mxfp4" if "gpt-oss" in name else "fp16"
        text = match.group(0) if match else native
    if re.search(r"w4a16|awq|gptq|int4|q4|4[- ]?bit w", text):
        weight, bits = 0.5 * SCALES_FP4, 16
    elif "mxfp4" in text or "gpt-oss" in name or "gptoss" in name:
        weight, bits = 0.5 * SCALES_FP4, 4 if "fp4" in text and "mx" not in text else 16
    elif re.search(r"fp4|w4a4|w4a8", text):
        weight, bits = 0.5 * SCALES_FP4, 4
    elif re.search(r"int8 w|w8a16|weight[- ]only|q8", text):
        weight, bits = 1.0, 16
    elif re.search(r"fp8|int8|w8a8|e4m3", text):
        weight, bits = 1.0, 8
    else:
        weight, bits = (4.0, 16) if re.search(r"fp32|float32", text) else (2.0, 16)
    if "bytes_per_weight" in inputs:
        weight = inputs.number("bytes_per_weight")
    elif "weight_bits" in inputs:
        weight = inputs.number("weight_bits") / 8
    return weight, bits


def _parameters(inputs: Inputs) -> float:
    for name, factor in (("params", 1.0), ("params_b", GIGA), ("total_params_b", GIGA)):
        if name in inputs:
            return inputs.number(name) * factor
    return 0.0


def _typical(inputs: Inputs, shape: dict[str, Any], parameters: float) -> Model:
    """Return a dense transformer of the size that the row gives, where our table lacks the model."""
    name = inputs.text("model", "a model")
    size = re.search(r"(\d+(?:\.\d+)?)\s*b(?![a-z])", name.lower())
    if not parameters and size and not re.search(r"\d+x\d+|a\d+b|moe", name.lower()):
        parameters = float(size.group(1)) * GIGA
    if {"layers", "hidden_size"} <= shape.keys():
        parameters = parameters or BLOCK_PARAMETERS * shape["layers"] * shape["hidden_size"] ** 2
    elif not parameters:
        raise NotModelled(f"model {name!r} is not in models.csv and its size is not given")
    # width grows with depth about as 128 to 1
    layers = shape.get("layers") or max(round((parameters / BLOCK_PARAMETERS / GENERIC_HEAD**2) ** (1 / 3)), 1)
    hidden = shape.get("hidden_size") or math.ceil(math.sqrt(parameters / BLOCK_PARAMETERS / layers))
    return Model(name, parameters, layers, hidden, shape.get("kv_heads", GENERIC_KV_HEADS),
                 shape.get("head_dim", GENERIC_HEAD))  # fmt: skip


def _link(row: dict[str, Any]) -> float:
    """Return what a chip sends to its neighbours: by links.csv, by chips.csv, or what its kind has at least."""
    module = _figure(row, "memory_bandwidth_gb_s") > STACKED_GB_S and "PCIe" not in str(row["chip"])
    card = PCIE_GB_S * (2 if _figure(row, "release_year") >= PCIE_5_SINCE else 1)
    return scale_up_gb_s(row) or (MODULE_GB_S if module else card)


def _row(name: str) -> dict[str, Any]:
    plain = re.sub(r"\(.*?\)", "", name).strip()
    for candidate in (plain, *plain.split("/"), re.sub(r"[-_ ]tp\d+$", "", plain, flags=re.IGNORECASE)):
        try:
            return model_row(candidate)
        except NotModelled:
            continue
    raise NotModelled(f"model {name!r} is not in models.csv")


def _figure(row: dict[str, Any], column: str) -> float:
    value = row.get(column)
    return float(value) if isinstance(value, (int, float)) and value == value else 0.0
