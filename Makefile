# The commands of this project; each does all the set-up it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TORCH_CPU_INDEX := https://download.pytorch.org/whl/cpu

# Each worker takes whole files; more than four only wait for each other's models.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile

.PHONY: setup demo test test-slow test-failed check bench bench-gpu clean

setup: $(READY)

# Without an NVIDIA GPU, torch's own CPU build saves some gigabytes of CUDA; where its index is out of reach, whatever
# pip finds is taken. constraints.txt pins every version.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "brandvoice needs Python 3.11 or newer; set PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@index=""; \
	if ! command -v nvidia-smi >/dev/null 2>&1 && $(BIN)/python -c 'import urllib.request as r; r.urlopen("$(TORCH_CPU_INDEX)/torch/", timeout=5)' >/dev/null 2>&1; then \
	  index="--extra-index-url $(TORCH_CPU_INDEX)"; \
	fi; \
	echo "Installing torch and the rest into $(VENV): some hundred megabytes and some minutes, in which pip says nothing."; \
	set -x; $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt $$index -e '.[dev]'
	@touch $(READY)

demo: $(READY)
	$(BIN)/brandvoice demo

# One thread a worker: torch and its neighbours would fight over the cores.
test test-slow test-failed: export OMP_NUM_THREADS := 1

test: $(READY)
	$(BIN)/pytest -q $(PARALLEL) -m "not slow"

test-slow: $(READY)
	$(BIN)/pytest -q $(PARALLEL) -m slow

# What failed beside others, once more and alone: it must pass there.
test-failed: $(READY)
	$(BIN)/pytest -q --last-failed --last-failed-no-failures none

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python -m benchmarks

bench-gpu: $(READY)
	$(BIN)/python -m benchmarks.gpu

clean:
	rm -rf $(VENV) demo dist
