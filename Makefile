# Two commands: `make app` serves the app with its demo, `make test` runs lint, types and all tests.
# `make check` is for between edits: lint, types, and the tests without pages, models, processes, browsers or real data.
# `make soak` runs what is too long for that, `make fuzz` ten minutes of mutated files on each importer; `make audit`
# looks every pin up among the known vulnerabilities.
PYTHON ?= python3
BIN := .venv/bin

IMPORTERS := table newsimages newsimages2025 newsimages_rt groundtruth parquet zipped

.PHONY: app check test coverage soak fuzz bench audit docs screenshots setup pins lint types
app: .venv/.installed
	$(BIN)/rematch demo --detach
	$(BIN)/rematch app

check: .venv/.installed-dev lint types
	REMATCH_EXAMPLES=10 $(BIN)/python -m pytest --hypothesis-profile dev --quick --numprocesses 2 --dist worksteal \
		--ignore tests/browser --ignore tests/benchmarks

# A file at a time to each process, in the order that tests/conftest.py gives: the browser's first, which take longest.
test: .venv/.installed-dev lint types
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder --durations 15

# The share of the product's lines that tests run, and coverage.xml for the lines; apart, since it slows the tests.
coverage: .venv/.installed-dev
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder \
		--ignore tests/browser \
		--cov core --cov pages --cov rematch --cov-report xml --quiet
	$(BIN)/coverage report --format total

soak: .venv/.installed-dev
	REMATCH_EXAMPLES=2000 $(BIN)/python -m pytest soak tests/core/data/importers/test_hostile_tables.py
	REMATCH_EXAMPLES=10000 $(BIN)/python -m pytest tests/core/data/importers/test_pairing.py

# Needs atheris (soak/fuzz.py says how). What failed, and what it was given, is in fuzz/IMPORTER/faults.
fuzz: .venv/.installed-dev
	for importer in $(IMPORTERS); do $(BIN)/python -m soak.fuzz $$importer 600 fuzz || exit 1; done
	! ls fuzz/*/faults/* 2>/dev/null

bench: .venv/.installed-dev
	$(BIN)/python -m benchmarks

# The versions that are installed, with all they depend on, against the Python advisory database; needs a network.
audit: .venv/.installed-dev
	$(BIN)/python -m pip_audit --progress-spinner off

# The documentation as a site in site/; a broken link or an unknown name is an error.
docs: .venv/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

# The documentation's images, made from the demo; takes Chromium.
screenshots: .venv/.installed-dev
	$(BIN)/python docs/hooks/screenshots.py

setup: .venv/.installed

# Keeps the versions that are pinned as long as they fit the ranges. The first lines, which say so, are kept.
pins: .venv/.installed-dev
	cp requirements.txt requirements.new
	$(BIN)/uv pip compile --quiet --universal --no-deps --no-annotate --no-header --extra translate --extra figures --python-version 3.11 \
		$(UPGRADE) pyproject.toml --output-file requirements.new
	(grep '^#' requirements.txt; cat requirements.new) > requirements.pins && mv requirements.pins requirements.txt
	rm requirements.new

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/.installed-dev
	$(BIN)/mypy

.venv/.installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rematch needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

.venv/.installed-dev: requirements.txt requirements-dev.txt requirements-cluster.txt .venv/.installed
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	touch $@

.venv/.installed-docs: requirements-docs.txt .venv/.installed
	$(BIN)/python -m pip install --quiet --requirement requirements-docs.txt
	touch $@
