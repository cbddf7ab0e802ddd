# Two commands do everything: `make serve` and `make test`.

CITY ?= city/demo.gpkg
LISTEN ?= 127.0.0.1:8080
SUITU = target/release/suitu

.PHONY: serve test soak build web packages fmt lint unit browser bench clean

# Builds web and server, makes the demonstration city once, serves the map.
serve: build $(CITY)
	$(SUITU) serve --city $(CITY) --listen $(LISTEN)

build: web
	cargo build --release --locked

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

# What takes longer than a test may: malformed requests, slow clients, full disks, a thousand people.
soak: build
	bash tests/soak/run

packages:
	bash tests/packages

fmt:
	cargo fmt --check

lint:
	cargo clippy --release --locked --all-targets -- -D warnings

unit:
	bash tests/postgres cargo test --release --locked

bench:
	cargo bench --profile release

clean:
	rm -rf target web/dist web/node_modules city
