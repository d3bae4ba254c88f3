"""MLPerf Training's language models: what they train, on how much, until they count as trained.

Source of the samples to converge: MLCommons, reference convergence points, mlcommons/logging,
mlperf_logging/rcp_checker (training_3.0.0 and 4.1.0 gpt3, 5.0.0 llama2_70b_lora and llama31_405b,
5.1.0 llama31_8b); medians, rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from course.validation.case import NotModelled


@dataclass(frozen=True)
class Benchmark:
    """A model with `params_b` and its texts; `samples` to converge by global `batches`.

    `frozen`: the weights stay as they are and small adapters learn (LoRA).
    `chips_per_sample` is how far submissions spread one text, `smallest_batch` what they start from.
    """

    model: str
    params_b: float
    seq_tokens: int
    batches: tuple[float, ...]
    samples: tuple[float, ...]
    chips_per_sample: float
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    frozen: bool = False

    def batch(self, chips: float) -> float:
        """Return the global batch that `chips` are given, within the reference points."""
        return float(np.clip(chips / self.chips_per_sample, self.batches[0], self.batches[-1]))

    def tokens(self, batch: float) -> float:
        """Return the tokens to converge at a batch."""
        samples = np.exp(np.interp(np.log(batch), np.log(self.batches), np.log(self.samples)))
        return float(samples) * self.seq_tokens


_GPT3 = Benchmark(
    "gpt3-175b",
    175,
    2048,
    (1536, 3072, 4096, 6144, 8192),
    (578e3, 590e3, 614e3, 688e3, 786e3),
    chips_per_sample=1.5,
    tensor_parallel=4,
    pipeline_parallel=8,
)
_LORA = Benchmark(
    "llama2-70b",
    69,
    8192,
    (8, 16, 32, 128),
    (3072, 3840, 6144, 11136),
    chips_per_sample=4,
    tensor_parallel=4,
    frozen=True,
)
_LLAMA_405B = Benchmark("llama31-405b", 405.9, 8192, (1152, 2304), (322.6e3, 368.6e3), 2, 8, 8)
_LLAMA_8B = Benchmark("llama31-8b", 8.03, 8192, (32, 64, 96, 128), (178e3, 227e3, 272e3, 344e3), chips_per_sample=1)


def benchmark(name: str) -> Benchmark:
    """Return the benchmark of a name; `NotModelled` if it trains no language model, or one without a reference."""
    if "bert" in name.lower():
        raise NotModelled("most of BERT's texts are padding that fast submissions skip; how much is not published")
    plain = name.lower().replace("-", "").replace("_", "").replace(" ", "").replace(".", "")
    for mark, found in (("lora", _LORA), ("gpt3", _GPT3), ("405b", _LLAMA_405B), ("318b", _LLAMA_8B)):
        if mark in plain:
            return found
    raise NotModelled(f"{name!r} trains no language model with a published reference for its convergence")
