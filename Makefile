# make demo     install what is missing, build, and read the bundles in testdata
# make serve    install the same, build, and open the desk in the browser
# make test     install what is missing, and run every check and test
# make build    build bin/sealdesk
# make servers  build the S3 servers that tests start, as far as they are missing
# make axe      fetch axe-core for the tests in a browser, as far as it is missing (1 MB)
# make models   fetch the second reader, as far as it is missing (100 MB)
# make accuracy read the bundles in testdata, and fail when less is right than before;
#               SAMPLES=DIR: then those in DIR/bundles, by the truth in DIR/truth;
#               UPDATE=1: write down what is right now (testdata/accuracy/*.txt)
# make migrate  move 500 invented bundles from a folder to MinIO and back, and verify each
# make bench    measure how fast the desk answers with 20,000 applications on file
# make fuzz     look for bad input with every fuzz target, FUZZTIME=1m each
# make torture  kill a running desk again and again, and see that nothing is lost; KILLS=50
# make throughput  measure how much faster two workers read than one
# make clean    remove what was built and read

.PHONY: demo serve test install build models servers axe lint unit race accuracy bench fuzz torture throughput clean

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# Reads docker-compose.yml as docker compose config does, without Docker.
COMPOSE := github.com/compose-spec/compose-go/v2/cmd@v2.16.2

# ./... leaves out testdata, where the programs are that make bundles, score what was read
# of them, measure the desk, build servers and fetch axe-core. Those whose tests take longest
# come first, so that no processor waits for the last of them.
PACKAGES := ./web/browser ./cmd/sealdesk ./pipeline ./... ./testdata/accuracy ./testdata/axe ./testdata/bench ./testdata/generate ./testdata/likeness ./testdata/office ./testdata/searchable ./testdata/servers ./testdata/throughput ./testdata/torture
# Where goroutines share data, and tests take seconds under the race detector. It makes
# work on pixels ten times as slow, so that where pages are read only those tests run in
# which several things happen at once. The scripts named below take small pages through
# the whole program.
RACE := ./pipeline/ocr/... ./pipeline/queue ./storage/... ./index/...
# Of these, what one goroutine does for itself, with pixels.
ALONE := TestUpDown|TestText|TestDigits|TestInstalled|TestDamaged|TestDecodeTIFF|TestSecondIsReader/odd|TestPoolIsReader/odd
ATONCE := TestAtOnce|TestCancel|TestKilledChildren|TestOrder|TestInOrder|TestManyCorrect|TestStop|TestCounts|TestWatchedFolder
SCRIPTS := TestIndexHeld|TestScripts/(asone|together|terminal)

demo: install models
	rm -rf .cache/demo
	bin/sealdesk process --data .cache/demo testdata/bundles

serve: install models
	bin/sealdesk serve

test: install models servers axe lint unit race

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

# Kept in the user's cache folder. The tests in web/browser need it.
axe:
	@go run ./testdata/axe

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted; exit 1; fi
	go vet $(PACKAGES)
	go run $(STATICCHECK) $(PACKAGES)
	go run $(COMPOSE) docker-compose.yml > /dev/null

# One package more at a time than there are processors (of two): some wait for a browser or
# for servers.
unit:
	go test -p 3 -timeout 30m $(PACKAGES)

# The real servers had their turn in unit; here it is goroutines of ours that matter.
race: export SEALDESK_TEST_SERVERS = off
race:
	go test -race -p 3 -timeout 30m -skip '$(ALONE)' $(RACE)
	go test -race -timeout 30m -run '$(ATONCE)' ./desk ./likeness ./pipeline
	go test -race -timeout 30m -run '$(SCRIPTS)' ./cmd/sealdesk

# The tables are those of reading with the second reader.
accuracy: models
	$(call score,testdata,testdata)
	$(if $(SAMPLES),$(if $(wildcard $(SAMPLES)/truth),$(call score,$(SAMPLES),samples),\
		@echo 'There is no $(SAMPLES)/truth: only the bundles in testdata were read.'))

# $(call score,DIR,NAME) reads DIR/bundles and compares with testdata/accuracy/NAME.txt.
define score
rm -rf .cache/accuracy/$(2) && mkdir -p .cache/accuracy/$(2)
bin/sealdesk process --json --data .cache/accuracy/$(2)/data "$(1)/bundles" > .cache/accuracy/$(2)/results.ndjson || [ $$? -eq 3 ]
go run ./testdata/accuracy $(if $(UPDATE),-update) "$(1)/truth" .cache/accuracy/$(2)/results.ndjson testdata/accuracy/$(2).txt
endef

# The applications are made once, in .cache/bench: some minutes and 5 GB.
bench: build
	go run ./testdata/bench

KILLS ?= 50
torture: build
	go run ./testdata/torture -kills $(KILLS)

FUZZTIME ?= 1m
fuzz:
	scripts/fuzz $(FUZZTIME)

# The same test moves five bundles in make test.
migrate: servers
	go test ./cmd/sealdesk -run '^TestMigrate$$' -v -timeout 2h -args -bundles 500

# Some 25 minutes, on a machine that does nothing else.
throughput: models
	go run ./testdata/throughput

clean:
	rm -rf bin .cache
