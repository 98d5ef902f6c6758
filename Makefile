# Every target does its own set-up; `make` alone lists them.
# ARGS goes to the command behind a target: make demo ARGS="--port 8600", make test ARGS="-k roc"
SHELL := /bin/bash
ARGS ?=
# The tests start many processes: what Python compiles is kept, outside of the tree, also where it is told not to.
COMPILED := export PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/.venv/compiled

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench pictures lint format pins

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## make or refresh the environment in .venv
	@.ci/setup

demo: setup  ## open the app on the bundled fraud demo
	@exec .venv/bin/faultline demo $(ARGS)

test: setup  ## run every test, the browser journeys included
	@CHROMIUM=$$(.ci/browser) && export CHROMIUM && $(COMPILED) && exec .venv/bin/pytest --numprocesses=logical --maxprocesses=4 $(ARGS)

bench: setup  ## measure ratios against other libraries; ARGS=--quick for fewer rows
	@exec .venv/bin/python -m benchmarks $(ARGS)

pictures: setup  ## write the pictures in docs/images again; ARGS="slices-light" for one of them
	@CHROMIUM=$$(.ci/browser) && export CHROMIUM && exec .venv/bin/python docs/pictures.py $(ARGS)

lint: setup  ## check style, types, layers and the Dockerfile
	@.ci/lint

format: setup  ## rewrite the code in the house style
	@.venv/bin/ruff check --fix-only --quiet && .venv/bin/ruff format

pins: setup  ## pin the newest state of pyproject.toml in requirements/
	@.ci/pins $(ARGS)
