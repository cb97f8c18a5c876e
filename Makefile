# One place for the commands that a person or CI runs. `make build` and `make test` need nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RECIPE ?= base
OUT ?= out/base
EXTRAS ?= serve

.PHONY: build test check docs tiny package sbom image bench lock clean

build: $(READY)          ## make the environment and build the recipe base into out/base
	$(BIN)/piiforge build $(RECIPE) --out $(OUT) --force

test: $(READY)           ## make the environment and pass the tests
	$(BIN)/python -m pytest

check: $(READY)          ## lint, format, types, and that the shipped context is what its recipe gives
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/context.py --check

package: $(READY)        ## prove sdist and wheel: built, installed clean, used; each extra too
	$(BIN)/python scripts/package_check.py

sbom: $(READY)           ## write dist/sbom.json, the bill of materials of core and extras (CycloneDX)
	mkdir -p dist
	$(BIN)/python scripts/lock.py --sbom > dist/sbom.json

image:                   ## build the image of `piiforge serve`; EXTRAS="serve fast" for packs
	docker build --build-arg EXTRAS="$(EXTRAS)" --tag piiforge-serve .

tiny: $(READY)           ## the whole pipeline, small
	PATH="$(CURDIR)/$(BIN):$$PATH" runs/tiny.sh

docs: $(READY)           ## generate docs/taxonomy.md
	$(BIN)/python scripts/docs.py

bench: $(READY)          ## the figures of the README
	$(BIN)/python benchmarks/build.py

lock:                    ## choose the newest versions that fit and pin them with hashes
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header \
	  --no-emit-index-url --python-version 3.11 -q -o requirements.lock

clean:
	rm -rf $(VENV) out build dist

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $(READY)
