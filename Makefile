# Every task of the project. `make run` and `make test` install what is missing and need no other step.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON := .venv/bin/python
LOLA := .build/release/lola
SWIFT_RELEASE := swift build -c release --static-swift-stdlib --product lola
# The allocator as the image sets it.
ALLOCATOR := $(shell grep -o 'GLIBC_TUNABLES=[^ ]*' Dockerfile)
PORT ?= 8080
FUZZ_SECONDS ?= 60
ROUNDS ?= 200
SEED ?= 20261121
SEEDS ?= 1000
FROM ?= 1
REDIS_KILLS ?= 50

.PHONY: help run build test test-swift test-blackbox sim crash bench fuzz image rootfs format

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1 \t\2/' | expand -t 24

run: build ## the whole gateway on this machine, nothing to configure (PORT=8080)
	@echo
	@echo "Starting Lola. When it says it is ready, open http://127.0.0.1:$(PORT)/dev in a browser,"
	@echo "or send a first message from a second terminal:"
	@echo "    $(LOLA) trigger whatsapp.text --from +15550100 --text hola"
	@echo
	@exec env $(ALLOCATOR) $(LOLA) dev --port $(PORT)

build: ## the release binary, .build/release/lola
	@scripts/setup.sh build
	$(SWIFT_RELEASE)

test: ## everything: unit tests, release build, black-box tests
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory --keep-going test-swift test-blackbox

test-swift: ## Swift Testing only, with SEEDS runs of the simulator (1000)
	@scripts/setup.sh build
	swift build --build-tests
	LOLA_SIM_SEEDS=$(SEEDS) swift test --skip-build

sim: ## the simulator alone: SEEDS runs (1000) from seed FROM (1) on
	@scripts/setup.sh build
	swift build --build-tests
	@failed=0; last=$$(( $(FROM) + $(SEEDS) - 1 )); for from in $$(seq $(FROM) 1000 $$last); do \
	  count=$$(( last - from < 1000 ? last - from + 1 : 1000 )); echo "seeds $$from to $$(( from + count - 1 ))"; \
	  LOLA_SIM_SEEDS=$$count LOLA_SIM_FROM=$$from swift test --skip-build --filter SimulationTests/manySeeds \
	    || failed=1; done; exit $$failed

test-blackbox: build ## pytest against the release binary (PYTEST_ARGS="-k telegram")
	@scripts/setup.sh test
	$(PYTHON) -m pytest Tests/BlackBox $(PYTEST_ARGS)

crash: build ## kill -9: the gateway ROUNDS=200 times at random points, Redis REDIS_KILLS=50 times; SEED=20261121
	@scripts/setup.sh test
	LOLA_CRASH_ROUNDS=$(ROUNDS) LOLA_CRASH_SEED=$(SEED) LOLA_REDIS_KILLS=$(REDIS_KILLS) \
		$(PYTHON) -m pytest Tests/BlackBox/test_crash.py Tests/BlackBox/test_redis_gateways.py

bench: build ## load and memory figures, written to docs/BENCHMARKS.md
	@scripts/setup.sh bench
	bench/run.sh

fuzz: ## libFuzzer over every parser, FUZZ_SECONDS each (60)
	@scripts/setup.sh build
	FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz.sh

image: ## container image lola:dev
	docker build --tag lola:dev .

rootfs: build ## the image's runtime folder without a container engine, in .build/rootfs
	scripts/rootfs.sh $(LOLA) .build/rootfs

format: ## swift-format in place
	swift format --in-place --parallel --recursive --configuration scripts/swift-format.json Package.swift Sources Tests
