"""What it takes to train a transformer: operations, memory, hours.

Every token costs about six operations for each parameter that it meets, plus attention, which grows with the length
of the text. Hours follow from the operations, the chip's peak, and the share of that peak that a run reaches.

Sources: J. Kaplan et al., "Scaling laws for neural language models", 2020, arXiv:2001.08361 (6 N D); V. Korthikanti
et al., "Reducing activation recomputation in large transformer models", 2022, arXiv:2205.05198 (attention, memory).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from aistack.checks import FloatArray, Numbers, not_negative, positive, together
from aistack.chips import TERA
from aistack.fitted import Fitted

TRAINING_WORK = 6  # Kaplan et al. 2020, section 2.1: multiply and add, once forward and twice backward
ATTENTION_WORK = 12  # Korthikanti et al. 2022, appendix A: scores and weighted sum, the same six operations for each
CAUSAL_SHARE = 0.5  # a token attends to those before it: half of the text on average
EARLY_STOP_SHARE = 2 / 3  # 8 of the 12 squares of the hidden size that a layer multiplies by
FORWARD_SHARE = 1 / 3  # one pass in three goes forward
SECONDS_PER_HOUR, HOURS_PER_DAY = 3600, 24

# Bytes that a parameter keeps in training with Adam. Korthikanti et al. 2022: weights in bf16, gradients in fp32 and
# three fp32 optimizer states; Rajbhandari et al. 2020 (ZeRO) keep the gradients in fp16.
ZERO_STAGES = (0, 1, 2, 3)
WEIGHT_BYTES, FP16_GRADIENT_BYTES, FP32_GRADIENT_BYTES, OPTIMIZER_STATE_BYTES = 2, 2, 4, 12

RUN_SHARE = Fitted(
    0.82,
    0.68,
    0.99,
    "share",
    "speed of a whole run over the speed of its undisturbed step: failures, restarts, evaluation, slow starts",
    ("llama-paper",),
    2023,
)


@dataclass(frozen=True)
class Shape:
    """A transformer in training: `matmul_parameters` multiply each token, `total_parameters` must be stored.

    The two differ by the experts that a token does not visit and by embeddings that are only looked up.
    `ffn_size` is that of one expert, `gates` is 2 for gated units (SwiGLU) and 1 for plain ones. `experts_per_token`
    counts all that a token meets, with `shared_experts` that every token meets and no token is sent to.
    """

    matmul_parameters: float
    total_parameters: float
    layers: float
    hidden_size: float
    ffn_size: float
    attention_width: float
    kv_width: float
    vocab_size: float
    experts: float = 1
    experts_per_token: float = 1
    gates: float = 1
    shared_experts: float = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            check = not_negative if field.name == "shared_experts" else positive
            check(field.name, getattr(self, field.name))


# Sizes that people chose: parameters, layers, hidden size. T. Brown et al. 2020, arXiv:2005.14165, table 2.1, up to
# 13e9 and at 175e9; H. Touvron et al. 2023, arXiv:2302.13971, table 2 (33, 65e9); Korthikanti et al. 2022, table 3
# (530e9, 1e12). Exact counts with the vocabulary of Brown et al.
_CHOSEN = np.array(
    [
        (125e6, 12, 768),
        (356e6, 24, 1024),
        (760e6, 24, 1536),
        (1.316e9, 24, 2048),
        (2.65e9, 32, 2560),
        (6.66e9, 32, 4096),
        (12.85e9, 40, 5120),
        (32.5e9, 60, 6656),
        (65.2e9, 80, 8192),
        (174.6e9, 96, 12288),
        (529.6e9, 105, 20480),
        (1008e9, 128, 25600),
    ]
)
FFN_RATIO = 4  # Vaswani et al. 2017, table 3; all of the models above but LLaMA
GPT_VOCABULARY = 50257  # Brown et al. 2020


def typical_layers_and_width(parameters: Numbers) -> tuple[FloatArray, FloatArray]:
    """Layers and hidden size that a dense model of that many parameters usually has, where nobody says.

    Interpolated, on a logarithmic scale, in the sizes that published models chose. Known bias: recent models of
    one size differ by 20 % in either.

    Decides: nothing alone; it lets a run be estimated from its parameters only.

    >>> layers, width = typical_layers_and_width(6.66e9)
    >>> round(float(layers)), round(float(width))
    (32, 4096)
    """
    size = np.log(positive("parameters", parameters))
    known, layers, width = np.log(_CHOSEN).T
    return np.exp(np.interp(size, known, layers)), np.exp(np.interp(size, known, width))


def training_flop(parameters: Numbers, tokens: Numbers) -> FloatArray:
    """Operations of a whole training run: `C = 6 N D`; for mixtures of experts N counts what one token meets.

    Leaves out attention (a few per cent at 2,048 tokens, more than half of the work at 131,072) and recomputation.

    Decides: whether a run fits a budget or a reporting threshold.

    >>> f"{training_flop(405e9, 15.6e12):.1e}"  # Llama 3.1 405B; Meta says 3.8e25
    '3.8e+25'
    """
    size, seen = positive("parameters", parameters), positive("tokens", tokens)
    together(parameters=size, tokens=seen)
    return TRAINING_WORK * size * seen


def flop_per_token(
    matmul_parameters: Numbers,
    layers: Numbers,
    attention_width: Numbers,
    seq_tokens: Numbers,
    attended_share: Numbers = 1,
) -> FloatArray:
    """Operations of training on one token: `6 N + 12 L w s a`, the last term being attention.

    `attended_share` a is 1 by the usual convention for utilisation (PaLM, appendix B) and 0.5 for what a causal
    kernel really does. N is what multiplies one token, w the width of all attention heads together.

    Decides: how much longer texts cost to train on.

    >>> f"{flop_per_token(6.66e9, 32, 4096, 2048):.2e}"
    '4.32e+10'
    """
    size, depth = positive("matmul_parameters", matmul_parameters), positive("layers", layers)
    width, text = positive("attention_width", attention_width), positive("seq_tokens", seq_tokens)
    attended = positive("attended_share", attended_share, at_most=1)
    together(matmul_parameters=size, layers=depth, attention_width=width, seq_tokens=text, attended_share=attended)
    return TRAINING_WORK * size + ATTENTION_WORK * depth * width * text * attended


def hardware_flop_per_token(
    layer_flop_per_token: Numbers, attention_flop_per_token: Numbers, recompute: str = "none"
) -> FloatArray:
    """Operations that the chips do for a token, with those that are done twice to save memory.

    `recompute` is `none`, `selective` (attention goes forward twice) or `full` (everything does): one third more.

    Decides: whether to buy memory or to pay in time.

    >>> float(hardware_flop_per_token(6e9, 0, "full")) / 6e9  # doctest: +ELLIPSIS
    1.333...
    """
    layer = positive("layer_flop_per_token", layer_flop_per_token)
    attention = not_negative("attention_flop_per_token", attention_flop_per_token)
    together(layer_flop_per_token=layer, attention_flop_per_token=attention)
    layers_again, attention_again = recomputed(recompute)
    return layer * (1 + FORWARD_SHARE * layers_again) + attention * (1 + FORWARD_SHARE * attention_again)


def recomputed(recompute: str) -> tuple[float, float]:
    """Return which share of the layers' and of attention's forward work `recompute` does twice.

    `early_stop` is PyTorch's way to recompute a layer: it stops before the last product, whose result nobody needs
    (4 of the 12 squares of the hidden size that make a layer).

    Decides: how much time saved memory costs.
    """
    ways = {"none": (0.0, 0.0), "selective": (0.0, 1.0), "full": (1.0, 1.0), "early_stop": (EARLY_STOP_SHARE, 1.0)}
    if recompute not in ways:
        raise ValueError(f"recompute = {recompute!r} is unknown; allowed: {', '.join(ways)}")
    return ways[recompute]


def model_flops_utilization(
    tokens_per_s_per_chip: Numbers, flop_of_a_token: Numbers, peak_tflops: Numbers
) -> FloatArray:
    """Share of the peak that goes into the model (MFU): `tokens/s * FLOP per token / peak`, recomputation not counted.

    Source: A. Chowdhery et al., "PaLM", 2022, arXiv:2204.02311, appendix B.

    Decides: whether a cluster is used well, whatever its software repeats.

    >>> round(float(model_flops_utilization(4641, 4.32e10, 312)), 2)  # a 7B model on an A100
    0.64
    """
    speed, work = positive("tokens_per_s_per_chip", tokens_per_s_per_chip), positive("flop_of_a_token", flop_of_a_token)
    peak = positive("peak_tflops", peak_tflops)
    together(tokens_per_s_per_chip=speed, flop_of_a_token=work, peak_tflops=peak)
    return speed * work / (peak * TERA)


def chip_hours(flop: Numbers, peak_tflops: Numbers, mfu: Numbers) -> FloatArray:
    """Accelerator-hours of a run: `C / (peak * MFU)`; divided by the chips and 24, its days.

    Decides: what a run costs, and on which chip.

    >>> round(float(chip_hours(6.3e24, 459, 0.4)) / 8960 / 24)  # a pod of TPU v5p; the scaling book says 44 days
    44
    """
    work, peak, share = positive("flop", flop), positive("peak_tflops", peak_tflops), positive("mfu", mfu, at_most=1)
    together(flop=work, peak_tflops=peak, mfu=share)
    return work / (peak * TERA * share) / SECONDS_PER_HOUR


def model_state_bytes(
    parameters: Numbers,
    chips: Numbers = 1,
    zero_stage: int = 0,
    replicas: Numbers = 1,
    gradient_bytes: Numbers = FP32_GRADIENT_BYTES,
) -> FloatArray:
    """Bytes on each chip for weights, gradients and Adam's states of a model split over `chips`.

    ZeRO spreads the optimizer (stage 1), the gradients too (2), the weights too (3) over `replicas` copies.
    Source: Rajbhandari et al. 2020, section 3; Korthikanti et al. 2022 keep gradients in fp32 (18 bytes in all).

    Decides: how many chips a model needs before it fits at all.

    >>> round(float(model_state_bytes(7.5e9, gradient_bytes=2)) / 1e9)  # ZeRO's figure 1: 120 GB
    120
    """
    size, parts, copies = positive("parameters", parameters), positive("chips", chips), positive("replicas", replicas)
    gradients = positive("gradient_bytes", gradient_bytes)
    together(parameters=size, chips=parts, replicas=copies, gradient_bytes=gradients)
    if zero_stage not in ZERO_STAGES:
        raise ValueError(f"zero_stage = {zero_stage!r} is unknown; allowed: {ZERO_STAGES}")
    optimizer, spread_gradients, weights = (copies if zero_stage >= stage else 1.0 for stage in ZERO_STAGES[1:])
    held = OPTIMIZER_STATE_BYTES / optimizer + gradients / spread_gradients + WEIGHT_BYTES / weights
    return np.asarray(size / parts * held)[()]


def activation_bytes(
    layers: Numbers,
    hidden_size: Numbers,
    heads: Numbers,
    seq_tokens: Numbers,
    micro_batch: Numbers,
    tensor_parallel: Numbers = 1,
    recompute: str = "none",
    sequence_parallel: bool = False,
) -> FloatArray:
    """Bytes of activations that `layers` keep until the backward pass, on each of `tensor_parallel` chips.

    Per layer `s b h (10 + 24/t + 5 a s / (h t))`; sequence parallelism divides the 10 as well, selective
    recomputation drops the last term, full recomputation leaves only each layer's input, `2 s b h`.
    Source: Korthikanti et al. 2022, equations 1 to 6. Written for attention that stores its scores; fused attention
    (FlashAttention, 2022) stores none, which is the `selective` case.

    Decides: whether to recompute, to split further or to buy memory.

    >>> round(float(activation_bytes(48, 6144, 64, 2048, 4, 8)) / 2**30, 2)  # the paper's figure 1: 59.25 GiB
    59.25
    """
    depth, width, count = positive("layers", layers), positive("hidden_size", hidden_size), positive("heads", heads)
    text, batch = positive("seq_tokens", seq_tokens), positive("micro_batch", micro_batch)
    parts = positive("tensor_parallel", tensor_parallel)
    together(layers=depth, hidden_size=width, heads=count, seq_tokens=text, micro_batch=batch, tensor_parallel=parts)
    layers_again, attention_again = recomputed(recompute)
    kept_whole, kept_split, scores, layer_input = 10, 24, 5, 2  # Korthikanti et al. 2022, section 4
    unit = text * batch * width
    if layers_again:
        return depth * layer_input * unit / (parts if sequence_parallel else 1)
    per_unit = kept_whole / (parts if sequence_parallel else 1) + kept_split / parts
    return depth * unit * (per_unit + (0 if attention_again else scores * count * text / width / parts))


def stage_in_flight(pipeline_parallel: Numbers, virtual_stages: Numbers = 1) -> FloatArray:
    """Copies of its activations that the first pipeline stage holds, in units of the whole model's depth.

    One with the plain schedule (p stages hold p micro-batches of 1/p of the layers), `1 + (p-1)/(p v)` with v
    interleaved chunks. Source: Korthikanti et al. 2022, section 4.2.3.

    Decides: how far interleaving may go before memory runs out.

    >>> round(float(stage_in_flight(8, 3)), 4)
    1.2917
    """
    stages, chunks = positive("pipeline_parallel", pipeline_parallel), positive("virtual_stages", virtual_stages)
    together(pipeline_parallel=stages, virtual_stages=chunks)
    return np.asarray(np.where(chunks > 1, 1 + (stages - 1) / (stages * chunks), 1.0))[()]


def retraining_cost_per_month(
    interval_months: Numbers, cost_of_a_round: Numbers, ageing_per_month: Numbers
) -> FloatArray:
    """Cost of keeping a model fresh: `K / T + d T / 2` a month, with a round of training every T months.

    A round costs K; a model that is t months old costs `d t` a month in worse answers, on average `d T / 2`. Known
    bias: ageing grows evenly here, in practice it comes in jumps. The same trade-off as for stocks (Harris 1913) and
    checkpoints (Young 1974).

    Decides: how often to retrain.

    >>> float(retraining_cost_per_month(3, 90_000, 20_000))
    60000.0
    """
    interval, cost = positive("interval_months", interval_months), not_negative("cost_of_a_round", cost_of_a_round)
    ageing = not_negative("ageing_per_month", ageing_per_month)
    together(interval_months=interval, cost_of_a_round=cost, ageing_per_month=ageing)
    return cost / interval + ageing * interval / 2


def best_retraining_interval_months(cost_of_a_round: Numbers, ageing_per_month: Numbers) -> FloatArray:
    """Months between rounds at which `retraining_cost_per_month` is least: `sqrt(2 K / d)`.

    Decides: how often to retrain, and what automating a round is worth.

    >>> float(best_retraining_interval_months(90_000, 20_000))
    3.0
    """
    cost, ageing = positive("cost_of_a_round", cost_of_a_round), positive("ageing_per_month", ageing_per_month)
    together(cost_of_a_round=cost, ageing_per_month=ageing)
    return np.sqrt(2 * cost / ageing)
