# Every verb of the house, defined once: a person, the commit hook and CI all call these.
# They need make, git and Python 3.11 or newer; everything else goes into .venv (ADR 0001).

SHELL := /bin/sh
.DEFAULT_GOAL := help
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV

BIN := .venv/bin
READY := .venv/.ready
PACKAGES := packages/octollm services/reflex-layer services/arms services/orchestrator
TESTS := $(wildcard $(addsuffix /tests,$(PACKAGES)) tests tests/faults)
HOUSES := packages/octollm/src services/reflex-layer/reflex_layer services/arms/arms \
	services/orchestrator/app
LEAST_COVERAGE := 90
UV ?= uv
# Without headers and origins: a lock names packages, versions and hashes, and no place to get them.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-strip-extras --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	--no-emit-package octollm --no-emit-package octollm-arms \
	--no-emit-package octollm-orchestrator --no-emit-package octollm-reflex-layer
LOCKED := 'packages/octollm[service,otel]' services/arms services/reflex-layer
PEERS := benchmarks/requirements.lock
AUDIT := scripts/audit.lock
FUZZ := tests/test_openapi_fuzz.py tests/test_malformed_bodies.py tests/test_lifecycle_machine.py
TRAINING := services/reflex-layer/training
BENCH := submit queues process calls viewers growth workers start reflex
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

# The first Python on the path that is new enough; `make PYTHON=/some/where/python3.13 …` names one.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

.PHONY: help demo up test faults fuzz audit check format openapi migration bench bench-quick bench-pages weights screenshots lock coverage hooks clean \
	format-check lint types floors openapi-check coverage-report FORCE

help: ## List the verbs
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

demo: $(READY) ## Run six scenarios against the real stack, and say how each went
	@$(BIN)/octollm demo $(ARGS)

up: $(READY) ## Run everything on this machine until Ctrl-C; ARGS="--port 9000" chooses the port
	@$(BIN)/octollm up $(ARGS)

test: $(READY) ## Run every test; ARGS="-k cancel" chooses some
	$(BIN)/pytest -n auto -rs $(ARGS)

faults: $(READY) ## Kill, freeze and cut off what runs, under load, and count what was lost
	$(BIN)/pytest -n 2 --dist worksteal -rs tests/faults $(ARGS)

fuzz: $(READY) ## Ask the services thousands of strange things; FUZZ_EXAMPLES=1000 asks more
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-100} FUZZ_BODIES=$${FUZZ_BODIES:-10000} FUZZ_SEED=$${FUZZ_SEED:-$$$$} \
		$(BIN)/pytest -n 2 -rs $(FUZZ) $(ARGS)

audit: $(READY).audit ## Look for known vulnerabilities in what is pinned; exits 1 if there are some
	@$(BIN)/python scripts/audit.py .venv/audit/bin/pip-audit requirements.lock deploy/requirements.lock

check: format-check lint types floors openapi-check ## Check format, lint, types, floors, generated pages

format: $(READY) ## Format the code, and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/black .

openapi: $(READY) ## Write docs/api/openapi and docs/settings.md from the code
	$(BIN)/python scripts/openapi.py
	$(BIN)/python scripts/settings_page.py

migration: $(READY) ## Draft the next migration from models.py: make migration name="add priority"
	@test -n "$(name)" || { echo 'Say what it does: make migration name="add priority"' >&2; exit 2; }
	$(BIN)/python scripts/migration.py "$(name)"
	@$(BIN)/black --quiet services/orchestrator/app/migrations/versions

bench: $(READY) $(READY).bench ## Run the benchmarks; BENCH=reflex ARGS=--quick runs one of them, its way
	@failed=; for bench in $(BENCH); do $(BIN)/python benchmarks/$$bench.py $(ARGS) || failed=1; done; \
		test -z "$$failed"

bench-quick: $(READY) $(READY).bench ## Run them roughly, without peers to be installed and without further workers, in two minutes
	@failed=; for bench in $(filter-out workers,$(BENCH)); do $(BIN)/python benchmarks/$$bench.py --quick --alone || failed=1; done; \
		test -z "$$failed"

bench-pages: $(READY) $(READY).bench ## Run them, keep the figures and write the pages that show them
	@failed=; for bench in $(BENCH); do \
		$(BIN)/python benchmarks/$$bench.py --json benchmarks/results/$$bench.json || failed=1; \
	done; test -z "$$failed"
	@$(BIN)/python benchmarks/reflex.py --pages
	@$(BIN)/python benchmarks/performance.py

weights: $(READY) $(READY).training ## Learn the weights of the linear injection score from its corpus
	PYTHONPATH=$(TRAINING) $(BIN)/python $(TRAINING)/train.py

screenshots: $(READY) ## Write docs/images from the console, with Debian's chromium; ARGS="--all FOLDER" takes every page
	$(BIN)/python scripts/screenshots.py $(ARGS)

coverage: ## Run every test, measured; fails where a house is below 90 %
	$(MAKE) test ARGS="--cov --cov-report= $(ARGS)"
	$(MAKE) coverage-report

coverage-report: $(READY)
	@failed=; for house in $(HOUSES); do \
		echo; echo "$$house"; \
		$(BIN)/coverage report --include="$$house/*" --fail-under=$(LEAST_COVERAGE) || failed=1; \
	done; test -z "$$failed"

hooks: $(READY) ## Have git check each commit: format, lint, and the form of its message
	$(BIN)/pre-commit install

lock: ## Pin all packages anew (needs uv); ARGS=--upgrade takes the newest
	@command -v $(UV) >/dev/null || { echo 'make lock needs uv; nothing else does' >&2; exit 1; }
	printf -- '-e %s\n' $(LOCKED) 'services/orchestrator[standalone]' | \
		$(COMPILE) $(ARGS) --group pyproject.toml:dev --output-file requirements.lock -
	{ echo setuptools; printf -- '-e %s\n' $(LOCKED) services/orchestrator; } | \
		$(COMPILE) --constraints requirements.lock --output-file deploy/requirements.lock -
	$(COMPILE) $(ARGS) --constraints requirements.lock --group pyproject.toml:bench \
		--output-file $(PEERS)
	$(COMPILE) $(ARGS) --constraints requirements.lock --group pyproject.toml:training \
		--output-file $(TRAINING)/requirements.lock
	$(COMPILE) $(ARGS) --group pyproject.toml:audit --output-file $(AUDIT)

clean: ## Remove what make has made: the environment, caches and reports; no data
	rm -rf .venv .*_cache .hypothesis .coverage* htmlcov $(foreach p,$(PACKAGES),$(p)/build)
	find $(PACKAGES) $(wildcard tests scripts benchmarks) \
		\( -name __pycache__ -o -name '*.egg-info' \) -prune -exec rm -rf {} +

# What `make check` is made of; the commit hook calls the first two.

format-check: $(READY)
	$(BIN)/black --check --quiet . || { echo 'Run: make format' >&2; exit 1; }

lint: $(READY)
	$(BIN)/ruff check .

# Tests go folder by folder, because each has a conftest and names may repeat.
types: $(READY)
	$(BIN)/mypy -p octollm -p reflex_layer -p arms -p app
	$(BIN)/mypy conftest.py $(wildcard scripts/*.py benchmarks/*.py)
	@for folder in $(TESTS); do \
		echo $$folder; $(BIN)/mypy --exclude "^$$folder/faults/" $$folder || exit; \
	done

floors: $(READY)
	$(BIN)/lint-imports --no-logo

openapi-check: $(READY)
	$(BIN)/python scripts/openapi.py --check
	$(BIN)/python scripts/settings_page.py --check

# Set-up. The mark is taken away first and put back last, so that what was interrupted in between
# is not used: without the mark the environment is made anew. With an old one it is brought up to date.
# Warnings are off for the last step, where setuptools has one for every editable package.

$(READY): requirements.lock $(addsuffix /pyproject.toml,$(PACKAGES)) \
		$(if $(wildcard $(BIN)/python),,FORCE)
	@set -e; \
	if test -e $@ && test -x $(BIN)/python; then \
		rm $@; echo 'Bringing .venv up to date with requirements.lock …'; \
	else \
		python='$(PYTHON)'; \
		test -n "$$python" && "$$python" -c '$(NEW_ENOUGH)' || { \
			echo 'Python 3.11 or newer is needed. Install it, or say where it is:' >&2; \
			echo '  make PYTHON=/path/to/python3 …' >&2; exit 1; }; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null || { \
			echo "$$python cannot make a virtual environment. On Debian and Ubuntu:" >&2; \
			echo '  apt install python3-venv' >&2; exit 1; }; \
		echo "Setting up .venv with $$("$$python" --version), from requirements.lock; once …"; \
		rm -f $@; "$$python" -m venv --clear .venv; \
	fi; \
	$(PIP) install --require-hashes --requirement requirements.lock; \
	PYTHONWARNINGS=ignore \
	$(PIP) install --no-deps --no-build-isolation $(addprefix --editable ,$(PACKAGES)); \
	touch $@

# What the benchmarks compare with. Where it cannot be had they say so, and measure ours alone.
$(READY).bench: $(PEERS) $(READY)
	@echo 'Adding what the benchmarks compare with, from $(PEERS) …'; rm -f $@; \
	if $(PIP) install --require-hashes --requirement $(PEERS); then touch $@; \
	else echo 'It cannot be installed here; going on without it.' >&2; fi

$(READY).training: $(TRAINING)/requirements.lock $(READY)
	$(PIP) install --require-hashes --requirement $<
	@touch $@

# An environment of its own: what looks at our packages must not choose their versions.
$(READY).audit: $(AUDIT) $(READY)
	@set -e; rm -f $@; $(BIN)/python -m venv --clear .venv/audit; \
	if .venv/audit/bin/python -m pip --quiet --disable-pip-version-check --no-input \
		install --require-hashes --requirement $(AUDIT); then touch $@; \
	else echo 'pip-audit cannot be installed here: could not reach the advisory database' >&2; fi

FORCE:
