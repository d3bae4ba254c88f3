"""The names of a published result's inputs: one standard name for each, and the spellings that stand for it.

Papers, repositories and tables call the same thing many names. A predictor reads standard names only; what is not
known here is not dropped but reported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

STANDARD: dict[str, tuple[str, ...]] = {
    # what ran on what
    "model": ("model_name", "network"),
    "chip": ("gpu", "accelerator", "device", "gpu_type", "accelerator_type", "hardware", "npu", "tpu", "hpu"),
    "system": ("node_type", "server"),
    "chips": (
        *("gpus", "accelerators", "n_gpus", "num_gpus", "gpu_count", "n_chips", "num_accelerators", "num_chips"),
        *("num_devices", "n_devices", "devices", "cards", "npus", "num_npus", "tpus", "hpus", "world_size"),
    ),
    "nodes": ("n_nodes", "num_nodes", "n_hosts", "num_hosts"),
    "chips_per_node": ("gpus_per_node", "accelerators_per_node", "npus_per_node", "devices_per_node"),
    "precision": ("dtype", "number_format", "quantization", "data_type", "compute_dtype"),
    # the shape of a model
    "params_b": ("parameters_b", "size_b", "n_params_b"),
    "params": ("nparams", "n_params", "parameters"),
    "total_params_b": ("total_b",),
    "active_params_b": ("params_active_b", "active_b"),
    "layers": ("n_layers", "num_layers"),
    "hidden_size": ("hidden", "d_model", "width"),
    "heads": ("n_heads", "num_heads", "attention_heads"),
    "kv_heads": ("n_kv_heads", "num_kv_heads"),
    "head_dim": ("d_head",),
    "ffn_size": ("ffn_hidden", "intermediate_size"),
    "vocab_size": ("vocab", "vocabulary"),
    "moe": ("mixture_of_experts",),
    # one training step
    "seq_tokens": (
        *("seq", "seqlen", "seq_len", "seq_length", "sequence_length", "sequence_len", "context_length"),
        *("max_seq_len", "max_seq_length", "max_sequence_length", "packed_sequence_length", "context_len", "sl"),
    ),
    "global_batch": ("gbs", "global_batch_size"),
    "micro_batch": ("microbatch", "mbs", "micro_batch_size", "microbatch_size"),
    "local_batch": (
        *("local_batch_size", "lbs", "batch_per_gpu", "batch_per_device", "batch_size_per_gpu", "per_gpu_batch_size"),
        *("per_device_batch_size", "device_batch_size", "per_device_train_batch_size", "batch_size_per_device"),
    ),
    "grad_accum": ("ga", "gradient_accumulation"),
    "tensor_parallel": ("tp",),
    "pipeline_parallel": ("pp",),
    "data_parallel": ("dp",),
    "context_parallel": ("cp",),
    "expert_parallel": ("ep",),
    "virtual_pipeline": ("vp", "interleave", "vpp"),
    "fsdp": (),
    "sharding": ("zero_stage", "zero", "parallelism", "distributed_strategy", "parallel_strategy"),
    "activation_checkpointing": ("act_ckpt", "activation_ckpt", "gradient_checkpointing"),
    "recompute": ("recomputation", "recompute_granularity", "recompute_modules"),
    "flop_formula": ("formula",),
    "tokens_per_batch": (),
    # a training run
    "tokens_t": ("training_tokens_t",),
    "tokens_b": (),
    "training_flop": ("flops", "flop", "compute_flop", "training_compute_flop"),
    "days": (),
    # serving
    "batch": ("batch_size", "concurrency"),
    "prompt_tokens": ("isl", "input_tokens", "prompt", "input_len"),
    "output_tokens": ("osl", "out", "gen", "output_len"),
    "context_tokens": ("context", "mean_kv"),
    "mode": (),
    "phase": (),
    "cache_hit": ("hit", "cache_hit_rate"),
    "tokens_per_s_user": ("user_tps",),
    "step_ms": (),
    # a chip
    "peak_tflops": ("theory_tflops",),
    "peak_flop_s": ("peak",),
    "bandwidth_byte_s": ("bw",),
    "memory_byte": (),
    "bytes_read": (),
    "bytes_per_number": ("bytes",),
    "bytes_per_weight": ("weights", "weight_bytes", "bytes_per_param"),
    "mfu": (),
    "clock_mhz": (),
    "fma_per_clock_per_tensor_core": ("fma_per_clk_per_tc",),
    "tensor_cores": (),
    "dense_tops": (),
    "bits": (),
    "tpp": (),
    "die_area_mm2": ("die_mm2", "area_mm2"),
    "defects_per_cm2": ("d0", "defect_density"),
    "yield_model": (),
    "process_node": ("node",),
    "width_mm": ("w_mm",),
    "height_mm": ("h_mm",),
    # printed beside the result; a predictor that read them would only repeat it
    "published_mfu_percent": ("mfu_pct",),
    "published_tflops": ("model_tflops_gpu", "tflops_gpu", "tflops_per_gpu"),
    "published_algorithm_gb_s": ("algbw_gbps",),
    # words that describe the row
    "section": (),
    "release": (),
    "note": (),
    "rule": (),
    "method": (),
    "source_table": (),
}
"""Standard name: other spellings of it, lower case with underscores. Topics add names of their own in `EXTRA`."""


def spelled(key: str) -> str:
    """Write a key the way the spellings are written: lower case, words joined by underscores.

    >>> spelled("Sequence Length"), spelled("#-GPUs"), spelled("params_active_B")
    ('sequence_length', 'gpus', 'params_active_b')
    """
    return re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_")


def standard(inputs: Mapping[str, Any], extra: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, Any], list[str]]:
    """Return the inputs under their standard names, and the keys that nobody knows; the first spelling wins."""
    known = {**STANDARD, **extra}
    names = {spelling: name for name, spellings in known.items() for spelling in (name, *spellings)}
    # what a topic calls its own goes before what all topics share
    names |= {spelling: name for name, spellings in extra.items() for spelling in (name, *spellings)}
    result: dict[str, Any] = {}
    unknown: list[str] = []
    for key, value in inputs.items():
        name = names.get(spelled(key))
        if name is None:
            unknown.append(key)
        else:
            result.setdefault(name, value)
    return result, unknown
