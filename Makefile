# Clockhouse: one environment in .venv/, one command for each thing one does. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

QML := $(wildcard kiosk/clockhouse_kiosk/*/*.qml)

.PHONY: help setup demo test check kiosk bench soak gallery lock clean format

help: ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: ## Bring this machine and .venv/ to where everything runs
	@deploy/prepare.sh demo

demo: ## Play the whole day on this machine: server, sync daemon, kiosk, simulated devices
	@deploy/prepare.sh demo
	@$(BIN)/python deploy/demo/demo.py

test: ## Run every test (installs what is missing first)
	@deploy/prepare.sh test
	@QT_QPA_PLATFORM=offscreen QT_QUICK_BACKEND=software $(BIN)/python -m pytest -q -n 2 --dist loadgroup

check: ## Types, lint, format, import rules, the screens' own language
	@deploy/prepare.sh test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy deploy/demo bench
	$(BIN)/lint-imports --no-logo
	@echo qmllint, qmlformat; said=$$($(BIN)/pyside6-qmllint -W 0 $(QML) 2>&1); echo -n "$$said"; [ -z "$$said" ]
	@for file in $(QML); do $(BIN)/pyside6-qmlformat $$file | diff -u $$file - || exit 1; done

kiosk: ## A kiosk in a window, with a simulated reader and a temporary store
	@deploy/prepare.sh demo
	@$(BIN)/clockhouse kiosk --simulate --windowed

bench: ## Speed, as ratios against a named peer or limit measured in the same run
	@deploy/prepare.sh test
	@for script in bench/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

soak: ## The long runs: fuzzing, fault injection, real-time days
	@deploy/prepare.sh test
	@QT_QPA_PLATFORM=offscreen QT_QUICK_BACKEND=software $(BIN)/python -m pytest -q -m soak

format: ## Format the code
	@deploy/prepare.sh test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/pyside6-qmlformat -i $(QML)

gallery: ## Draw every screen of the terminal into docs/screens
	@deploy/prepare.sh test
	@PYTHONPATH=tests $(BIN)/python -m kiosk.gallery

lock: ## Resolve requirements/*.in into hashed requirements/*.txt
	@deploy/prepare.sh lock
	@for name in dev kiosk server; do \
	  $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate $$([ $$name = dev ] || echo "-c requirements/dev.txt") \
	    requirements/$$name.in -o requirements/$$name.txt || exit 1; done

clean: ## Remove the environment and what the demo left
	rm -rf $(VENV) var
