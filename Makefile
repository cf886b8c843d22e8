# tenure: `make demo` shows it, `make test` proves it. Both set up everything that they need.

PYTHON ?=
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
WORKERS ?= 5
# What is started thousands of times is not made into bytecode each time, whatever the environment says of that.
unexport PYTHONDONTWRITEBYTECODE
OURS   := src tests bench tools/compile tools/schema hatch_build.py

.PHONY: help install extras compiled demo test check format docs bench peers clean

help:
	@echo "make demo     run a small network on loopback, no root (ARGS=--once: a bounded run with a verdict)"
	@echo "make test     check, then every test; as root also installs the real peers from Debian's packages"
	@echo "make bench    measure beside Kea, ISC dhcpd, BIND and Knot; writes docs/benchmarks.md"
	@echo "make check    format, lint, types, house rules; under a minute"
	@echo "make install  build $(VENV) with the tenure command"
	@echo "make compiled let it run compiled, at half the processor time, where there is a C compiler; takes minutes"
	@echo "              (TENURE_PLAIN=1 in the environment: nothing is compiled, and what is compiled is not used)"

install: $(VENV)/.installed

# What an extra is built with may have come with the peers.
extras: $(VENV)/.installed
	@PYTHON="$(PYTHON)" tools/install "$(VENV)" extras

# What has been compiled of an older source is never used; so tests and benchmarks compile first, if they can.
compiled: $(VENV)/.installed
	@$(BIN)/python tools/compile

$(VENV)/.installed: pyproject.toml tools/install
	@PYTHON="$(PYTHON)" tools/install "$(VENV)"
	@touch $@

demo: install
	@$(BIN)/tenure demo $(ARGS)

# Many tests wait for real programs, so there are more workers than cores; a file's tests stay together. Files begin in
# the order that tests/conftest.py gives them, not those with the most tests first: files of few and long tests would be
# left for the end, each with one worker. The house's own tests were run by `check`.
test: $(VENV)/.installed peers extras compiled check
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore tests/house $(ARGS)

check: $(VENV)/.installed
	@$(BIN)/ruff format --check $(OURS)
	@$(BIN)/ruff check $(OURS)
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/house

format: $(VENV)/.installed
	@$(BIN)/ruff format $(OURS)
	@$(BIN)/ruff check --fix $(OURS)

docs: $(VENV)/.installed
	@$(BIN)/python -m tenure reference docs/reference

bench: $(VENV)/.installed peers compiled
	@$(BIN)/python -m bench $(ARGS)

peers:
	@tools/peers

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist src/tenure/_compiled
