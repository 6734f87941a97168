"""The checks that this installation can run, by the name a pack gives them.

A pack that names another check gets `Missing(not_executed)` for its signals; an unknown name is never skipped silently.
"""

from __future__ import annotations

from service.checks import address_document, face, pan, pan_card, screening
from service.checks.context import CheckSpec, Queue

_SPECS: dict[str, CheckSpec] = {
    spec.name: spec
    for spec in (
        CheckSpec("pan", Queue.CHECKS, pan.run, pan.fallback),
        CheckSpec("screening", Queue.CHECKS, screening.run),
        CheckSpec("pan_card", Queue.ML, pan_card.run),
        CheckSpec("address_document", Queue.ML, address_document.run),
        CheckSpec("face", Queue.ML, face.run),
    )
}


def spec_of(name: str) -> CheckSpec | None:
    """The check of that name, or None."""
    return _SPECS.get(name)


def queue_of(name: str) -> Queue:
    """Where a check's runs are queued; unknown ones go where they fail fastest."""
    spec = _SPECS.get(name)
    return Queue.CHECKS if spec is None else spec.queue


def register(spec: CheckSpec) -> None:
    """Add a check before the workers start (an installation's own, or a test's). ValueError where the name is taken."""
    if spec.name in _SPECS:
        raise ValueError(f"there is already a check {spec.name}")
    _SPECS[spec.name] = spec


def unregister(name: str) -> None:
    """Take a registered check away again."""
    _SPECS.pop(name, None)
