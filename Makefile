# make tour         installs into .venv, then runs every lesson in order
# make test         installs into .venv, then runs the tests that take little time
# make thorough     runs the other tests: on a cluster, with changes to try, interrupted, under load
# make bench        measures what each lesson and each served model costs here, half an hour
# make lint         checks the style of the code and the syntax of the workflow
# make constraints  resolves constraints.txt anew from the pins in requirements.txt
# make install      installs all packages into .venv, without running anything
# make clean        deletes what these have made: .venv and caches
# make help         prints this list

# The first Python on the path that Ray has a wheel for. PYTHON=... names another one.
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.10 python
PYTHON ?= $(shell for p in $(CANDIDATES); do "$$p" -c "$(SUITABLE)" 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest
# Two processes, so that one works while Ray keeps the other waiting. With more of them two cores are overrun.
# The thorough ones come one at a time: several look at all of the machine's Rays, or need the one port 8000.
TWO_AT_A_TIME := -n 2 --dist loadgroup --no-loadscope-reorder

.PHONY: tour test thorough bench lint constraints install clean help

tour: .venv/core-installed
	@$(BIN)/python -m tools.tour

test: .venv/all-installed
	$(PYTEST) $(TWO_AT_A_TIME) -m "not thorough"

thorough: .venv/all-installed
	$(PYTEST) -m thorough

bench: .venv/all-installed
	$(BIN)/python -m tools.bench
	$(BIN)/python -m tools.bench_models

lint: .venv/core-installed
	@$(PIP) --quiet ruff==0.15.0 check-jsonschema==0.39.0
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

constraints:
	@"$(PYTHON)" -m venv .venv
	@$(PIP) --quiet uv==0.13.9
	sed '/^-c /d' requirements-core.txt requirements.txt | sed '/^-r /d' | $(BIN)/uv pip compile - --universal \
		--python-version 3.10 --fork-strategy fewest --no-annotate --custom-compile-command "make constraints" \
		--quiet --output-file .venv/constraints.txt
	mv .venv/constraints.txt constraints.txt

# The tour calls this when it reaches the first lesson that needs more than Ray.
install: .venv/all-installed

.venv/core-installed: requirements-core.txt constraints.txt
	@"$(PYTHON)" -c "$(SUITABLE)" 2>/dev/null || { echo "This needs Python 3.10 to 3.13 with venv and pip, and found" \
		"none. Install one (on Debian and Ubuntu also python3-venv), or say where it is: make $(or $(MAKECMDGOALS),tour) PYTHON=/path/to/python"; exit 1; }
	@echo "Installing Ray into .venv, about a minute."
	@"$(PYTHON)" -m venv .venv
	@$(PIP) --quiet -r requirements-core.txt
	@touch $@

.venv/all-installed: .venv/core-installed requirements.txt
	@echo "Installing torch and its company into .venv, 6 GB on Linux, several minutes."
	@$(PIP) -r requirements.txt
	@touch $@

clean:
	rm -rf .venv .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
