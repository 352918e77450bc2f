# make run    set up, start the hub with pretend agencies and sample cases on http://127.0.0.1:8080 (PORT=... changes it)
# make test   set up, then every test
# make check  set up, then format, lint, types, import rules and the quick tests
# make faults set up, then every campaign in full (hours, 30 GB of disk), and docs/faults.md from what it gave
# make soak   set up, then half of the load that this machine takes for MINUTES=20, and what grew, slowed down or was lost
# make bench  set up, then every measure beside its ceiling
# make clean  remove what these made

PYTHON ?= python3
PORT ?= 8080
MINUTES ?= 20
BIN := .venv/bin
READY := .venv/.ready

.PHONY: run test check faults soak bench clean

run: $(READY)
	$(BIN)/cjhub simulate --serve --port $(PORT)

test: $(READY)
	$(BIN)/pytest -n 2 --dist loadfile

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n 2 -m "not slow" tests/unit tests/property tests/shape

bench: $(READY)
	$(BIN)/cjhub bench
	$(BIN)/python -m tests.servers.bench

faults: $(READY)
	CJHUB_EVERY=1 CJHUB_FULL=1 $(BIN)/pytest -q -m promise --figures tests/fault/figures.json tests; \
	failed=$$?; $(BIN)/python -m tests.faults_page && exit $$failed

soak: $(READY)
	$(BIN)/python -m tests.soak --minutes $(MINUTES) $(if $(REPORT),--report $(REPORT))

$(READY): requirements.lock pyproject.toml
	@echo "Setting up .venv from requirements.lock (a minute or two the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit("CJ Hub needs Python 3.11 or newer; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $(READY)

clean:
	rm -rf .venv data demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
