"""The explorer of lesson 07 says what the models say."""

import pytest

from aistack.price import usd_per_million_tokens
from aistack.throughput import batch_at_speed, requests_estimate, step_seconds_estimate
from course.explorers.serving import MODELS, offer


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("promise", [5, 30, 150])
def test_an_offer_holds_as_many_users_as_memory_and_promise_allow(model: str, promise: int) -> None:
    it = offer(model, "H200 SXM", "8-bit", 4096, promise, 3.0)
    room = requests_estimate(it.model, it.server, 4096, 1)
    assert it.users == max(min(room, batch_at_speed(it.model, it.server, 4096, promise)), 1)
    speed = 1 / step_seconds_estimate(it.model, it.server, it.users, 4096)
    assert it.kept == (speed >= 0.999 * promise)
    assert it.usd_per_million == pytest.approx(usd_per_million_tokens(3.0, it.users * speed / it.server.chips))
    assert sum(it.shares) == pytest.approx(100)


def test_a_faster_promise_is_never_cheaper_and_dear_at_the_end() -> None:
    costs = [
        offer("DeepSeek-V3", "H800 SXM", "8-bit", 4096, promise, 2.0).usd_per_million for promise in (5, 10, 20, 30, 50)
    ]
    assert costs == sorted(costs)
    assert costs[-1] > 20 * costs[2]


@pytest.mark.behaviour
def test_a_chip_with_little_arithmetic_wins_where_few_share_a_step() -> None:
    """The surprise of lesson 01, in dollars: at the same rent the H20 is the cheaper chip for few fast users only."""
    few = [offer("Llama 3.1 8B", chip, "16-bit", 1024, 150, 2.0) for chip in ("H20", "H100 SXM")]
    many = [offer("DeepSeek-V3", chip, "8-bit", 1024, 10, 2.0) for chip in ("H20", "H100 SXM")]
    assert few[0].usd_per_million < few[1].usd_per_million
    assert many[0].usd_per_million > many[1].usd_per_million
