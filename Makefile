# Two commands do everything: `make serve` and `make test`.

CITY ?= city/demo.gpkg
LISTEN ?= 127.0.0.1:8080
SUITU = target/release/suitu

.PHONY: serve test build pdf web packages fmt lint unit browser bench clean

# Builds web and server, makes the demonstration city once, serves the map. The PDF writer takes
# minutes more: it is built behind the running server, at low priority; see target/pdf.log.
serve: build $(CITY)
	@{ nice cargo build --release --locked -p suitu-print >target/pdf.log 2>&1 </dev/null & }
	$(SUITU) serve --city $(CITY) --listen $(LISTEN)

build: web
	cargo build --release --locked

# The program that writes reports as PDF, beside the server.
pdf:
	cargo build --release --locked -p suitu-print

$(CITY): | build
	mkdir -p $(dir $(CITY))
	$(SUITU) demo --city $(CITY)

# The web map is built into the program, so it comes first.
web: web/dist/index.html

web/dist/index.html: web/package-lock.json $(shell find web/src web/public web/*.ts web/*.html web/*.js -type f 2>/dev/null)
	cd web && npm ci --no-audit --no-fund && npm run build

# Everything: format, lints, unit and integration tests, the browser.
test:
	bash tests/run

packages:
	bash tests/packages

fmt:
	cargo fmt --all --check

lint:
	cargo clippy --release --locked --all-targets -- -D warnings
	cargo clippy --release --locked -p suitu-print --all-targets -- -D warnings

unit:
	cargo test --release --locked
	cargo test --release --locked -p suitu-print

bench:
	cargo bench --profile release

clean:
	rm -rf target web/dist web/node_modules city
