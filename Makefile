# tenure: `make demo` shows it, `make test` proves it. Both set up everything that they need.

PYTHON ?=
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
WORKERS ?= 4

.PHONY: help install demo test check format docs bench peers clean

help:
	@echo "make demo     run a small network on loopback, no root (ARGS=--once: a bounded run with a verdict)"
	@echo "make test     check, then every test; as root also installs the real peers from Debian's packages"
	@echo "make bench    measure beside Kea, ISC dhcpd, BIND and Knot; writes docs/benchmarks.md"
	@echo "make check    format, lint, types, house rules; under a minute"
	@echo "make install  build $(VENV) with the tenure command"

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml tools/install
	@PYTHON="$(PYTHON)" tools/install "$(VENV)"
	@touch $@

demo: install
	@$(BIN)/tenure demo $(ARGS)

# Many tests wait for real programs, so there are more workers than cores; a file's tests stay together.
test: install peers check
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: install
	@$(BIN)/ruff format --check src tests bench
	@$(BIN)/ruff check src tests bench
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/house

format: install
	@$(BIN)/ruff format src tests bench
	@$(BIN)/ruff check --fix src tests bench

docs: install
	@$(BIN)/python -m tenure reference docs/reference

bench: install peers
	@$(BIN)/python -m bench $(ARGS)

peers:
	@tools/peers

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
