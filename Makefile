# Two commands matter: `make up` and `make test`. Each does its own set-up and is quick the second time.
.DEFAULT_GOAL := help
.PHONY: help up setup test check bench lint format types gen docs clean

PYTHON ?= python3
SETUP := $(PYTHON) scripts/setup.py
BIN := .venv/bin

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## set up what is missing and start the platform (CAPSULE_PORT, CAPSULE_DATA)
	@$(SETUP) run
	@$(BIN)/capsule up

setup: ## only the set-up that up and test share
	@$(SETUP) run

test: ## set up what is missing and run every check and test
	@$(SETUP) test
	@$(BIN)/python scripts/test.py

check: ## linters, types, import directions, generated files, web checks (no set-up)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/python scripts/check_types.py
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python scripts/generate.py --check
	@$(BIN)/python scripts/web.py check

bench: ## measure speed and memory side by side with peers (benchmarks/)
	@$(SETUP) bench
	@$(BIN)/python -m benchmarks

lint: ## ruff and eslint
	@$(BIN)/ruff check .
	@$(BIN)/python scripts/web.py lint

format: ## format all Python
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

types: ## mypy strict and tsc strict
	@$(BIN)/python scripts/check_types.py
	@$(BIN)/python scripts/web.py typecheck

gen: ## write what is generated from code (API schema and client, reference pages)
	@$(BIN)/python scripts/generate.py

docs: gen ## the reference pages are part of gen; the guides are plain Markdown in docs/

clean: ## remove the virtual environment, caches and built web assets
	@rm -rf .venv .setup web/dist web/node_modules .mypy_cache .ruff_cache .pytest_cache
