"""Lesson 07: what does a model cost to serve?"""

from __future__ import annotations

import math
import random
from typing import Any

from aistack.price import profit_over_cost, token_revenue_usd
from course.data import load
from course.explorers.serving import offer
from course.questions.families import Choosing, First, LeavingOut
from course.questions.question import Inputs, Misconception, Question


def _row(table: str, key: str, value: str) -> dict[str, Any]:
    rows = load(table)
    return {str(name): cell for name, cell in rows[rows[key] == value].iloc[0].to_dict().items()}


_QWEN = _row("models", "model", "Qwen3-235B-A22B")
_USERS, _TOKENS = 32, 8192
_DAY_S = 86_400
_READ, _CACHED, _WRITTEN = 608e9, 342e9, 168e9
_NODE_READS, _NODE_WRITES = 73_700, 14_800
_COST = 226.75 * 8 * 24 * 2.0


def _cache_gb(*, heads: int, bytes_per_number: float = 1, parts: int = 2, users: int = _USERS) -> float:
    numbers = parts * heads * int(_QWEN["head_dim"]) * int(_QWEN["n_layers"])
    return numbers * bytes_per_number * _TOKENS * users / 1e9


_CACHE = _cache_gb(heads=int(_QWEN["n_kv_heads"]))

CACHE = Question(
    id="07-q1",
    asks="Compute what the caches of a crowd fill",
    objective=1,
    answer_name="cache_gb",
    reference=_CACHE,
    alternatives=(round(_CACHE, 1),),
    misconceptions=(
        Misconception(
            "every head its own key",
            _cache_gb(heads=int(_QWEN["n_heads"])),
            "You gave every head its own key and value. In GQA several heads share one: which column has that?",
        ),
        Misconception(
            "keys only",
            _cache_gb(heads=int(_QWEN["n_kv_heads"]), parts=1),
            "A layer keeps a key and a value for each token, not only one of them.",
        ),
        Misconception(
            "16 bits",
            _cache_gb(heads=int(_QWEN["n_kv_heads"]), bytes_per_number=2),
            "The question has an 8-bit cache: how many bytes is a number then?",
        ),
        Misconception(
            "one user",
            _cache_gb(heads=int(_QWEN["n_kv_heads"]), users=1),
            "That is the cache of one user. Nobody shares a cache.",
        ),
        Misconception(
            "one layer",
            _CACHE / int(_QWEN["n_layers"]),
            "That is one layer. Each layer of the model keeps keys and values of its own.",
        ),
    ),
    hints=(
        "Bytes per token are layers times numbers per layer times bytes per number.",
        "Numbers per layer: 2 (key and value) times the number of key-value heads times the size of a head.",
    ),
    praise="And all of it is read again for every single token that these users get.",
    section="What fills the memory",
)


def _awake(experts: float, chosen: float, tokens: float) -> float:
    return experts * (1 - math.pow(1 - chosen / experts, tokens))


def _awake_by_steps(experts: float, chosen: float, tokens: int) -> float:
    asleep = float(experts)
    for _ in range(tokens):
        asleep -= asleep * chosen / experts
    return experts - asleep


def _awake_inputs(draw: random.Random) -> Inputs:
    """Few and many tokens, so that neither adding up nor "all of them" is right everywhere."""
    return [
        [pool, draw.randint(2, 6), tokens]
        for pool, tokens in ((draw.randint(24, 40), 2), (draw.randint(60, 70), 9), (draw.randint(120, 256), 150),
                             (draw.randint(120, 256), 15))
    ]  # fmt: skip


AWAKE = Question(
    id="07-q2",
    asks="Write the number of experts that a batch wakes as a function",
    objective=3,
    answer_name="awake",
    reference=_awake,
    alternatives=(_awake_by_steps,),
    make_inputs=_awake_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "no expert twice",
            lambda e, k, n: min(e, n * k),
            "You let every token wake new experts. Two tokens may well be sent to the same one.",
        ),
        Misconception(
            "adds without end",
            lambda e, k, n: n * k,
            "You count calls, not experts: with enough tokens you wake more experts than there are.",
        ),
        Misconception(
            "the sleepers",
            lambda e, k, n: e * (1 - k / e) ** n,
            "That is how many still sleep. The question asks for the others.",
        ),
        Misconception(
            "a share",
            lambda e, k, n: 1 - (1 - k / e) ** n,
            "That is the share that is awake, between 0 and 1. How many experts is it?",
        ),
        Misconception(
            "one token",
            lambda e, k, n: k,
            "Right for one token. The others wake experts, too.",
        ),
    ),
    hints=(
        "What is the chance that one given expert sleeps through one token? And through all of them?",
        "Awake is one less that chance; times the number of experts.",
    ),
    praise="For one user a small model, for a crowd a large one: that is a mixture of experts.",
    section="A model that is not always awake",
)


def _offer(promise: int) -> Any:
    return offer("DeepSeek-V3", "H800 SXM", "8-bit", 4096, promise, 2.0)


_SLOW, _FAST = _offer(20), _offer(50)
_DEARER = _FAST.usd_per_million / _SLOW.usd_per_million

PROMISE = Question(
    id="07-q3",
    asks="Find with the explorer what a faster promise costs",
    objective=3,
    answer_name="times_dearer",
    reference=_DEARER,
    alternatives=(float(f"{_FAST.usd_per_million:.3g}") / float(f"{_SLOW.usd_per_million:.3g}"),),
    tolerance=0.02,
    misconceptions=(
        Misconception(
            "as the speed",
            50 / 20,
            "That is how much faster the promise is. Read what the explorer says about the cost.",
        ),
        Misconception(
            "the other way round",
            1 / _DEARER,
            "You divided the slow by the fast. How many times as much does the faster promise cost?",
        ),
        Misconception(
            "users",
            _SLOW.users / _FAST.users,
            "That is by how much the users fall. Each of them also gets more tokens, so the cost rises by less.",
        ),
        Misconception(
            "a difference",
            _FAST.usd_per_million - _SLOW.usd_per_million,
            "That is a difference in dollars. The question asks how many times as much.",
        ),
        Misconception(
            "the dear price itself",
            _FAST.usd_per_million,
            "That is the price at the faster promise. Divide it by the price at the slower one.",
        ),
    ),
    hints=(
        "Start from the case that the question names and move only the promised speed.",
        "The table under the picture has the cost per million tokens. Note it at both promises.",
    ),
    praise="Hardly anyone is left to share the reading of the weights. Speed is sold in seats that stay empty.",
    section="What if?",
)


def _usd(usd_per_chip_hour: float, chips: float, batch: float, step_seconds: float, load: float) -> float:
    return usd_per_chip_hour * chips / (batch / step_seconds * load * 3600) * 1e6


def _usd_by_steps(usd_per_chip_hour: float, chips: float, batch: float, step_seconds: float, load: float) -> float:
    steps = 3600 / step_seconds * load
    return 1_000_000 * chips * usd_per_chip_hour / (steps * batch)


def _usd_inputs(draw: random.Random) -> Inputs:
    """Servers of several chips that are busy part of the time."""
    return [
        [
            draw.uniform(0.6, 4.0),
            draw.randint(2, 16),
            draw.randint(3, 300),
            draw.uniform(0.01, 0.09),
            draw.uniform(0.1, 0.7),
        ]
        for _ in range(4)
    ]


USD = Question(
    id="07-q4",
    asks="Write the cost of a million tokens as a function",
    objective=2,
    answer_name="usd_per_million",
    reference=_usd,
    alternatives=(_usd_by_steps,),
    make_inputs=_usd_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "always busy",
            lambda u, c, n, t, load: _usd(u, c, n, t, 1),
            "You sell every hour of the day. The chips are paid while they wait for users, too.",
        ),
        Misconception(
            "idle is free",
            lambda u, c, n, t, load: _usd(u, c, n, t, 1) * load,
            "With you an idle server makes tokens cheaper. Fewer tokens share the same rent.",
        ),
        Misconception(
            "one chip",
            lambda u, c, n, t, load: _usd(u, 1, n, t, load),
            "You pay for one chip. The price is that of one chip's hour, and the server has several.",
        ),
        Misconception(
            "one user",
            lambda u, c, n, t, load: _usd(u, c, 1, t, load),
            "You sell one token a step. Each user in the batch gets one.",
        ),
        Misconception(
            "seconds for hours",
            lambda u, c, n, t, load: _usd(u, c, n, t, load) * 3600,
            "The price is for an hour and the step is in seconds: bring both to the same unit.",
        ),
        Misconception(
            "one token",
            lambda u, c, n, t, load: _usd(u, c, n, t, load) / 1e6,
            "That is the cost of one token. The question asks for a million.",
        ),
    ),
    hints=(
        "How many tokens does the server write in an hour in which it is busy only part of the time?",
        "Dollars of that hour over its tokens, times a million.",
    ),
    praise="Price, speed, and how busy you are: there is nothing else in it.",
    section="From seconds to dollars",
)

_API, _NEED = 0.40, 60e6
_EVEN = 2 * 24 * 2.0 / _API * 1e6

DECIDE = Question(
    id="07-q5",
    asks="Decide between an API and chips of your own",
    objective=4,
    answer_name="decision",
    reference=(_EVEN, "api"),
    alternatives=([_EVEN, "API"],),
    points=2,
    misconceptions=(
        Misconception(
            "right volume, wrong choice",
            First(_EVEN),
            "The volume is right. Now hold the firm's need against it: is it above or below?",
        ),
        Misconception(
            "one chip",
            First(_EVEN / 2),
            "You rented one chip. The model needs two.",
        ),
        Misconception(
            "one hour",
            First(_EVEN / 24),
            "That is an hour's rent over the price of a token. The chips are rented around the clock.",
        ),
        Misconception(
            "millions left out",
            First(_EVEN / 1e6),
            "That is in millions of tokens. The question asks for tokens.",
        ),
        Misconception(
            "the bill instead of the volume",
            First(_NEED / 1e6 * _API),
            "That is what the firm pays for the API in a day. At which volume would both bills be equal?",
        ),
        Misconception(
            "what the chips can write",
            First(96 / 0.227 * 1e6),
            "That is what full chips can write. The break-even is about the two bills.",
        ),
    ),
    hints=(
        "What do two chips cost in a day? How many million tokens does the API sell for that?",
        "Below that volume the API's bill is the smaller one.",
    ),
    praise="The break-even says when, the capacity says whether. A firm needs both numbers.",
    section="Buy tokens, or rent chips?",
)

_NODES = _READ / _DAY_S / _NODE_READS + _WRITTEN / _DAY_S / _NODE_WRITES

AUDIT = Question(
    id="07-q6",
    asks="Check whether the published figures of a day fit each other",
    objective=5,
    answer_name="audit",
    reference=(_NODES, True),
    alternatives=([round(_NODES, 1), True],),
    points=2,
    misconceptions=(
        Misconception(
            "right nodes, wrong verdict",
            First(_NODES),
            "The number of nodes is right. How far is it from the average that was published?",
        ),
        Misconception(
            "cached tokens left out",
            First((_READ - _CACHED) / _DAY_S / _NODE_READS + _WRITTEN / _DAY_S / _NODE_WRITES),
            "You left out what was found in the cache. The published reading speed counts those tokens in.",
        ),
        Misconception(
            "writers only",
            First(_WRITTEN / _DAY_S / _NODE_WRITES),
            "Those are the nodes that write. Others read the prompts.",
        ),
        Misconception(
            "readers only",
            First(_READ / _DAY_S / _NODE_READS),
            "Those are the nodes that read. Others write the answers.",
        ),
        Misconception(
            "one kind of node",
            First((_READ + _WRITTEN) / _DAY_S / (_NODE_READS + _NODE_WRITES)),
            "You added the two speeds. A node does one of the two jobs: count the nodes of each and add those.",
        ),
        Misconception(
            "an hour for a day",
            First(_NODES * 24),
            "That many nodes would do it in one hour. They have the whole day.",
        ),
    ),
    hints=(
        "Turn tokens a day into tokens a second, for reading and for writing.",
        "Each over the speed of a node of its kind; then add the nodes.",
    ),
    praise="Tokens, speeds and nodes were published apart, and they agree. Made-up books rarely do that.",
    section="Case: one day in February",
)

_V3 = _row("api_prices", "price_id", "deepseek-deepseek-chat-2025-03-06")
_V3_REVENUE = float(
    token_revenue_usd(
        _READ,
        _CACHED,
        _WRITTEN,
        float(_V3["input_usd_per_mtok"]),
        float(_V3["cached_input_usd_per_mtok"]),
        float(_V3["output_usd_per_mtok"]),
    )
)
_V3_PROFIT = 100 * float(profit_over_cost(_V3_REVENUE, _COST))
_NO_DISCOUNT = float(
    token_revenue_usd(_READ, 0, _WRITTEN, float(_V3["input_usd_per_mtok"]), 0, float(_V3["output_usd_per_mtok"]))
)

REPRICE = Question(
    id="07-q7",
    asks="Recompute a published margin with the prices of the cheaper model",
    objective=5,
    answer_name="profit_percent",
    reference=_V3_PROFIT,
    alternatives=(round(_V3_PROFIT),),
    misconceptions=(
        Misconception(
            "share of sales",
            100 * (_V3_REVENUE - _COST) / _V3_REVENUE,
            "That is profit over revenue, the usual margin. The headline was profit over cost: stay with its measure.",
        ),
        Misconception(
            "cache for free",
            100 * float(profit_over_cost(_NO_DISCOUNT, _COST)),
            "You sold the cached tokens at the full price. They have a price of their own.",
        ),
        Misconception(
            "R1's prices again",
            100 * float(profit_over_cost(token_revenue_usd(_READ, _CACHED, _WRITTEN, 0.55, 0.14, 2.19), _COST)),
            "Those are the prices of R1. The row in the cell above has those of V3.",
        ),
        Misconception(
            "cached twice",
            100 * float(profit_over_cost(_V3_REVENUE + _CACHED / 1e6 * float(_V3["input_usd_per_mtok"]), _COST)),
            "You sold the cached tokens twice: they are part of those that were read.",
        ),
        Misconception(
            "revenue over cost",
            100 * _V3_REVENUE / _COST,
            "That is revenue over cost. Profit is what is left when the cost is taken off.",
        ),
        Misconception(
            "a share, not per cent",
            _V3_PROFIT / 100,
            "That is the share. The question asks for per cent.",
        ),
    ),
    hints=(
        "Three kinds of tokens, three prices: read anew, read from the cache, written.",
        "Revenue less cost, over the cost, times a hundred.",
    ),
    praise="Still a profit on paper, and far from the headline. Which model the tokens came from was not published.",
    section="Case: one day in February",
    points=2,
)

CRITICISE = Question(
    id="07-q8",
    asks="Say which objections to a claim the evidence supports",
    objective=4,
    answer_name="objections",
    reference={"A", "B", "D"},
    alternatives=(["A", "B", "D"], {"d", "b", "a"}),
    points=2,
    misconceptions=(
        Misconception(
            "experts for the few",
            Choosing("C"),
            "C forgets the memory: all experts must be held, however few are awake. And who shares the reading?",
        ),
        Misconception(
            "API at any volume",
            Choosing("E"),
            "E forgets the break-even: a firm that keeps its chips busy pays less than a host's price.",
        ),
        Misconception(
            "misses the crowd",
            LeavingOut("A"),
            "Not all yet. What does one user alone pay for in each step?",
        ),
        Misconception(
            "misses the idle hours",
            LeavingOut("B"),
            "Not all yet. What do chips cost at night?",
        ),
        Misconception(
            "misses the competition",
            LeavingOut("D"),
            "Not all yet. Look at the first chart once more: what does a host ask, and what does a token cost alone?",
        ),
    ),
    hints=(
        "Go through the five one by one: which number of the lesson bears it out?",
        "Three hold. None of them says that open models are worth nothing.",
    ),
    praise="Free weights are not free tokens. What a small firm gains from them is hosts who compete.",
    section="Verdict so far",
)

QUESTIONS: tuple[Question, ...] = (CACHE, AWAKE, PROMISE, USD, DECIDE, AUDIT, REPRICE, CRITICISE)
