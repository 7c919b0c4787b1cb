# The few commands. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
UV := .tools/bin/uv
RUN := .venv/bin/
export PATH := $(CURDIR)/.tools/programs:$(PATH):/usr/sbin

.PHONY: help setup demo test lint bench docs packages tools clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: .venv/.ready ## a working .venv/bin/prodproof
	@echo "ready: .venv/bin/prodproof"

demo: .venv/.ready ## start a small HTTPS site with flaws, verify it, show the report
	@$(RUN)prodproof demo

test: .venv/.ready packages tools lint ## everything that CI runs
	@$(RUN)pytest

lint: .venv/.ready ## formatting, types, rooms
	@$(RUN)ruff format --check .
	@$(RUN)ruff check .
	@$(RUN)mypy
	@$(RUN)lint-imports --no-cache >/tmp/prodproof-lint-imports.$$$$ || { cat /tmp/prodproof-lint-imports.$$$$; exit 1; }; rm -f /tmp/prodproof-lint-imports.$$$$
	@scripts/check-lock

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
