# make tour               installs into .venv, then runs every lesson in order. FROM=O5 begins there, ONLY=O3 runs that one
# make exercises          checks your next exercise. ONLY=, HINT= and RESET=O1_predict are for that one, LIST=1 lists all
# make test               installs into .venv, then runs the quick tests
# make thorough           runs the other tests: on a cluster, with changes to try, interrupted, under load
# make cluster-check      reports mistakes in cluster/serve_config.yaml that Ray does not report
# make cluster-test       runs lessons on a cluster of four hosts, and lets hosts fail. Needs Linux
# make bench              measures what each lesson costs here, and whether the served models keep memory. Half an hour
# make compare            measures the same work on Ray and on other tools, over an hour. QUICK=1 takes five minutes
# make compare-computing  only the computing: tasks, shared memory, state, a killed worker. A quarter of an hour
# make compare-tables     only the tables and batch inference. A quarter of an hour
# make compare-serving    only the served models. Three quarters of an hour
# make lint               checks the style of the code and the syntax of the workflow
# make constraints        regenerates constraints.txt from the pins in both requirements files
# make install            installs all packages into .venv, without running anything
# make clean              deletes what these create: environments and caches
# make help               prints this list

# The first Python on the path that Ray has a wheel for. PYTHON=... names another one.
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.10 python
PYTHON ?= $(shell for p in $(CANDIDATES); do "$$p" -c "$(SUITABLE)" 2>/dev/null && echo "$$p" && break; done)
# Where it installs. VENV=... names another place, for example one whose path has no space.
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest -rs
# Two processes, so that one works while the other waits for Ray. More would overload two cores.
TWO_AT_A_TIME := -n 2 --dist loadgroup --no-loadscope-reorder

# Ray starts some workers through a shell without quotes, so they never start from a path with a space.
ENVIRONMENT := $(if $(filter /%,$(VENV)),$(VENV),$(CURDIR)/$(VENV))
GOALS := $(or $(MAKECMDGOALS),tour)
ifneq ($(words $(ENVIRONMENT)),1)
ifneq ($(filter-out clean help,$(GOALS)),)
$(error Ray does not work from a path with a space. Move this folder, or install elsewhere: make $(GOALS) VENV=$$HOME/ray)
endif
endif

.PHONY: tour exercises test thorough cluster-check cluster-test bench compare compare-computing compare-tables compare-serving lint constraints install clean help

tour: $(VENV)/core-installed
	@$(BIN)/python -m tools.tour $(if $(FROM),--from "$(FROM)") $(if $(ONLY),--only "$(ONLY)")

exercises: $(VENV)/core-installed
	@$(BIN)/python -m tools.exercises $(if $(ONLY),--only "$(ONLY)") $(if $(HINT),--hint "$(HINT)") \
		$(if $(RESET),--reset "$(RESET)") $(if $(LIST),--list)

test: $(VENV)/all-installed
	$(PYTEST) $(TWO_AT_A_TIME) -m "not thorough and not hosts"

thorough: $(VENV)/all-installed
	$(PYTEST) $(TWO_AT_A_TIME) -m thorough

cluster-check: $(VENV)/all-installed
	@$(BIN)/python -m tools.serve_config

cluster-test: $(VENV)/all-installed
	$(PYTEST) -m hosts -rPs

bench: $(VENV)/all-installed
	$(BIN)/python -m tools.bench

compare: $(VENV)/all-installed
	$(BIN)/python -m tools.compare computing tables serving $(if $(QUICK),--quick)

compare-computing compare-tables compare-serving: $(VENV)/all-installed
	$(BIN)/python -m tools.compare $(@:compare-%=%) $(if $(QUICK),--quick)

lint: $(VENV)/core-installed
	@$(PIP) --quiet ruff==0.15.0 check-jsonschema==0.39.0
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

constraints:
	@"$(PYTHON)" -m venv "$(VENV)"
	@$(PIP) --quiet "$$(sed -n 's/^UV = "\(.*\)"/\1/p' tools/install.py)"
	sed '/^-c /d' requirements-core.txt requirements.txt | sed '/^-r /d' | $(BIN)/uv pip compile - --universal \
		--python-version 3.10 --fork-strategy fewest --no-annotate --custom-compile-command "make constraints" \
		--quiet --output-file "$(VENV)/constraints.txt"
	mv "$(VENV)/constraints.txt" constraints.txt

# The tour calls this when it reaches the first lesson that needs more than Ray.
install: $(VENV)/all-installed

$(VENV)/core-installed: requirements-core.txt constraints.txt
	@"$(PYTHON)" -c "$(SUITABLE)" 2>/dev/null || { echo "This needs Python 3.10 to 3.13 with venv and pip, and found" \
		"none. Install one (on Debian and Ubuntu also python3-venv), or say where it is: make $(GOALS) PYTHON=/path/to/python"; exit 1; }
	@"$(PYTHON)" -m venv "$(VENV)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "$(VENV) is damaged. Delete it: make clean, then this again"; exit 1; }
	@$(BIN)/python -m tools.install Ray 1 requirements-core.txt
	@touch $@

$(VENV)/all-installed: $(VENV)/core-installed requirements.txt
	@$(BIN)/python -m tools.install "torch and its dependencies" 7 requirements.txt
	@touch $@

clean:
	@[ ! -e "$(VENV)" ] || [ -e "$(VENV)/pyvenv.cfg" ] || { echo "$(VENV) is not an environment of Python"; exit 1; }
	rm -rf "$(VENV)" compare/.venv-* .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
