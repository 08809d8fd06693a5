# The two commands: `make run IMAGES=/path/to/pictures` and `make test`. `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Each step needs the one before it, but for the two that `make test` runs beside each other.
ifndef SIDE_BY_SIDE
.NOTPARALLEL:
endif

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
UV := $(BIN)/uv
# On a slow connection a wheel of half a gigabyte may stall for longer than uv's 30 seconds.
export UV_HTTP_TIMEOUT ?= 300

PACKAGES := shared indexer encoder_worker gateway deploy
CLIENT := client/pyproject.toml
WEB := gateway/web
WEB_INSTALLED := $(WEB)/node_modules/.installed
WEB_BUILT := $(WEB)/dist/.built
WEB_SOURCES := $(shell find $(WEB) \( -name node_modules -o -name dist \) -prune -o -type f -print 2>/dev/null)
# Vite needs Node 20.19 or newer.
NODE := $(shell node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a > 20 || (a === 20 && b >= 19)) console.log("yes")' 2>/dev/null)

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

# --- Running -----------------------------------------------------------------------------------

.PHONY: run
# Only these three may be given without their prefix; every LOOKALIKE_* setting works too.
ifdef IMAGES
run: export LOOKALIKE_IMAGE_ROOTS = $(IMAGES)
endif
ifdef PORT
run: export LOOKALIKE_PORT = $(PORT)
endif
ifdef DATA_DIR
run: export LOOKALIKE_DATA_DIR = $(DATA_DIR)
endif
run: images-named installed-to-run page-if-possible ## Run everything here: make run IMAGES=/path [PORT=8000] [DATA_DIR=var]
	@exec $(BIN)/python -m deploy.local.pdeathsig TERM $(BIN)/python -m deploy.local.launch

# The launcher checks this too, but only after the packages were downloaded.
.PHONY: images-named
images-named:
ifeq ($(strip $(IMAGES)$(LOOKALIKE_IMAGE_ROOTS)),)
	@echo "No folder of pictures is set. Name one, or several with ':' between:" >&2
	@echo "  make run IMAGES=/path/to/pictures" >&2
	@exit 2
endif

# --- Installing --------------------------------------------------------------------------------

# Three sets of packages: for tests, checks and benchmarks; for running with a GPU; for running
# without. They agree on every version, so the set for the tests runs everything too. uv removes
# packages that the lock does not name. The client and its command, whose needs the locks have, are
# installed as links to this checkout: uv builds them itself, without a network.
define install
set -e; \
for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
done; \
if [ -z "$$found" ]; then echo "Python 3.11 or newer is needed; name it with PYTHON=/path/to/python3." >&2; exit 1; fi; \
if ! $(BIN)/python -m pip --version >/dev/null 2>&1 && ! $(UV) --version >/dev/null 2>&1; then \
	"$$found" -m venv --clear $(VENV) || { echo "This Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
fi; \
uv=$$(sed -n 's/^\(uv==[0-9.]*\).*/\1/p' $<); \
[ "$$($(UV) --version 2>/dev/null | sed 's/uv \([0-9.]*\).*/uv==\1/')" = "$$uv" ] || $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$uv"; \
$(UV) pip sync --python $(BIN)/python --require-hashes $<; \
$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable ./client --editable .; \
rm -f $(VENV)/.installed*; \
touch $@
endef

$(INSTALLED): requirements.lock $(CLIENT)
	@$(install)
$(INSTALLED)-to-run-cpu: requirements-run-cpu.lock $(CLIENT)
	@$(install)
$(INSTALLED)-to-run-gpu: requirements-run-gpu.lock $(CLIENT)
	@$(install)

# torch and CUDA's libraries are gigabytes that only a GPU needs. The driver creates a device node
# for each GPU (under WSL, one for all of them).
NVIDIA_NODES := $(wildcard /dev/nvidia[0-9]* /dev/dxg)
ifneq ($(filter cuda%,$(LOOKALIKE_DEVICE)),)
HARDWARE := gpu
HARDWARE_REASON := LOOKALIKE_DEVICE is $(LOOKALIKE_DEVICE)
else ifneq ($(filter cpu,$(LOOKALIKE_DEVICE)),)
HARDWARE := cpu
HARDWARE_REASON := LOOKALIKE_DEVICE is cpu
else ifneq ($(NVIDIA_NODES),)
HARDWARE := gpu
HARDWARE_REASON := found $(firstword $(NVIDIA_NODES))
else
HARDWARE := cpu
HARDWARE_REASON := no NVIDIA device node; LOOKALIKE_DEVICE=cuda overrides
endif

.PHONY: installed-to-run
installed-to-run:
	@echo "device: $(HARDWARE) ($(HARDWARE_REASON))"
	@[ $(INSTALLED) -nt requirements.lock ] || $(MAKE) $(INSTALLED)-to-run-$(HARDWARE)

# --- The page ----------------------------------------------------------------------------------

.PHONY: page page-if-possible page-check page-test
ifeq ($(wildcard $(WEB)/package.json),)
page page-if-possible page-check page-test:
	@echo "page: there is none in this checkout; the API runs without it."
else ifeq ($(NODE),)
page:
	@echo "page: Node.js 20.19 or newer is needed (https://nodejs.org)." >&2; exit 1
page-if-possible:
	@[ -f $(WEB_BUILT) ] || echo "page: Node.js 20.19 or newer is not here; the API runs without the page."
page-check page-test:
	@[ -z "$$CI" ] || { echo "page: Node.js 20.19 or newer is not here." >&2; exit 1; }
	@echo "page: Node.js 20.19 or newer is not here; the page is not checked."
else
page: installed-to-run $(WEB_BUILT) ## Build the web page
page-if-possible:
	@$(MAKE) $(WEB_BUILT) || { [ -z "$$CI" ] && echo "page: it could not be built (see above); the API runs without it."; }
page-check: $(INSTALLED) $(WEB_INSTALLED)
	cd $(WEB) && npm run --silent types:check && npm run --silent lint && npx --no-install tsc --noEmit
page-test: $(WEB_INSTALLED)
	cd $(WEB) && npm run --silent test
endif

$(WEB_INSTALLED): $(WEB)/package-lock.json
	cd $(WEB) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB_BUILT): $(WEB_INSTALLED) $(WEB_SOURCES)
	cd $(WEB) && npm run --silent build
	@touch $@

# --- Checking ----------------------------------------------------------------------------------

.PHONY: check check-python
check: $(INSTALLED) ## Formatting, types, import rules, containers, page
	@$(MAKE) page-check & page=$$!; $(MAKE) check-python; python=$$?; wait $$page && exit $$python
check-python:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=client $(BIN)/lint-imports
	$(BIN)/hadolint --config deploy/docker/hadolint.yaml deploy/docker/*.Dockerfile
	$(BIN)/pytest -q tests/unit/deploy/repository

# Most tests wait for the processes that they start, so three run at once on any machine, and the
# containers beside them: what those print comes at the end.
TEST_PROCESSES ?= 3

.PHONY: test
test: $(INSTALLED) chromium page-if-possible page-test ## Every test
ifeq ($(strip $(TESTS)),)
	@SIDE_BY_SIDE=1 $(MAKE) -k -j2 test-processes test-containers-logged; status=$$?; \
	cat build/test-containers.log; exit $$status
else
	@$(MAKE) test-processes
endif

.PHONY: test-processes
test-processes: $(INSTALLED)
	$(BIN)/pytest -n $(TEST_PROCESSES) --no-loadscope-reorder --dist loadfile -m "not containers" $(TESTS)

.PHONY: test-containers-logged
test-containers-logged:
	@mkdir -p build
	@$(MAKE) test-containers >build/test-containers.log 2>&1

# What CI does a little of, for as long as it takes to believe it (docs/soak.md).
SOAK = $(BIN)/pytest -q
ifdef SEED
soak soak-kills fuzz: export LOOKALIKE_TEST_SEED = $(SEED)
endif

.PHONY: soak soak-ledger soak-kills fuzz
soak: soak-ledger soak-kills fuzz ## All three below, one after the other
soak-ledger: $(INSTALLED) ## Random histories of the ledger by the thousand: HISTORIES=2000
	LOOKALIKE_TEST_HISTORIES=$(or $(HISTORIES),2000) $(SOAK) --timeout 0 tests/integration/shared/ledger/test_state_machine.py
soak-kills: $(INSTALLED) ## Loads while processes are killed at random: KILLS=100 SEED=…
	LOOKALIKE_TEST_KILLS=$(or $(KILLS),100) $(SOAK) tests/soak
fuzz: $(INSTALLED) ## Mutated pictures for the decoders: SECONDS=600 SEED=…
	LOOKALIKE_TEST_FUZZ_SECONDS=$(or $(SECONDS),600) $(SOAK) tests/fuzz

# In a process of their own: these tests share one deployment.
.PHONY: test-containers
test-containers: $(INSTALLED) podman ## Build the images, run compose.yaml, kill parts of it, and count
	$(BIN)/pytest -m "containers and not gpu_image" tests/containers

# Apart from the others: it fetches and unpacks gigabytes.
.PHONY: test-gpu-image
test-gpu-image: $(INSTALLED) podman ## Build the encoder's image for GPUs, and run it as far as it goes without one
	$(BIN)/pytest -m gpu_image tests/containers

# Without these programs the tests are skipped, or fail in CI.
.PHONY: podman
podman:
	@if ! { command -v podman && command -v runc && command -v iptables && command -v debootstrap; } >/dev/null 2>&1; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends podman runc netavark aardvark-dns iptables debootstrap >/dev/null || echo "podman: it could not be installed."; \
		else \
			echo "podman: it is not here; the containers are not tested (on Debian, as root: apt install podman runc netavark aardvark-dns iptables debootstrap)."; \
		fi; \
	fi

# Without a browser its tests are skipped, or fail in CI. Debian's headless shell is Chromium
# without windows: the page's tests take half the processor time in it.
.PHONY: chromium
chromium:
	@if ! command -v chromium-headless-shell >/dev/null 2>&1; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium-headless-shell >/dev/null \
			|| DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null \
			|| echo "chromium: it could not be installed."; \
		elif ! command -v chromium >/dev/null 2>&1; then \
			echo "chromium: it is not here; the browser tests are skipped (on Debian: sudo apt install chromium-headless-shell)."; \
		fi; \
	fi

.PHONY: bench
bench: $(INSTALLED) ## Measure all; bench-encoder, bench-load, … for one; ROWS="1000 100000"; MINUTES=10 of bench-serve; BENCH="--help" for choices
	$(BIN)/python -m tests.benchmarks $(BENCH)
bench-%: $(INSTALLED)
	$(BIN)/python -m tests.benchmarks $* $(if $(ROWS),--rows $(ROWS)) $(if $(MINUTES),--minutes $(MINUTES)) $(BENCH)

.PHONY: screenshots
screenshots: $(INSTALLED) chromium page ## Take pictures of every view of the page
	$(BIN)/python -m tests.browser.screenshots

# --- Upkeep ------------------------------------------------------------------------------------

GATEWAY = --extra gateway --extra fetch --extra pictures --extra store --extra telemetry
INDEXER = --extra indexer --extra fetch --extra store --extra telemetry
ENCODER = --extra encoder --extra pictures --extra store --extra telemetry
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 pyproject.toml $(if $(UPGRADE),--upgrade)

.PHONY: lock
lock: $(INSTALLED) ## Write the requirements*.lock files anew; UPGRADE=1 takes newer versions
	$(COMPILE) --all-extras -o requirements.lock
	$(COMPILE) $(GATEWAY) -c requirements.lock -o requirements-gateway.lock
	$(COMPILE) $(INDEXER) -c requirements.lock -o requirements-indexer.lock
	$(COMPILE) $(ENCODER) -c requirements.lock -o requirements-encoder-cpu.lock
	$(COMPILE) $(ENCODER) --extra encoder-gpu -c requirements.lock -o requirements-encoder-gpu.lock
	$(COMPILE) $(GATEWAY) $(INDEXER) $(ENCODER) --extra local --extra client -c requirements.lock -o requirements-run-cpu.lock
	$(COMPILE) $(GATEWAY) $(INDEXER) $(ENCODER) --extra local --extra client --extra encoder-gpu -c requirements.lock -o requirements-run-gpu.lock

.PHONY: client
client: $(INSTALLED) ## Write the client's generated files anew, from the OpenAPI document
	$(BIN)/python -m gateway.export_openapi | PYTHONPATH=client $(BIN)/python -m lookalike_client_generator

.PHONY: convert-weights calibrate fit-match
convert-weights: $(INSTALLED) ## Convert a weight file: WEIGHTS=… TO=… [INPUT=oxford|torchvision]
	$(BIN)/python -m encoder_worker.model.convert $(WEIGHTS) $(TO) $(if $(INPUT),--input $(INPUT))
calibrate: installed-to-run ## Calibrate a weight file for int8: WEIGHTS=… IMAGES=/path/to/photos
	$(BIN)/python -m encoder_worker.encode.calibration $(WEIGHTS) $(IMAGES) $(if $(INPUT),--input $(INPUT))
fit-match: installed-to-run ## Fit the curves of match: WEIGHTS=imagenet|… IMAGES=/path/to/photos
	$(BIN)/python -m encoder_worker.encode.match_fitting $(WEIGHTS) $(IMAGES) $(if $(INPUT),--input $(INPUT))

.PHONY: evaluate
evaluate: installed-to-run ## How well each descriptor finds what belongs together: IMAGES=/path/to/folders
	$(BIN)/python -m encoder_worker.command evaluate $(IMAGES) $(if $(WEIGHTS),--weights $(WEIGHTS)) $(if $(INPUT),--input $(INPUT))

.PHONY: clean
clean: ## Remove installed packages and build outputs; the data directory stays
	rm -rf $(VENV) $(WEB)/node_modules $(WEB)/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
