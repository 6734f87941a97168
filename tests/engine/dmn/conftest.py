"""A model of elements, and the outcome of its decision `d`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.dmn import Import, Model, Outcome, read_model
from tests.engine.dmn.dmn_xml import xml


@pytest.fixture
def build() -> Callable[..., Model]:
    """A model of elements; `imports` has the files of other models by namespace."""

    def act(*elements: str, imports: dict[str, bytes] | None = None, **options: str) -> Model:
        def resolve(wanted: Import) -> bytes:
            return (imports or {})[wanted.namespace]

        return Model(read_model(xml(*elements, **options), resolve=resolve))

    return act


@pytest.fixture
def decide(build: Callable[..., Model]) -> Callable[..., Outcome]:
    """The outcome of the decision `d` in a model of elements."""

    def act(*elements: str, imports: dict[str, bytes] | None = None, **inputs: object) -> Outcome:
        return build(*elements, imports=imports).decide("d", inputs)

    return act
