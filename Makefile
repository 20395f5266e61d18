# Every command of the project. Each works alone on a fresh clone: scripts/bootstrap brings what the machine lacks.

.DEFAULT_GOAL := help
.PHONY: help demo test check bench audit

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## a gateway, a mock provider and a seeded organisation on this machine; ARGS="--json" and the like
	@scripts/bootstrap build
	@cargo run --locked --release -p bursar -- demo $(ARGS)

test: ## every test: Rust, doc examples, and the official SDKs through a real gateway
	@scripts/bootstrap test
	cargo run --locked --quiet -p postgres-cluster --bin with-postgres -- cargo nextest run --locked --workspace
	cargo test --locked --workspace --doc
	scripts/sdk-tests

check: ## formatting, lints, documentation, and who may depend on what
	@scripts/bootstrap check
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps --workspace
	cargo deny --locked check -A unused-wrapper bans licenses sources

bench: ## the ledger, recognition, the journal and the store timed, then the gateway beside a bare proxy in one run
	@scripts/bootstrap build
	cargo bench --locked -p ledger -p identity -p journal -p store-sqlite
	cargo run --locked --release -p loadtest -- compare $(ARGS)

audit: ## known vulnerabilities and unmaintained crates (fetches the advisory database)
	@scripts/bootstrap check
	cargo deny --locked check advisories
