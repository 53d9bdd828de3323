PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench

demo: $(VENV)/demo.done
	$(BIN)/python app.py

test: $(VENV)/dev.done
	$(BIN)/python -m pytest

lint: $(VENV)/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(VENV)/dev.done
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/cold_start.py
	$(BIN)/python benchmarks/webcam.py
	$(BIN)/python benchmarks/video.py
	$(BIN)/python benchmarks/iterative.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.done: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install -r requirements.txt
	touch $@

$(VENV)/dev.done: requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install -r requirements-dev.txt
	touch $@ $(VENV)/demo.done
