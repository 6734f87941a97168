"""A check that a test holds open from outside: it says in Redis that it began and waits there for the word to go on."""

from __future__ import annotations

import redis

from engine.signal import Finding, Signal
from service.checks import registry
from service.checks.context import CheckContext, CheckSpec, Queue


def run(context: CheckContext) -> Finding:
    """Wait for the test's word; `gate.open` is what it said."""
    with redis.Redis.from_url(context.settings.redis_url.get_secret_value()) as wire:
        wire.lpush(f"began:{context.tenant}", context.check_run_id)
        said = wire.blpop([f"go:{context.tenant}"], timeout=60)
    if said is None:
        raise TimeoutError("the test never said go")
    return Finding((Signal("gate.open", said[1] == b"open", "gate"),), {"said": said[1].decode()})


registry.register(CheckSpec("gate", Queue.CHECKS, run))
