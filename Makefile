# Everything that is done to this repository. `make help` lists it.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Tools run at fixed versions and never enter go.mod.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# The race detector needs cgo, and so a C compiler: go env says 0 where there is none.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)
PUBLIC := sessions sessions/sessionstest

##@ Use

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Walk through every call against the in-process Clerk; needs no key and no network
	@go run ./sessions/examples/quickstart

##@ Change

.PHONY: generate
generate: ## Make gen/ from openapi/sessions.yaml
	@go generate ./gen

.PHONY: api
api: ## Rewrite the snapshots of the public API in testdata/api/
	@mkdir -p testdata/api
	@for p in $(PUBLIC); do go doc -all ./$$p > testdata/api/$${p##*/}.txt; done

.PHONY: record-official
record-official: ## Record the official JavaScript SDK's traffic anew (needs Node and npm)
	@cd testdata/official-sdk && npm ci --no-audit --no-fund --silent && node record.mjs

.PHONY: bench
bench: ## Run the benchmarks
	@go test -run '^$$' -bench . -benchmem ./sessions/...

##@ Check

.PHONY: test
test: ## Run every test, with the race detector where there is a C compiler
	@go test $(RACE) ./...

.PHONY: check
check: check-race check-format lint check-tidy check-generated check-api test ## Run everything that CI runs

.PHONY: check-race
check-race:
	@if [ -z "$(RACE)" ]; then \
		[ "$${CI:-}" != true ] || { echo "check: the race detector needs a C compiler"; exit 1; }; \
		echo "check: no C compiler here, so the tests run without the race detector"; \
	fi

.PHONY: check-format
check-format: ## Find Go files that gofmt would change
	@bad=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	[ -z "$$bad" ] || { echo "not formatted; run gofmt -w on:"; echo "$$bad"; exit 1; }

.PHONY: lint
lint: ## Run go vet and staticcheck
	@go vet ./...
	@go run $(STATICCHECK) ./...

.PHONY: check-tidy
check-tidy: ## Find go.mod files, of nested modules too, that go mod tidy would change
	@for mod in $$(git ls-files -co --exclude-standard 'go.mod' '**/go.mod'); do \
		(cd $$(dirname $$mod) && go mod tidy -diff) || { echo "$$mod is not tidy; run go mod tidy there"; exit 1; }; \
	done

.PHONY: check-generated
check-generated: ## Find generated code that differs from what make generate makes
	@before=$$(mktemp -d); trap 'rm -rf "$$before"' EXIT; cp -R gen/. "$$before"; \
	$(MAKE) --no-print-directory generate; \
	diff -r "$$before" gen || { echo "gen/ did not match openapi/sessions.yaml; make generate has just mended it: commit gen/"; exit 1; }

.PHONY: check-api
check-api: ## Find changes of the public API that testdata/api/ does not record
	@for p in $(PUBLIC); do \
		go doc -all ./$$p | diff testdata/api/$${p##*/}.txt - \
			|| { echo "the public API of $$p changed; if that is meant, run make api and commit testdata/api/"; exit 1; }; \
	done
