"""The demo's own failures: one sentence each, never a traceback."""

import pytest

from cli.demo import DemoError, run_road
from cli.main import _one_line


def test_an_api_that_is_away_is_told_in_one_sentence_that_names_it() -> None:
    with pytest.raises(DemoError, match=r"http://127\.0\.0\.1:1 does not answer") as caught:
        run_road("http://127.0.0.1:1", "vk_demo.key.secret", "clean")
    assert _one_line(caught.value) == str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_fault_of_ours_is_not_dressed_up_as_the_users() -> None:
    assert _one_line(KeyError("x")) is None
