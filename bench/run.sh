#!/usr/bin/env bash
# Measures the release binary and writes docs/BENCHMARKS.md. Takes about ten minutes on a quiet machine.
# `bench/run.sh NAME ...` prints some of the measurements and writes nothing. The journals lie in .bench, which must be
# on a disk.
# Core 0 belongs to the measured server, core 1 to everything else; needs at least two cores.
#
# BENCH_MESSAGES  messages of the memory measurement after its warm-up (1,000,000).
# BENCH_MICRO  command that prints `name nanoseconds [instructions]` lines for the in-process figures (head, json,
#              chain); without it, and without an executable bench/micro, those rows say "not measured".
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(nproc)" -ge 2 ] || { echo "bench: one core is not enough to keep server and load apart" >&2; exit 1; }
ulimit -n "$(ulimit -Hn)"
exec taskset -c 1 .venv/bin/python bench/report.py "$@"
