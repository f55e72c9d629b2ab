# Everything a stranger needs. `make help` lists it; `make demo` and `make test` set up what they need.
# All of it stays in this checkout: .venv (Python packages by requirements.lock), target (Rust).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Tests start the gateway some hundred times: compiled anew at each start it would cost 1.1 s of
# processor time more. __pycache__ is ignored by git and left out of packages.
unexport PYTHONDONTWRITEBYTECODE
RUST_SOURCES := Cargo.toml Cargo.lock $(shell find core_rs -name '*.rs' -o -name Cargo.toml)

.PHONY: help tools setup build demo test lint fmt rust-test loom bench locust soak upgrade ha sdk sdk-code house screenshots lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

tools: ## check that Python, venv, Rust and a linker are here
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is needed: apt-get install python3 (or make PYTHON=/path/to/python3)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@command -v cargo >/dev/null \
	  || { echo "A Rust toolchain is missing: apt-get install rustup && rustup default stable" >&2; exit 1; }
	@command -v cc >/dev/null \
	  || { echo "The linker cc is missing: apt-get install gcc libc6-dev" >&2; exit 1; }

$(VENV)/.packages: requirements.lock
	@$(MAKE) --no-print-directory tools
	@echo "setting up $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.build: $(VENV)/.packages $(RUST_SOURCES) pyproject.toml
	@echo "building gateway._core (release; about a minute the first time)"
	@PIP_QUIET=1 PIP_DISABLE_PIP_VERSION_CHECK=1 maturin develop --release --locked --quiet
	@touch $@

setup: $(VENV)/.packages ## make .venv from the lock file

build: $(VENV)/.build ## build the native module into the checkout

demo: build ## run a flash sale on a real database and check the books (ARGS="--json")
	@quangate demo $(ARGS)

test: build rust-test ## Rust and Python tests
	@python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

rust-test: ## the Rust crates' tests, without Python
	@cargo test --quiet --locked --workspace --exclude quangate-py

loom: ## every interleaving of the allocator
	@RUSTFLAGS="--cfg loom" cargo test --quiet --locked --release -p quangate-stock -p quangate-wire --target-dir target/loom --test 'loom_*'

lint: build ## formatting, lints, types, import rules
	@cargo fmt --all --check
	@cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
	@ruff format --check --quiet .
	@ruff check --quiet .
	@mypy --no-error-summary
	@python -m mypy.stubtest gateway._core --ignore-disjoint-bases
	@lint-imports
	@python -m pytest -q tests/unit/house/test_{features,feature_sql,lengths,tidy}.py

fmt: setup ## format everything
	@cargo fmt --all
	@ruff format --quiet .
	@ruff check --quiet --fix-only .

bench: build ## measure against the peers (needs wrk); under two hours, the most of it ten million orders
	@python -m pip install --quiet --disable-pip-version-check --require-hashes -r bench/requirements.lock
	@python -m bench compare $(ARGS)

locust: build ## people who browse, order, poll and try again (ARGS="--headless --users 20 --run-time 8s")
	@python -m pip install --quiet --disable-pip-version-check --require-hashes -r bench/requirements.lock
	@python -m bench people $(ARGS)

soak: build ## the long fault run; the last line is its result as JSON
	@python -m tests.chaos.soak $(ARGS)

sdk: build ## build and test the partners' clients as published, into dist/sdk (ARGS="python go")
	@python -m connectors.sdk.build $(ARGS)

sdk-code: build ## make the clients' models, errors, methods and cases from the API
	@python deploy/sdk_code.py

house: setup ## draw deploy/house.svg from the imports
	@python deploy/house.py > deploy/house.svg

screenshots: build ## photograph the console of `quangate demo --console` into deploy/screenshots; needs chromium
	@python deploy/screenshots.py

upgrade: build ## workers and releases replaced at 70 % load; the last line is its result as JSON
	@QUANGATE_BUILD_OLDER=1 python -m tests.chaos.rolling $(ARGS)

ha: build ## kill the primary of a Patroni cluster under load (ARGS="--kills 3 --json", "--keep"); needs etcd
	@python -m tests.chaos.ha $(ARGS)

lock: setup ## renew the lock files from pyproject.toml and Cargo.toml
	@cargo update --quiet --workspace
	@uv pip compile --quiet --universal --generate-hashes --group dev pyproject.toml -o requirements.lock
	@uv pip compile --quiet --universal --generate-hashes --group dev --group bench pyproject.toml -o bench/requirements.lock
	@uv pip compile --quiet --universal --generate-hashes --no-annotate pyproject.toml -c requirements.lock -o deploy/requirements.lock

clean: ## remove what make made
	rm -rf $(VENV) target gateway/_core.*.so
