# The few commands. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
UV := .tools/bin/uv
RUN := .venv/bin/
export PATH := $(CURDIR)/.tools/programs:$(PATH):/usr/sbin

.PHONY: help setup demo test prove prove-full lint mutate bench docs packages tools clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: .venv/.ready ## a working .venv/bin/prodproof
	@echo "ready: .venv/bin/prodproof"

demo: .venv/.ready ## start a small real shop, verify it, break one thing, see it found, show the report
	@$(RUN)prodproof demo --end

test: .venv/.ready packages tools lint ## formatting, types, rooms and every test; CI runs this, then prove
	@$(RUN)pytest

prove: .venv/.ready packages tools ## the matrix: every guarantee healthy, broken and withdrawn on the range
	@$(RUN)python -m scripts.prove

prove-full: .venv/.ready packages tools ## the same, looking at everything after every fault (for the night)
	@$(RUN)python -m scripts.prove --full

lint: .venv/.ready ## formatting, types, rooms
	@$(RUN)ruff format --check .
	@$(RUN)ruff check .
	@$(RUN)mypy
	@$(RUN)lint-imports --no-cache >/tmp/prodproof-lint-imports.$$$$ || { cat /tmp/prodproof-lint-imports.$$$$; exit 1; }; rm -f /tmp/prodproof-lint-imports.$$$$
	@scripts/check-lock

mutate: .venv/.ready ## wrong changes of the judges that nothing notices
	@$(RUN)python -m scripts.mutate

bench: .venv/.ready packages ## the benchmarks beside their peers, as ratios
	@scripts/bench

docs: .venv/.ready ## write the generated pages again
	@$(RUN)python -m scripts.generate

tools: .venv/.ready ## large tools that tests use, each in an environment of its own
	@scripts/tools

packages: ## the Debian packages that tests use: installed as root, else named
	@scripts/packages

clean: ## remove what setup made
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.ready: pyproject.toml uv.lock scripts/setup
	@scripts/setup
	@touch $@
