# Needs python >= 3.11, make and git. `make` alone says what there is.

PORT ?= 8000
HOST = 127.0.0.1
# pytest's arguments; `make test ARGS="tests/rewards -k expiry -n 0"` runs some of the tests.
ARGS =

BIN = .venv/bin
READY = .venv/.ready

.DEFAULT_GOAL = help
.PHONY: help demo test check format bench chaos fuzz mutants search screenshots words lock clean

help: ## Say what there is
	@grep -E '^[a-z]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 14

demo: export LOYALTY_PORT = $(PORT)
demo: export LOYALTY_WEBHOOKS_TO_LOCALHOST = yes
demo: $(READY) ## Run everything on this machine with a believable tenant (PORT=8000)
	@$(BIN)/python manage.py demo --host $(HOST) --port $(PORT)

# Not by the number of a module's tests: those that take longest have few, and would end up alone.
test: check ## Run the checks, then the tests (ARGS= for pytest)
	@$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder \
		-m "not chaos and not fuzz" $(ARGS)

# `check --deploy` must see what production sees; the values are as long as real ones, and made up.
PRODUCTION = LOYALTY_ENV=production LOYALTY_DOMAIN=loyalty.example EMAIL_HOST=mail.loyalty.example \
	SEALING_KEYS=$$($(BIN)/python -c "import secrets; print(secrets.token_urlsafe(64))") \
	SECRET_KEY=$$($(BIN)/python -c "import secrets; print(secrets.token_urlsafe(64))")

check: $(READY) ## Lint, format, layers, types, migrations, deployment settings
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@git ls-files -z --cached --others --exclude-standard -- '*.html' | \
		xargs -0 -r $(BIN)/djade --check --target-version 5.2
	@$(BIN)/lint-imports --no-logo > .venv/layers.txt || { cat .venv/layers.txt; exit 1; }
	@$(BIN)/pyrefly check --summary=none
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

format: $(READY) ## Put code and templates into the form that `check` asks for
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .
	@git ls-files -z --cached --others --exclude-standard -- '*.html' | \
		xargs -0 -r $(BIN)/djade --target-version 5.2 || true  # it also fails when it changed some

bench: $(READY) ## Measure against PERFORMANCE.md
	@$(BIN)/python -m tests.benchmarks

chaos: export CHAOS_SHORT = $(SHORT)
chaos: $(READY) ## Kill processes in the middle of their work (SHORT=1 for the short round)
	@$(BIN)/python -m pytest -m chaos tests/chaos $(ARGS)

mutants: $(READY) ## Break the ledger line by line; each time a test must notice
	@MUTANTS=all $(BIN)/python -m pytest -n 0 tests/rewards/test_mutants.py $(ARGS)

fuzz: export FUZZ_EXAMPLES = $(if $(SHORT),3,200)
fuzz: $(READY) ## Send the API whatever its OpenAPI document allows (SHORT=1 for the short round)
	@$(BIN)/python -m pytest -n 0 -m fuzz tests/loyalty/test_api_fuzz.py $(ARGS)

search: $(READY) ## Tell the random stories of the tests anew, others each time
	@$(BIN)/python -m pytest -n 2 --hypothesis-profile others -m "not chaos and not fuzz" \
		$$(git grep -l "^from hypothesis" tests ':!tests/conftest.py') $(ARGS)

screenshots: $(READY) ## Take pictures of every page
	@$(BIN)/python -m tests.screenshots

words: $(READY) ## Bring the catalogs of translations up to date with what the code says
	@$(BIN)/python -m tests.catalogs

# The first pins what production installs; the second adds the tools and keeps every pin of the first.
lock: $(READY) ## Choose the versions of all dependencies anew
	@$(BIN)/pip install --quiet 'uv>=0.13.9'
	@$(COMPILE) --upgrade -o requirements.lock
	@$(COMPILE) --upgrade -o requirements-dev.lock --extra dev -c requirements.lock

COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --custom-compile-command "make lock"

clean: ## Stop the servers and remove everything that was made here, the demo's data too
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m loyalty.servers remove; fi
	@rm -rf .venv .data .pytest_cache .ruff_cache .hypothesis .import_linter_cache .grimp_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The newest of these that is 3.11 or later; a name on the PATH may be a stub that does not run.
PYTHON = $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

$(READY): requirements.lock requirements-dev.lock
	@[ -n "$(PYTHON)" ] || { echo "No Python 3.11 or later was found; install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) lacks the venv module; on Debian and Ubuntu it is in the package python3-venv." >&2; exit 1; }
	@echo "Installing into .venv (once, about a minute)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input \
		--require-hashes --no-deps -r requirements-dev.lock
	@touch $@
