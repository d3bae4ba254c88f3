"""Lesson 07: what does a model cost to serve?"""

from __future__ import annotations

import math
import random
from typing import Any

from aistack.price import profit_over_cost, token_revenue_usd
from course.data import load
from course.explorers.serving import offer
from course.questions.families import Choosing, First, LeavingOut
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario


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


def _tokens_to_wake(experts: float, chosen: float, share: float) -> int:
    return math.ceil(math.log(1 - share) / math.log(1 - chosen / experts))


def _tokens_by_steps(experts: float, chosen: float, share: float) -> int:
    asleep, tokens = float(experts), 0
    while experts - asleep < share * experts:
        asleep -= asleep * chosen / experts
        tokens += 1
    return tokens


def _wake_inputs(draw: random.Random) -> Inputs:
    """Shares that are reached half way between two numbers of tokens, so that rounding is never a matter of luck."""
    layers = [
        (pool, draw.randint(2, 8), draw.randint(few, 2 * few)) for pool, few in ((32, 2), (64, 6), (128, 12), (256, 24))
    ]
    return [[pool, chosen, 1 - math.pow(1 - chosen / pool, tokens - 0.5)] for pool, chosen, tokens in layers]


WAKE = Question(
    id="07-q2",
    asks="Write the number of tokens that wake a given share of the experts as a function",
    objective=3,
    answer_name="tokens_to_wake",
    reference=_tokens_to_wake,
    alternatives=(_tokens_by_steps,),
    make_inputs=_wake_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "no expert twice",
            lambda e, k, s: math.ceil(s * e / k),
            "You let every token wake new experts. Two tokens may well be sent to the same one.",
        ),
        Misconception(
            "the sleepers",
            lambda e, k, s: math.ceil(math.log(s) / math.log(1 - k / e)),
            "After that many tokens the share still sleeps. The question wants it awake.",
        ),
        Misconception(
            "a part of a token",
            lambda e, k, s: math.log(1 - s) / math.log(1 - k / e),
            "The share is reached there, but nobody writes a part of a token. Which whole number is enough?",
        ),
        Misconception(
            "one token too few",
            lambda e, k, s: math.floor(math.log(1 - s) / math.log(1 - k / e)),
            "Your number of tokens is one too small: at it, the share is not reached yet.",
        ),
        Misconception(
            "one expert a token",
            lambda e, k, s: math.ceil(math.log(1 - s) / math.log(1 - 1 / e)),
            "You sent each token to a single expert. It is sent to several.",
        ),
    ),
    hints=(
        "Try it out: with the lesson's formula, 1 token, 2 tokens, 3 tokens, until the share is reached.",
        "Or turn the formula round: the share that sleeps shrinks by the same factor with each token (`math.log`).",
    ),
    praise="With fewer users than that, each new one wakes experts whose reading hardly anybody shares.",
    section="A model that is not always awake",
)


def _offer(promise: int) -> Any:
    return offer("DeepSeek-V3", "H800 SXM", "8-bit", 4096, promise, 2.0)


_SLOW, _FAST = _offer(20), _offer(30)
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
            30 / 20,
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
    praise="Few are left to share the reading of the weights. Speed is sold in seats that stay empty.",
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

_DAY_H = 24


def _firm(draw: random.Random) -> Numbers:
    """A firm that needs 5 to 7 servers. Hours and chips are such that no two slips come to the same cost."""
    servers, busy, chips = draw.randint(5, 7), draw.choice((10, 11)), draw.choice((4, 8))
    speed, rent = draw.randrange(1500, 5000, 10), draw.randrange(120, 300, 5) / 100
    need = round((servers - draw.uniform(0.3, 0.6)) * speed * busy * 3600 / 1e6)
    cheaper, dearer = draw.uniform(0.66, 0.82), draw.uniform(1.2, 1.8)
    price = servers * chips * _DAY_H * rent / need * draw.choice((cheaper, dearer))
    return {
        "million_tokens_a_day": need,
        "office_hours": busy,
        "api_usd_per_million": round(price, 2),
        "chips_in_a_server": chips,
        "usd_per_chip_hour": rent,
        "tokens_per_second": speed,
    }


def _decide(numbers: Numbers) -> Question:
    need, busy, speed = numbers["million_tokens_a_day"], numbers["office_hours"], numbers["tokens_per_second"]
    api, chips, rent = numbers["api_usd_per_million"], numbers["chips_in_a_server"], numbers["usd_per_chip_hour"]

    def own_usd(servers: float) -> float:
        return servers * chips * _DAY_H * rent / need

    parts = need * 1e6 / (speed * busy * 3600)
    own = own_usd(math.ceil(parts))
    choice = "api" if api < own else "chips"
    return Question(
        id="07-q5",
        asks="Decide between an API and servers of your own that are busy in office hours only",
        objective=4,
        answer_name="decision",
        reference=(own, choice),
        alternatives=([own, choice.upper()],),
        points=2,
        misconceptions=(
            Misconception(
                "right cost, wrong choice",
                First(own),
                "The cost is right. Now hold it against the price of the API.",
            ),
            Misconception(
                "writes at night",
                First(own_usd(math.ceil(parts * busy / _DAY_H))),
                "Your servers write around the clock. All the tokens are asked for in the office hours.",
            ),
            Misconception(
                "no rent at night",
                First(own * busy / _DAY_H),
                "You pay no rent outside office hours. The chips are paid by the day, busy or not.",
            ),
            Misconception(
                "part of a server",
                First(own_usd(parts)),
                "You rented a part of a server. How many whole ones does the firm need?",
            ),
            Misconception(
                "a single server",
                First(own_usd(1)),
                "One server costs that. How many tokens can it write in the office hours, and how many are needed?",
            ),
            Misconception(
                "one chip",
                First(own / chips),
                "You rented one chip a server. A server has several.",
            ),
            Misconception(
                "dollars a day",
                First(own * need),
                "That is what the servers cost in a day. What is that for each million tokens?",
            ),
        ),
        hints=(
            "How many million tokens can one server write in the office hours of a day? How many servers is that?",
            "Whole servers, all their chips, all 24 hours: dollars a day. Divide by the million tokens of a day.",
        ),
        praise="The rent runs for 24 hours, the office does not. An API's host fills the night with somebody else.",
        section="Buy tokens, or rent chips?",
        scenario=Scenario(numbers, _firm, _decide),
    )


DECIDE = _decide(
    {
        "million_tokens_a_day": 600,
        "office_hours": 10,
        "api_usd_per_million": 1.2,
        "chips_in_a_server": 4,
        "usd_per_chip_hour": 2.0,
        "tokens_per_second": 3000,
    }
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
    reference={"A", "B", "C"},
    alternatives=(["B", "A", "C"], {"a", "b", "c"}),
    points=2,
    misconceptions=(
        Misconception(
            "experts for the few",
            Choosing("D"),
            "D forgets the memory: all experts must be held, however few are awake. And who shares the reading?",
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
            LeavingOut("C"),
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

QUESTIONS: tuple[Question, ...] = (CACHE, WAKE, PROMISE, USD, DECIDE, AUDIT, REPRICE, CRITICISE)
