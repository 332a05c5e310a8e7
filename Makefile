# Kagitaba's commands. Each step says in one line what it does; what is up to date costs no time.

MAKEFLAGS += --no-print-directory
CARGO := cargo
WASM := wasm32-unknown-unknown

.DEFAULT_GOAL := help
.PHONY: help run build dev dev-build dev-site server site frontend-wasm bundle test test-rooms test-types test-pages soak-tests bench bench-nodes lighthouse pictures lint check clean wasm-target chromium firefox nginx postgresql strace schemathesis

help: ## Show these commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /make \1\t/' | expand -t 18

run: build ## Build what has changed and serve at http://localhost:3000
	@exec target/release/kagitaba serve

build: wasm-target frontend/node_modules/.package-lock.json ## Build server and frontend
	@$(MAKE) -j2 server site

# Two at a time: while the one links, the other compiles. What packs the frontend comes first, as both need cargo's lock; both
# name both packages, for crates that they share to be built once, with the features of both.
server: bundle
	@echo '• Building the server'
	@$(CARGO) build --release --locked -p server -p bundle --bin kagitaba

site: frontend-wasm bundle
	@echo '• Packing the frontend'
	@target/release/bundle

dev-build: wasm-target frontend/node_modules/.package-lock.json ## Build server and frontend without optimising them
	@echo '• Building for debugging'
	@$(CARGO) build --locked --bins
	@$(CARGO) build --locked -p frontend --target $(WASM)
	@$(MAKE) dev-site

dev-site:
	@target/debug/bundle --dev $(BUNDLE)

dev: ## The same, and serve at http://localhost:3000; after each change again, and pages reload
	@exec node .ci/dev.mjs

frontend-wasm:
	@echo '• Building the frontend'
	@$(CARGO) build --locked -p frontend --target $(WASM) --profile wasm-release

bundle:
	@echo '• Building what packs the frontend'
	@$(CARGO) build --release --locked -p server -p bundle --bin bundle

# Every part runs, whatever has failed before it. Counted are cargo's summaries and Playwright's.
TEST_LOGS := target/tests
test: ## Run all tests, those in a browser too
	@rm -rf $(TEST_LOGS) && mkdir -p $(TEST_LOGS)
	@for part in test-rooms test-types test-pages; do \
		{ $(MAKE) $$part || echo $$part >> $(TEST_LOGS)/failed; } 2>&1 | tee $(TEST_LOGS)/$$part.log; \
	done
	@count() { grep -hE '^(test result:|  [0-9]+ (passed|failed|flaky))' $(TEST_LOGS)/*.log | \
		grep -oE "[0-9]+ ($$1)\b" | awk '{ sum += $$1 } END { print sum + 0 }'; }; \
	echo "• Tests: $$(count passed) passed, $$(count 'failed|flaky') failed"; \
	if [ -s $(TEST_LOGS)/failed ]; then echo "• Failed: $$(paste -sd ' ' $(TEST_LOGS)/failed); see $(TEST_LOGS)/"; false; fi

test-rooms: wasm-target nginx postgresql strace frontend/node_modules/.package-lock.json
	@echo '• Testing the rooms'
	@$(CARGO) test --release --locked --no-fail-fast

test-types: end2end/node_modules/.package-lock.json
	@echo '• Checking the types of the tests in a browser'
	@cd end2end && npx tsc

test-pages: build end2end/node_modules/.package-lock.json chromium firefox schemathesis
	@echo '• Testing the pages in Chromium and Firefox'
	@cd end2end && npx playwright test

soak-tests: wasm-target nginx postgresql strace frontend/node_modules/.package-lock.json build end2end/node_modules/.package-lock.json chromium firefox schemathesis ## Run all tests again and again, half of the rounds beside a compiler
	@.ci/soak

pictures: build end2end/node_modules/.package-lock.json chromium ## Take README's pictures again, and those of all pages in every look into target/pictures
	@cd end2end && PICTURES=1 npx playwright test --project=chromium ui/pictures

lighthouse: build end2end/node_modules/.package-lock.json end2end/lighthouse/node_modules/.package-lock.json chromium ## Measure main pages with Lighthouse; takes some 5 minutes
	@cd end2end/lighthouse && node report.mjs

bench: postgresql ## Measure the gate beside a bare handler, the list beside queries by hand, and the use of tokens
	@$(CARGO) bench --locked --bench gate --bench list --bench usage

bench-nodes: postgresql ## Measure 1, 2, 4 and 10 nodes on PostgreSQL beside one on SQLite; takes some 10 minutes
	@$(CARGO) bench --locked --bench nodes

lint: wasm-target ## Check form and style of the code
	@echo '• Checking form and style'
	@$(CARGO) fmt --check
	@$(CARGO) clippy --release --locked --all-targets -- -D warnings
	@$(CARGO) clippy --locked -p frontend --target $(WASM) --profile wasm-release -- -D warnings

# In the debug profile, whose build `make dev` shares, and without PostgreSQL, nginx, strace or a browser. All tests are one
# command: cargo would build crates again for a package alone, as it has other features then.
check: wasm-target ## Check format, lints and all tests that need neither a service nor minutes
	@echo '• Checking format and lints'
	@$(CARGO) fmt --check
	@$(CARGO) clippy --locked --all-targets -- -D warnings
	@$(CARGO) clippy --locked -p frontend --target $(WASM) -- -D warnings
	@echo '• Testing what needs no service'
	@$(CARGO) test --locked --quiet --lib --bins --test sqlite --test server -- --skip with_services::

clean: ## Remove all that was built and installed here; .data stays
	@echo '• Removing what was built'
	@rm -rf target frontend/node_modules end2end/node_modules end2end/lighthouse/node_modules end2end/test-results end2end/playwright-report

# What is missing on this machine

wasm-target:
	@test -d "$$(rustc --print target-libdir --target $(WASM))" || { \
		echo '• Installing the wasm target of Rust' && rustup target add $(WASM); }

%/node_modules/.package-lock.json: %/package-lock.json
	@echo '• Installing the tools in $*'
	@cd $* && npm ci --no-progress --loglevel=error
	@touch $@

chromium:
	@if [ -x /usr/bin/chromium-headless-shell ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo '• Installing Chromium' && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-noto-cjk || \
		[ -x /usr/bin/chromium ]; \
	elif [ ! -x /usr/bin/chromium ]; then \
		echo '• Installing Chromium' && cd end2end && npx playwright install chromium; \
	fi

firefox:
	@if command -v firefox-esr >/dev/null || command -v firefox >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo '• Installing Firefox' && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends firefox-esr; \
	else \
		echo 'The tests need Firefox; install firefox-esr with your package manager' && false; \
	fi

nginx:
	@if [ -x /usr/sbin/nginx ] || command -v nginx >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo '• Installing nginx' && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light; \
	else \
		echo 'The tests need nginx; install it with your package manager' && false; \
	fi

strace:
	@if command -v strace >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo '• Installing strace' && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends strace; \
	else \
		echo 'The tests need strace; install it with your package manager' && false; \
	fi

postgresql:
	@if command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo '• Installing PostgreSQL' && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; \
	else \
		echo 'Tests and benchmarks need PostgreSQL; install it with your package manager' && false; \
	fi

# The version is pinned: another one may make up other calls.
schemathesis:
	@test -x target/schemathesis/bin/schemathesis || { \
		echo '• Installing schemathesis' && rm -rf target/schemathesis && \
		{ python3 -m venv target/schemathesis 2>/dev/null || { \
			{ [ "$$(id -u)" = 0 ] || { echo 'The tests need python3-venv; install it with your package manager' && false; }; } && \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv && \
			python3 -m venv target/schemathesis; }; } && \
		target/schemathesis/bin/pip install --quiet --disable-pip-version-check schemathesis==4.32.5; }
