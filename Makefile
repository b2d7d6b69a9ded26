# Two commands on a fresh machine: `make run` and `make test`.
PYTHON ?= python3.11
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# PyTorch's index of CPU wheels, where pip would otherwise take the CUDA build (docs/operations.md).
TORCH_INDEX ?=

export HF_HUB_OFFLINE := 1
export GRADIO_ANALYTICS_ENABLED := False
export ANONYMIZED_TELEMETRY := False

.PHONY: help setup setup-dev run test lint format types check bench clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed (set PYTHON=...)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --upgrade --quiet pip
	$(BIN)/python -m pip install $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) --progress-bar on -e .
	@touch $@

$(VENV)/.installed-dev: $(STAMP)
	$(BIN)/python -m pip install --progress-bar on -e '.[dev]'
	@touch $@

setup: $(STAMP) ## Create the virtual environment and install
	$(BIN)/shopkeeper prepare

setup-dev: $(VENV)/.installed-dev ## The same with what the tests need
	$(BIN)/shopkeeper prepare

run: setup ## Serve the assistant on http://127.0.0.1:8000, with the demo store when the store is empty
	PORT=$(PORT) $(BIN)/shopkeeper serve --demo

test: setup-dev ## Run the tests
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.installed-dev ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.installed-dev ## Let ruff put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.installed-dev ## mypy, strict
	$(BIN)/mypy assistant retrieval finetune ui evals

check: lint types test ## Everything that CI checks

clean: ## Remove the environment and all that was built
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
