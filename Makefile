# Two commands on a fresh machine: `make run` and `make test`. `make help` lists the rest.
# Every PUSHGO_… variable of the environment counts, and so does a .env file here.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# python3 if it is new enough, else the newest that is there.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
NAME ?= Home
ARGS ?=
MINUTES ?= 5
SEED ?=
MESSAGES ?= 5000
TARGETS ?= 20
KILLS ?= 50
SUBMITS ?= 10000

# A stamp says that the extras it is named after are installed as setup.cfg has them.
BASE := $(VENV)/.installed
TEST := $(VENV)/.installed-test
CHECK := $(VENV)/.installed-check
PAGES := $(VENV)/.installed-pages

.PHONY: run test test-pages screenshots check-deploy fuzz torture check bench format clean help

run: $(BASE) ## start on SQLite; the first time, show a channel and how to send to it
	exec $(BIN)/pushgo-compat serve --first-channel '$(NAME)' $(ARGS)

test: $(TEST) ## install what tests need and run them all
	command -v curl >/dev/null || { apt-get update -qq && apt-get install -y -qq curl; }
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

test-pages: $(PAGES) ## the pages in Chromium, which it installs: flows, axe-core, widths
	$(BIN)/pytest browser_tests $(ARGS)

screenshots: $(PAGES) ## draw docs/screenshots anew
	$(BIN)/python -m browser_tests.screenshots

check-deploy: $(BASE) ## the files of deploy/ through nginx, caddy, systemd, kubernetes-validate
	command -v nginx >/dev/null && command -v caddy >/dev/null && command -v systemd-analyze \
		>/dev/null || { apt-get update -qq && apt-get install -y -qq nginx-light caddy systemd; }
	$(BIN)/python -m pip install --quiet --editable '.[deploy]'
	deploy/check.sh

fuzz: $(TEST) ## draw new examples for MINUTES (5), or those of a SEED once more
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

torture: $(TEST) ## KILLS (50) of every process under load, on both stores; ARGS='--only SQLite'
	timeout 10800 $(BIN)/python -m tests.chaos --kills $(KILLS) --submits $(SUBMITS) \
		--messages $(MESSAGES) --targets $(TARGETS) $(ARGS)

check: $(CHECK) ## format, lint, types, import direction, Dockerfile
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

bench: $(BASE) ## requests a second, p50 and p99, beside a bare echo in the same run
	command -v wrk >/dev/null || { apt-get update -qq && apt-get install -y -qq wrk; }
	$(BIN)/python -m benchmarks $(ARGS)

format: $(CHECK) ## put the code in order
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean: ## remove what was built and installed; stores and keys stay
	rm -rf $(VENV) build dist *.egg-info .coverage .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(BASE): $(BIN)/python setup.cfg pyproject.toml
	@echo 'Installing into $(VENV), once: a minute or two' >&2
	$(BIN)/python -m pip install --disable-pip-version-check --editable .
	touch $@

$(TEST): $(BIN)/python setup.cfg pyproject.toml
	@echo 'Installing into $(VENV), once: a minute or two' >&2
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[test]'
	touch $@ $(BASE)

$(CHECK): $(BIN)/python setup.cfg pyproject.toml
	@echo 'Installing into $(VENV), once: a minute or two' >&2
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[check,pages,test]'
	touch $@ $(TEST) $(BASE)

# Fonts: without Chinese ones its pages would be measured in boxes.
$(PAGES): $(TEST)
	{ command -v chromium && fc-list | grep -q CJK; } >/dev/null \
		|| { apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk; }
	@echo 'Installing what the page tests need, once: a minute or two' >&2
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[test,pages]'
	touch $@
