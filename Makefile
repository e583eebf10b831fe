# make demo     install what is missing, build, and read the bundles in testdata
# make test     install what is missing, and run every check and test
# make build    build bin/sealdesk
# make servers  build the S3 servers that tests start, as far as they are missing
# make models   fetch the second reader, as far as it is missing (100 MB)
# make accuracy SAMPLES=DIR SCORE="python3 score.py"
#               read the bundles of DIR and score the results against its truth
# make clean    remove what was built and read

.PHONY: demo test install build models servers lint unit race accuracy clean

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# Reads docker-compose.yml as docker compose config does, without Docker.
COMPOSE := github.com/compose-spec/compose-go/v2/cmd@v2.16.2

# ./... leaves out testdata, where the programs that make bundles and build servers are.
PACKAGES := ./... ./testdata/generate ./testdata/servers
# Where goroutines share data, and tests take seconds under the race detector. The
# scripts named below take small pages through the whole program.
RACE := ./pipeline ./pipeline/ocr/... ./storage/... ./index/...
SCRIPTS := TestIndexHeld|TestScripts/(asone|together|terminal)

demo: install models
	rm -rf .cache/demo
	bin/sealdesk process --data .cache/demo testdata/bundles
	@echo '  bin/sealdesk search --data .cache/demo 合作基地    例如'

test: install models servers lint unit race

install:
	@scripts/install

build:
	go build -ldflags '-X main.version=$(VERSION)' -o bin/sealdesk ./cmd/sealdesk

# The second reader, kept in the user's cache folder. Nothing fails without it.
models: build
	@bin/sealdesk models fetch || echo 'Going on without the second reader.' >&2

# MinIO and versitygw, kept in the user's cache folder, each built once from a module of
# its own. SEALDESK_TEST_SERVERS=off does without.
servers:
	@[ "$(SEALDESK_TEST_SERVERS)" = off ] || go run ./testdata/servers

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted; exit 1; fi
	go vet $(PACKAGES)
	go run $(STATICCHECK) $(PACKAGES)
	go run $(COMPOSE) docker-compose.yml > /dev/null

unit:
	go test -timeout 30m $(PACKAGES)

# The real servers had their turn in unit; here it is goroutines of ours that matter.
race: export SEALDESK_TEST_SERVERS = off
race:
	go test -race -timeout 30m $(RACE)
	go test -race -timeout 30m -run '$(SCRIPTS)' ./cmd/sealdesk

accuracy: build
	@if [ -z "$(SAMPLES)" ] || [ -z "$(SCORE)" ]; then echo 'say SAMPLES=DIR (with bundles/ and truth/) and SCORE="command"'; exit 2; fi
	rm -rf .cache/accuracy && mkdir -p .cache/accuracy
	bin/sealdesk process --json --data .cache/accuracy/data "$(SAMPLES)/bundles" > .cache/accuracy/results.ndjson || [ $$? -eq 3 ]
	$(SCORE) "$(SAMPLES)/truth" .cache/accuracy/results.ndjson

clean:
	rm -rf bin .cache
