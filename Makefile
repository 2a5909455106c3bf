# Switchyard. A bare `make` prints what there is to ask for.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

# one build for a laptop, a container and a test: static and reproducible; go stamps the commit into it
GOBUILD = CGO_ENABLED=0 go build -trimpath -ldflags '-s -w'

# what `make test` hands to go test; TESTFLAGS= is quiet
TESTFLAGS ?= -v
TIMEOUT   ?= 15m
FUZZTIME  ?= 60s
# the first seed of `make sim`
SEED      ?= 1
# how many crashes of the store `make crash` tries
CRASHES   ?= 10000
# the profile of `make bench`: smoke, quick, goals, standard, full, or the path of a JSON file
BENCH     ?= standard
# its open rooms of `scale`, and its arrivals of each run of `oracles`
ROOMS     ?= 50000
PLAYED    ?= 20000
# arrivals of each of the 20 runs of a row of `make oracles`, and more flags for it
ARRIVALS  ?= 100000
ORACLES   ?=
# how many sockets the storm of `make clients` has, the messages that it cuts at every byte, and its repeated writes
SOCKETS   ?= 2000
CUTS      ?= 100
REPEATS   ?= 300000
# what `make nightly` makes of them: crashes, nodes to kill 20 times each, sockets, repeated writes, restarts under them, arrivals.
# Smaller ones show in some minutes that each of its lines runs (arrivals: 1,000 at least)
NIGHT_CRASHES  ?= 100000
NIGHT_NODES    ?= 25
NIGHT_SOCKETS  ?= 15000
NIGHT_REPEATS  ?= 1000000
NIGHT_RESTARTS ?= 200
NIGHT_ARRIVALS ?= 1000000
# BROWSER=skip leaves the browser tests out, knowingly
BROWSER   ?= run

WEB      := cmd/switchyard/web
BENCHWEB := bench/report/web
CONTRACT := protocol/contract
LINT     := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

GOFILES = find . \( -name node_modules -o -name '.?*' -o -path ./data \) -prune -o -name '*.go' -print

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: build ## build and start a node with the demo site; its data is in ./data
	@mkdir -p data
	exec bin/switchyard serve --demo --data data --log-format text

.PHONY: build
build: web ## the web pages and the binary, in ./bin
	@mkdir -p bin
	$(GOBUILD) -o bin/switchyard ./cmd/switchyard

.PHONY: web
web: ## the pages that the binary carries (nothing to do where they need no build)
	@if [ ! -f $(WEB)/package.json ]; then exit 0; fi; \
	$(call node); \
	cd $(WEB); $(call install); npm run --if-present build

.PHONY: test
test: web fmt vet unit crash clients oracles alerts contract pages browser ## all set-up and all tests: what a change must pass

.PHONY: fmt
fmt: ## gofmt has nothing to say
	@bad=$$($(GOFILES) | xargs gofmt -l); \
	if [ -n "$$bad" ]; then echo "gofmt would change:"; echo "$$bad"; exit 1; fi

.PHONY: vet
vet: ## go vet has nothing to say
	go vet ./...

.PHONY: unit
unit: ## the Go tests, with the race detector, in random order
	@$(call need,cc,gcc libc6-dev)
	go test -race -shuffle=on -timeout $(TIMEOUT) $(TESTFLAGS) ./...

# without the race detector, which makes a crash ten times dearer and has seen the same code in `make unit`
.PHONY: crash
crash: ## crashes of a disk at random and at every step of a commit; CRASHES=n tries more
	go test -count=1 -timeout $(TIMEOUT) $(TESTFLAGS) -run F01 ./persistence -crashes $(CRASHES)
	go test -count=1 -timeout $(TIMEOUT) $(TESTFLAGS) -run F01 ./actors/scenario -crashes $$(( $(CRASHES) / 10 ))

# without the race detector, for the same reason: the queue mind in virtual time is one goroutine
.PHONY: oracles
oracles: ## the queue mind against queueing theory (PERF-7); ARRIVALS=n and ORACLES='--table a' for others
	go run ./cmd/switchyard-bench oracles --arrivals $(ARRIVALS) --pairs 5 $(ORACLES)

# without the race detector, as crash
.PHONY: clients
clients: ## a socket cut at every byte of 100 sends, 2,000 sockets that come back at once (SOCKETS=n), repeated writes, an idle connection's memory
	go test -count=1 -timeout $(TIMEOUT) $(TESTFLAGS) -run 'Conformance05|Conformance11' ./cmd/switchyard -cut.sends $(CUTS) -storm.sockets $(SOCKETS)
	go test -count=1 -timeout $(TIMEOUT) $(TESTFLAGS) -run F15 ./actors/room -repeat.cases $(REPEATS)
	go test -count=1 -timeout $(TIMEOUT) $(TESTFLAGS) -run IdleConnection ./actors/gateway

.PHONY: nightly
nightly: ## 500 times kill -9 of a spoken-to node, a hundred thousand crashes of a disk, ten times the arrivals against theory
	$(MAKE) crash CRASHES=$(NIGHT_CRASHES) TIMEOUT=120m
	go test -count=1 -timeout 120m $(TESTFLAGS) -run F01 ./cmd/switchyard -kill.worlds $(NIGHT_NODES)
	$(MAKE) clients SOCKETS=$(NIGHT_SOCKETS) REPEATS=$(NIGHT_REPEATS) TIMEOUT=120m
	go test -count=1 -timeout 120m $(TESTFLAGS) -run F15 ./cmd/switchyard -repeat.rounds $(NIGHT_RESTARTS)
	$(MAKE) oracles ARRIVALS=$(NIGHT_ARRIVALS) ORACLES='--half-width 1.5'

.PHONY: alerts
alerts: ## the alert rules fire when they must, and only then
	@$(call need,promtool,prometheus)
	promtool check rules deploy/alerts.yml
	cd deploy && promtool test rules alerts_test.yml

.PHONY: contract
contract: ## the published contract is a valid AsyncAPI and a valid OpenAPI document
	@$(call node); cd $(CONTRACT); $(call install); npm test

.PHONY: pages
pages: ## the pages' own tests, without a browser
	@if [ ! -f $(WEB)/package.json ]; then exit 0; fi; \
	$(call node); \
	cd $(WEB); $(call install); npm run --if-present test

.PHONY: browser
browser: web ## the pages in a real browser, against a real node
	@if [ ! -f $(WEB)/package.json ]; then exit 0; fi; \
	if [ "$(BROWSER)" = skip ]; then echo "browser tests: left out (BROWSER=skip)"; exit 0; fi; \
	$(call node); \
	$(call need,chromium,chromium); \
	mkdir -p bin; $(GOBUILD) -o bin/switchyard ./cmd/switchyard; \
	cd $(WEB); $(call install); SWITCHYARD=$(CURDIR)/bin/switchyard CHROMIUM="$$(command -v chromium)" npm run --if-present e2e

.PHONY: bench
bench: bench-page ## measure in turns with the ceilings of the same machine, play the oracles, grow; some twenty minutes, one page
	@mkdir -p bench/results bin
	go build -o bin/switchyard-bench ./cmd/switchyard-bench
	@name=bench/results/$$(date -u +%Y%m%d-%H%M%S); ok=0; \
	bin/switchyard-bench run $(BENCH) --json $$name.json || ok=$$?; \
	bin/switchyard-bench oracles --arrivals $(PLAYED) --pairs 3 --json $$name.oracles.json || ok=$$?; \
	bin/switchyard-bench scale --rooms $(ROOMS) --pairs 3 --json $$name.scale.json || ok=$$?; \
	bin/switchyard-bench page --html $$name.html --oracles $$name.oracles.json --scale $$name.scale.json $$name.json; exit $$ok

.PHONY: bench-page
bench-page: ## the page that switchyard-bench carries
	@$(call node); \
	cd $(BENCHWEB); $(call install); npm run build

.PHONY: sim
sim: ## the stories, and as many simulated lives as fit a minute; SEED=n begins elsewhere
	go test -count=1 $(TESTFLAGS) ./actors/scenario
	go test -count=1 -v -timeout $(TIMEOUT) ./actors/sim -run 'TestSeeds$$' -sim.first $(SEED) -sim.seeds 1000000 -sim.within 1m

.PHONY: sim-nightly
sim-nightly: ## simulated lives for an hour; SEED=n begins elsewhere
	go test -count=1 -v -timeout 2h ./actors/sim -run 'TestSeeds$$' -sim.first $(SEED) -sim.seeds 100000000 -sim.within 1h

.PHONY: fuzz
fuzz: ## every fuzz target, 60 s each (FUZZTIME=...)
	@$(GOFILES) | grep '_test\.go$$' | xargs grep -o '^func Fuzz[A-Za-z0-9_]*' | sort | \
	while IFS=: read -r file target; do \
	  echo "go test $$(dirname $$file) -fuzz ^$${target#func }$$"; \
	  go test "$$(dirname $$file)" -run '^$$' -fuzz "^$${target#func }$$" -fuzztime $(FUZZTIME) </dev/null; \
	done

.PHONY: lint
lint: ## golangci-lint, at the pinned version
	go run $(LINT) run ./...

.PHONY: docker
docker: ## the container image (TAG=latest)
	docker build -t switchyard:$(or $(TAG),latest) .

.PHONY: clean
clean: ## what was built (not ./data)
	rm -rf bin dist $(WEB)/node_modules $(BENCHWEB)/node_modules $(CONTRACT)/node_modules

# need installs a Debian package for a missing command when it may, else says in one line what is missing
need = if ! command -v $(1) >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; \
	  else echo "missing: $(1) (Debian: apt-get install $(2))" >&2; exit 1; fi; fi

node = $(call need,npm,nodejs npm); \
	node -e 'const [a, b] = process.versions.node.split("."); if (a < 20 || a == 20 && b < 19) { console.error("missing: Node.js 20.19 or newer, this is " + process.version); process.exit(1) }'

# install is npm ci when the lock file is not what was installed last; packages run no scripts of their own
install = if ! cmp -s package-lock.json node_modules/.installed; then \
	  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && cp package-lock.json node_modules/.installed; fi
