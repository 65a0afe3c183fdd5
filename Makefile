# Each target sets up all that it needs; a second call only does the work.
#
#   make demo     tune a real model: two minutes, installation included
#   make test     every check: style, types, tests, docs
#   make services install and start what some tests need (Debian, as root): a browser, Slurm,
#                 Grid Engine, a MongoDB server; without them `make test` says what it skipped
#   make test-frameworks   tests with PyTorch, Keras, Lightning and transformers: 7 GB in .venv-frameworks
#   make lint     style and types only
#   make bench    measure against other libraries; JSON goes to benchmarks/results/
#   make bench-quality       answers per trial beside other libraries, in minutes; the libraries
#                 come into .venv-quality and .venv-quality-old (12 GB)
#   make bench-quality-long  the same for docs/which-algorithm.md, in about a day; goes on where it was
#   make kills    end 200 runners and trials at random moments; nothing may be lost
#   make docs     build the documentation into docs/_build/html
#   make release  build wheel and sdist of every distribution into dist/, and check them
#   make clean    remove all of the above, the environment too
#
# PYTHON=python3.12 chooses the interpreter; PYTEST_ARGS="-k median" goes to pytest.

PYTHON ?= python3
PYTEST_ARGS ?=
VENV ?= .venv

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
STAMPS := $(VENV)/stamps
# Much of the tests' time is waiting, for clusters most of all; conftest.py says which stay together.
# What fails is run once more, since engines and browsers have moods; the summary lists it.
PARALLEL := --numprocesses 3 --no-loadscope-reorder --reruns 1

PLUGINS := $(patsubst %/pyproject.toml,%,$(sort $(wildcard plugins/sherpa-*/pyproject.toml sherpa_contrib/pyproject.toml)))
STANDARD := $(addprefix plugins/sherpa-,asha auto bohb cmaes flask gp grid insight local median plot random sqlite tpe)
PROJECTS := pyproject.toml $(addsuffix /pyproject.toml,$(PLUGINS))
QUALITY := benchmarks/quality
BENCHMARKS := $(sort $(wildcard benchmarks/bench_*.py))
SERVICES := $(addprefix scripts/services/,browser.sh slurm.sh gridengine.sh mongodb.sh)

# The distributions are built in the environment itself, which holds the build backend:
# an environment of its own for each would double the time.
INSTALL := $(PIP) install --no-build-isolation

.PHONY: demo test test-frameworks services lint pytest pytest-frameworks bench bench-quality \
    bench-quality-long kills docs release clean
.DELETE_ON_ERROR:

# ---- what people call -----------------------------------------------------------------

demo: $(STAMPS)/demo
	@$(BIN)/python examples/digits/demo.py

test: lint pytest docs

test-frameworks:
	$(MAKE) VENV=.venv-frameworks pytest-frameworks

services:
	@set -e; for service in $(SERVICES); do echo "== $$service up"; $$service up >/dev/null; done

lint: $(STAMPS)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

pytest: $(STAMPS)/dev
	@set -e; for service in $(SERVICES); do \
	    if $$service status 2>/dev/null; then eval "$$($$service env)"; fi; \
	done; \
	echo $(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS); \
	$(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

# Warnings of the frameworks are their own.
pytest-frameworks: $(STAMPS)/frameworks
	$(BIN)/python -m pytest -W default --reruns 1 tests/frameworks $(PYTEST_ARGS)

docs: $(STAMPS)/dev
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --nitpicky docs docs/_build/html

bench: $(STAMPS)/bench
	@mkdir -p benchmarks/results
	@set -e; for script in $(BENCHMARKS); do \
	    echo "== $$script"; \
	    $(BIN)/python $$script --json benchmarks/results/$$(basename $$script .py).json; \
	done

bench-quality: $(STAMPS)/dev .venv-quality/stamp .venv-quality-old/stamp
	$(BIN)/python $(QUALITY)/run.py --folder build/quality --trials 25 --seeds 0 2 \
	    --problems "Hartmann 6" "Rosenbrock 4" "noisy Branin 2" "diabetes MLP"
	$(BIN)/python $(QUALITY)/report.py --folder build/quality

bench-quality-long: $(STAMPS)/dev .venv-quality/stamp .venv-quality-old/stamp
	$(BIN)/python $(QUALITY)/run.py --trials 200
	$(BIN)/python $(QUALITY)/run.py --trials 200 --batch 8
	$(BIN)/python $(QUALITY)/report.py --docs

kills: $(STAMPS)/dev
	SHERPA_KILLS=200 $(BIN)/python -m pytest -s tests/end_to_end/test_kills.py $(PYTEST_ARGS)

release: $(STAMPS)/release
	rm -rf dist
	@set -e; for project in . $(PLUGINS); do \
	    $(BIN)/python -m build --no-isolation --outdir dist $$project; \
	done
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

clean:
	rm -rf $(VENV) .venv-frameworks .venv-quality .venv-quality-old build dist docs/_build docs/plugins .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- the environment, in layers -------------------------------------------------------

$(STAMPS)/base:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=25.1" "hatchling>=1.26" editables "setuptools>=77"
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/demo: $(STAMPS)/base $(PROJECTS)
	$(INSTALL) --group demo --editable . $(addprefix --editable ,$(STANDARD))
	@touch $@

$(STAMPS)/dev: $(STAMPS)/base $(PROJECTS)
	$(INSTALL) --group dev --editable . $(addprefix --editable ,$(PLUGINS))
	@touch $@ $(STAMPS)/demo

$(STAMPS)/frameworks: $(STAMPS)/base $(PROJECTS)
	$(INSTALL) --group frameworks --editable . \
	    $(addprefix --editable ,$(STANDARD) plugins/sherpa-testkit sherpa_contrib)
	@touch $@

$(STAMPS)/bench: $(STAMPS)/dev
	$(INSTALL) --group bench
	@touch $@

.venv-quality/stamp: $(QUALITY)/requirements.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip --quiet --disable-pip-version-check install --requirement $<
	@touch $@

.venv-quality-old/stamp: $(QUALITY)/requirements-old.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip --quiet --disable-pip-version-check install --requirement $<
	$(@D)/bin/python -m pip --quiet --disable-pip-version-check install --no-deps HEBO==0.3.6
	@touch $@

$(STAMPS)/release: $(STAMPS)/base pyproject.toml
	$(INSTALL) --group release
	@touch $@
