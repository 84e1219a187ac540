# make demo            draws an example; needs nothing but python3 (3.11 or newer) with venv, and make
# make test            runs the tests; those whose tool is missing are skipped with a reason (STRICT=1: they fail)
# make tools           installs the optional tools that tests and recordings use (Debian, Ubuntu; asks for sudo unless root)
# make lint            style, types, and who may import whom
# make examples        draws the figures under examples/ again
# make record          records the sessions under examples/ again (root)

PYTHON ?= python3
BIN := .venv/bin
ADMIN := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT := $(ADMIN) env DEBIAN_FRONTEND=noninteractive apt-get

.PHONY: help demo test lint tools examples record clean
help:
	@sed -n '/^# /!q; s///p' Makefile

demo: .venv/installed
	@mkdir -p build
	$(BIN)/seqdiag draw examples/smtp/smtp.pcap -o build/demo.svg
	@echo "Open it in a browser: $(CURDIR)/build/demo.svg"

# make test ARGS='tests/protocols -x' runs some of them.
test: .venv/installed-dev
	SEQDIAG_REQUIRE_TOOLS=$(STRICT) $(BIN)/python -m pytest -rs $(ARGS)

lint: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

examples: .venv/installed
	$(BIN)/python examples/draw.py

record: .venv/installed-dev
	$(ADMIN) examples/record.sh

tools:
	$(APT) update
	$(APT) install -y --no-install-recommends tshark graphviz dovecot-pop3d dovecot-imapd swaks curl tcpdump iproute2 util-linux \
	    chromium plantuml default-jre-headless fonts-noto-cjk fonts-liberation fonts-dejavu-core poppler-utils
	command -v npm > /dev/null || $(APT) install -y --no-install-recommends nodejs npm
	PUPPETEER_SKIP_DOWNLOAD=1 npm ci --prefix tests/tools

clean:
	rm -rf .venv build dist tests/tools/node_modules

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv

# The stamps say what is installed; a changed pyproject.toml installs again.
.venv/installed: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed-dev: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch .venv/installed $@
