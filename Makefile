# triton-vision: every verb of daily life. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first interpreter that the embedded server can live with: Python 3.11 or 3.12.
PYTHON ?= $(firstword $(foreach p,python3 python3.12 python3.11,$(shell $(p) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && echo $(p))))
VENV := .venv
WEIGHTS_DIR ?= weights
# Extra index for a smaller build of torch, such as the CPU one; its CUDA libraries are then left out.
TORCH_INDEX_URL ?=
ARGS ?=
EVAL_DIR ?=
export WEIGHTS_DIR EVAL_DIR

PACKAGES := embedded examples export gateway loadtest stack tests ui
PIPELINES := $(patsubst %/,%,$(dir $(wildcard model_repository/*/1/model.py)))

.PHONY: help
help: ## Show this list
	@echo "make VERB [VARIABLE=value …]"
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

.PHONY: up
up: $(foreach e,triton gateway ui,$(VENV)/$(e)/.installed) ## Serve everything in the foreground (exports what is missing first)
	@$(PYTHON) -m export --check || $(MAKE) export ARGS="--missing --allow-untrained"
	@exec $(PYTHON) -m stack

.PHONY: export
export: $(VENV)/export/.installed ## Export the models: weights -> ONNX -> model repository, with proof (ARGS="--help")
	@$(VENV)/export/bin/python -m export $(ARGS)

.PHONY: tune
tune: $(VENV)/export/.installed $(VENV)/triton/.installed ## Find the best instances, threads, precision for this machine (ARGS="yolov8n --images …")
	@$(VENV)/export/bin/python -m export tune $(ARGS)

.PHONY: test
test: setup redis chromium nginx prometheus ## Run the tests, on untrained weights and a Triton of their own (ARGS="-k gateway")
	@$(VENV)/dev/bin/python -m pytest -m "not trained" $(ARGS)

.PHONY: verify
verify: setup ## Check accuracy on trained weights (WEIGHTS_DIR=… EVAL_DIR=… with labelled images)
	@$(VENV)/dev/bin/python -m pytest -m trained $(ARGS)

.PHONY: loadtest
loadtest: $(VENV)/loadtest/.installed ## Put load on a running stack (ARGS="--user detect --users 8 --duration 30s")
	@$(VENV)/loadtest/bin/python -m loadtest run $(ARGS)

.PHONY: bench
bench: $(foreach e,bench peers peers-ultralytics triton gateway export,$(VENV)/$(e)/.installed) ## Compare with what people would run instead (ARGS="--images photos")
	@$(VENV)/bench/bin/python -m loadtest.bench --weights $(WEIGHTS_DIR) $(ARGS)

.PHONY: lint
lint: $(VENV)/dev/.installed ## Check style and types
	@$(VENV)/dev/bin/ruff check .
	@$(VENV)/dev/bin/ruff format --check .
	@$(VENV)/dev/bin/mypy $(PACKAGES)
	@# Pipelines are loaded as files by Triton, each folder for itself.
	@for pipeline in $(PIPELINES); do \
	  MYPYPATH=$$pipeline $(VENV)/dev/bin/mypy --no-error-summary --no-explicit-package-bases $$pipeline/*.py; done

.PHONY: format
format: $(VENV)/dev/.installed ## Bring the code into shape
	@$(VENV)/dev/bin/ruff check --fix .
	@$(VENV)/dev/bin/ruff format .

.PHONY: setup
setup: $(foreach e,triton gateway ui export dev loadtest,$(VENV)/$(e)/.installed) ## Make every environment

.PHONY: redis
redis: ## Install redis-server from the operating system, if it is not there (the tests start one of their own)
	@command -v redis-server >/dev/null || $(call install,redis-server)

# The names under which tests/ui/browsers.py looks for it.
CHROMIUM := chromium chromium-browser google-chrome google-chrome-stable

.PHONY: chromium
chromium: ## Install Chromium from the operating system, if there is none (the tests of the page drive it)
	@command -v $(CHROMIUM) >/dev/null || $(call install,chromium fonts-liberation)

.PHONY: nginx
nginx: ## Install nginx from the operating system, if it is not there (the stack behind one port, and its test)
	@PATH="$$PATH:/usr/sbin"; command -v nginx >/dev/null || $(call install,nginx-light)

.PHONY: prometheus
prometheus: ## Install Prometheus from the operating system, if it is not there (the tests of rules and dashboard)
	@command -v promtool >/dev/null && command -v prometheus >/dev/null || $(call install,prometheus,--no-install-recommends)

# $(1) from the operating system's packages, with the options $(2). Services must not start: RUNLEVEL keeps those of
# System V from it, policy-rc.d those of systemd, for as long as this takes; where there is one, it decides.
define install
{ echo "$(1) is missing: installing it …" >&2; \
	  command -v apt-get >/dev/null || { echo "install $(1) with this system's package manager" >&2; exit 1; }; \
	  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); policy=/usr/sbin/policy-rc.d; \
	  [ -e $$policy ] || { trap "$$sudo rm -f $$policy" EXIT; \
	    printf '#!/bin/sh\nexit 101\n' | $$sudo tee $$policy >/dev/null; $$sudo chmod 755 $$policy; }; \
	  $$sudo apt-get update -qq; \
	  $$sudo env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(2) $(1) >/dev/null; }
endef

.PHONY: lock
lock: ## Pin the requirements of every environment anew
	@$(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet uv
	@requirements/lock $(VENV)/lock/bin/uv

.PHONY: clean
clean: ## Remove environments, caches and exported models; weights stay
	@rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache
	@git clean -fdXq model_repository

# --no-deps: the files are complete, and what they leave out (GUI OpenCV, NumPy 2 under Triton) must stay out.
$(VENV)/%/.installed: requirements/%.txt
	@$(if $(PYTHON),,echo "no Python 3.11 or 3.12 found: install one, or name it with PYTHON=" >&2; exit 1)
	@echo "environment $*: installing $$(grep -c == $<) packages$(if $(filter export,$*), (torch: several GB),) …"
	@rm -rf $(@D) && $(PYTHON) -m venv $(@D)
	@$(if $(TORCH_INDEX_URL),grep -vE '^(nvidia-|cuda-|triton==)',cat) $< > $(@D)/requirements.txt
	@$(@D)/bin/python -m pip install --disable-pip-version-check --no-deps --progress-bar on \
	  $(if $(TORCH_INDEX_URL),--extra-index-url $(TORCH_INDEX_URL)) -r $(@D)/requirements.txt | $(PROGRESS)
	@touch $@

# On a terminal one line that changes instead of hundreds that scroll by; elsewhere nothing.
PROGRESS = awk -v tty=$$([ -t 2 ] && echo 1) '\
  tty && /^(Collecting|Installing)/ { printf "\r\033[K  %.100s", $$0 > "/dev/stderr"; fflush() } \
  END { if (tty) printf "\r\033[K" > "/dev/stderr" }'
