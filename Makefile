# Every target sets up what it needs: a virtual environment, the dependencies, the extension.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SOURCES := CMakeLists.txt pyproject.toml constraints.txt $(shell find csrc -type f)

.PHONY: help
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.dev: $(SOURCES) | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e '.[cpu,train,dev]'
	touch $@

## make setup: a development environment in .venv
.PHONY: setup
setup: $(VENV)/.dev
