# A thin front to CMake and to the orxaq it builds: `make help` lists what it can do.
#
# Long tests are registered with CTest configurations (torture, soak, agents), so that `make test` does not
# see them. A goal this file does not know is a command of orxaq:
# `make status` runs `orxaq --root . status`.

BUILD     := build
JOBS      ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_TIME ?= 600
SOAK_TIME ?= 3600
FLEET_TIME ?= 1200
FLEET_KILLS ?= 500
PREFIX    ?= /usr/local
DESTDIR   ?=
PROVIDER  ?=
ROOT      ?= .
ORXAQ     ?= $(BUILD)/bin/orxaq
CTEST     := ctest --output-on-failure --no-tests=error -j$(JOBS)

own := all deps dev-deps build test test-asan agents check lint bench fuzz torture soak demo \
       install uninstall coverage clean format help

.DEFAULT_GOAL := all
.NOTPARALLEL:
.PHONY: $(own)

all: build ## build everything into build/ (the default)

deps: ## install the packages the build needs, when some are missing
	@scripts/install-deps

dev-deps: ## as deps, with the tools of check, fuzz and coverage
	@scripts/install-deps --dev

build: deps
	@[ -f $(BUILD)/Makefile ] || cmake --preset release
	@cmake --build $(BUILD) --parallel $(JOBS)

test: build ## the default test suite
	@$(CTEST) --test-dir $(BUILD)

test-asan: deps ## the unit tests under AddressSanitizer and UBSan, in build-asan/
	@[ -f build-asan/Makefile ] || cmake --preset asan
	@cmake --build build-asan --parallel $(JOBS)
	@$(CTEST) --test-dir build-asan -L '^unit$$'

agents: build ## drive the real codex, gemini and claude (from npm) against loopback servers
	@$(CTEST) --test-dir $(BUILD) -C agents -L '^agents$$'

check lint: dev-deps build ## the house rules: scripts/check
	@scripts/check $(ARGS)

bench: build ## measure, print the table, fail when a bar is missed
	@tests/bench/run $(BUILD)

fuzz: dev-deps ## every fuzz target for FUZZ_TIME seconds (600)
	@scripts/fuzz $(FUZZ_TIME)

torture: build ## kill orxaq at every durable write of a real queue (up to 10 minutes)
	@$(CTEST) --test-dir $(BUILD) -C torture -L '^torture$$'

soak: build ## a fleet under FLEET_KILLS kills (500) and for FLEET_TIME s (1200), then all else for SOAK_TIME s (3600)
	@SOAK_TIME=$(SOAK_TIME) FLEET_TIME=$(FLEET_TIME) FLEET_KILLS=$(FLEET_KILLS) $(CTEST) -V --test-dir $(BUILD) -C soak -L '^soak$$'

demo: build ## run a queue of tasks over a scratch repository [PROVIDER=NAME]
	@scripts/demo $(PROVIDER)

install: deps ## install below PREFIX (/usr/local), staged into DESTDIR
	@cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) >/dev/null
	@cmake --build $(BUILD) --parallel $(JOBS)
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD)

uninstall: ## remove what the last `make install` put there (same DESTDIR)
	@scripts/uninstall $(BUILD)/install_manifest.txt $(DESTDIR)

coverage: dev-deps ## line and branch coverage of the default suite, in build-coverage/
	@scripts/coverage $(JOBS)

clean: ## remove all build directories
	rm -rf build build-*

format: dev-deps ## rewrite the C sources in the house format
	@scripts/format

help: ## this list
	@awk -F'## ' '/^[a-z][a-z -]*:.*## / { sub(/:.*/, "", $$1); printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo "  make COMMAND      anything else is a command of orxaq: make status, make lanes-plan ..."

# Unknown goals. Only words of the command line count, and only those that name no file, so that
# make never takes its own Makefile or a source for a command.
commands := $(foreach g,$(filter-out $(own),$(MAKECMDGOALS)),$(if $(or $(findstring /,$g),$(wildcard $g)),,$g))

flags-process-watchdog   := --strict
flags-full-autonomy      := --strict
flags-routellm-preflight := --allow-dirty
flags-mesh-publish       := --topic scheduling --event-type task.enqueued --payload-json '{"task_id":"example"}'
name-dashboard           := dashboard-start

.PHONY: $(commands)
$(commands): $(ORXAQ)
	@$(ORXAQ) --root $(ROOT) $(or $(name-$@),$@) $(flags-$@) $(ARGS)

$(ORXAQ):
	@$(MAKE) --no-print-directory build >&2
