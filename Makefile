# Faultline. `make help` lists what there is.

GO      ?= go
NPM     ?= npm
TOOL    := GOWORK=off $(GO) tool
BUF     := $(TOOL) -modfile=tools/buf/go.mod buf
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X github.com/faultline-dev/faultline/internal/telemetry.version=$(VERSION)
export CGO_ENABLED ?= 0

ENGINE    := deploy/embedded/node_modules/.package-lock.json
MODULES   := dashboard/node_modules/.package-lock.json
DASHBOARD := dashboard/dist/index.html
SOURCES   := $(shell find dashboard/src dashboard/public dashboard/index.html dashboard/vite.config.ts -type f 2>/dev/null)
GOMODULES := . gen/go sdk-go sdk-go/grpc

.DEFAULT_GOAL := help
.PHONY: help run build engine dashboard test test-go test-race test-dashboard test-browser test-e2e torture packages bench profile generate lint baseline clean FORCE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build everything and start it on http://127.0.0.1:8080, data under ./data
	@exec bin/faultline serve --data "$${FAULTLINE_DATA:-data}"

build: engine dashboard bin/faultline ## build bin/faultline, with the dashboard inside and the engine library beside it

bin/faultline: FORCE
	@mkdir -p bin
	$(GO) build -ldflags '$(LDFLAGS)' -o $@ ./cmd/faultline

engine: $(ENGINE) ## fetch the ClickHouse engine library that its lock file pins
$(ENGINE): deploy/embedded/package-lock.json
	$(NPM) ci --prefix deploy/embedded --no-audit --no-fund --loglevel=error
	@touch $@

$(MODULES): dashboard/package-lock.json
	$(NPM) ci --prefix dashboard --no-audit --no-fund --loglevel=error
	@touch $@

dashboard: $(DASHBOARD) ## build the dashboard into dashboard/dist
$(DASHBOARD): $(MODULES) $(SOURCES)
	$(NPM) run --prefix dashboard --silent build
	@touch $@

test: packages lint build test-go test-race test-dashboard test-e2e test-browser ## install what the checks need, then run every check

packages: ## install PostgreSQL and Chromium from Debian's packages if they are missing
	@e2e/install-packages.sh

test-go: engine ## Go tests of every module
	@for m in $(GOMODULES); do (cd $$m && $(GO) test ./...) || exit 1; done

# Packages with goroutines of their own, once more under the race detector (which needs cgo).
RACE := ./internal/embedded/... ./server/ingest/... ./server/receive/... ./server/triage/... ./server/auth/... ./server/quota/... ./internal/bus/... ./internal/wire/... ./server/group/... ./server/upload/... ./server/sentryapi/... ./alerting/...
test-race: engine ## the packages that run goroutines, under the race detector
	CGO_ENABLED=1 $(GO) test -race -short $(RACE)
	cd sdk-go && CGO_ENABLED=1 $(GO) test -race -short ./...

test-dashboard: $(DASHBOARD) ## types, lint, unit tests and size budget of the dashboard
	$(NPM) run --prefix dashboard --silent check
	$(NPM) run --prefix dashboard --silent test
	$(NPM) run --prefix dashboard --silent budget

test-e2e: build ## the whole product: scripts, kill -9, alert mails, three rounds of torture
	$(GO) test -count=1 -tags e2e ./e2e/...

test-browser: build ## the dashboard in Chromium against a running server
	e2e/browser/run.sh

ROUNDS ?= 30
SEED   ?= 0
torture: build ## kill, stop, cut off and mislead a running product for 30 rounds, and count; ROUNDS and SEED choose others
	$(GO) test -count=1 -tags e2e -timeout 0 -v ./e2e/torture -rounds $(ROUNDS) -seed $(SEED) -length 15s

bench: build ## measure, print the table, and rewrite docs/benchmarks.md
	$(GO) run ./e2e/bench -write docs/benchmarks.md

PROFILES := docs/profiles
profile: build ## profile the server under load into docs/profiles, as text
	@mkdir -p $(PROFILES) && tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT && \
	$(GO) run ./e2e/bench -profiles "$$tmp" -events 600000 -ceiling-events 50000 >/dev/null && \
	$(GO) tool pprof -top -nodecount=60 bin/faultline "$$tmp/cpu.pprof" > $(PROFILES)/server-cpu.txt && \
	$(GO) tool pprof -top -cum -nodecount=120 bin/faultline "$$tmp/cpu.pprof" > $(PROFILES)/server-cpu-cumulative.txt && \
	$(GO) tool pprof -top -sample_index=inuse_space -nodecount=40 bin/faultline "$$tmp/heap.pprof" > $(PROFILES)/server-heap.txt && \
	$(GO) tool pprof -top -sample_index=alloc_space -nodecount=40 bin/faultline "$$tmp/heap.pprof" > $(PROFILES)/server-allocations.txt

generate: $(MODULES) ## generate code from proto, and the documentation of settings
	rm -rf gen/go/faultline gen/gateway gen/openapi/*.json dashboard/src/gen
	$(BUF) generate
	$(BUF) generate --template buf.gen.api.yaml
	$(BUF) generate --template buf.gen.ingest.yaml
	$(GO) generate ./cmd/faultline

lint: ## formatting, vet, the contracts, the table of packages
	@test -z "$$(gofmt -l cmd internal server alerting sdk-go e2e dashboard/*.go)" || { gofmt -l cmd internal server alerting sdk-go e2e; echo 'run gofmt -w on these files'; exit 1; }
	@for m in $(GOMODULES); do (cd $$m && $(GO) vet ./...) || exit 1; done
	$(BUF) lint
	$(BUF) breaking --against proto/baseline.binpb
	$(GO) test ./internal/floors
	cd tools/composecheck && GOWORK=off $(GO) run . ../../deploy/docker/compose.yaml
	$(TOOL) -modfile=tools/actionlint/go.mod actionlint -shellcheck= -pyflakes= .github/workflows/*.yml

baseline: ## accept the contracts as they are now; breaking changes are measured against this
	$(BUF) build -o proto/baseline.binpb

clean: ## remove what was built; data stays
	rm -rf bin dashboard/dist/assets dashboard/dist/index.html

FORCE:
