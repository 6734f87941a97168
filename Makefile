# Verdict: the commands of the house. Everything happens in .venv; nothing else is needed but Python 3.11+.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.installed

.PHONY: install run test lint format packs bench lock clean

install: $(READY)

$(READY): requirements.lock pyproject.toml
	@command -v cc >/dev/null || { echo "durable-rules is built from source: install a C compiler and Python's headers (Debian: apt install gcc python3-dev; macOS: xcode-select --install)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(READY)

run: install ## start everything and run the demo application; ONCE=1 ends after it
	$(BIN)/verdict up $(if $(ONCE),--once,)

test: install
	$(BIN)/python -m pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

packs: install ## compile, lint and run the cases of every pack
	$(BIN)/verdict pack check rules/*/

bench: install
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/backtest.py
	$(BIN)/python benchmarks/patterns.py
	$(BIN)/python benchmarks/readers.py
	$(BIN)/python benchmarks/api.py

lock: install ## resolve the dependencies anew, with hashes and without any index address
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --upgrade --output-file requirements.lock

clean:
	rm -rf $(VENV) var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
