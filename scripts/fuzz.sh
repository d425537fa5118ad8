#!/usr/bin/env bash
# Fuzzes every `func fuzz<Name>(_ bytes: [UInt8])` found in Tests/LolaCoreTests/Fuzz/*.swift.
#
# The library is compiled with -sanitize=fuzzer, so that coverage guides the search into the parsers themselves; those
# files, the test folders whose helpers they use, and a small driver are linked to it. A new target is one function;
# when it uses helpers of another test folder, that folder is added to `helpers`.
#
# Seeds are Fuzz/Corpus/<name>, matched without regard to case and underscores (fuzzHTTPRequest: http_request). New
# inputs go to .fuzz/, never into the repository. An input that crashes is written to .fuzz/crashes/ and belongs into
# the corpus once it is fixed: `make test` replays the corpus.
#
# Usage: [FUZZ_SECONDS=60] scripts/fuzz.sh [Name ...]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}
tests=Tests/LolaCoreTests
helpers=(Support Wire)
work=.fuzz
mkdir -p "$work/crashes"

targets=()
while read -r name; do targets+=("$name"); done < <(
    sed -nE 's/^func fuzz([A-Za-z0-9]+)\(_ bytes: \[UInt8\]\).*/\1/p' "$tests"/Fuzz/*.swift)
[ ${#targets[@]} -gt 0 ] || { echo "fuzz: no target in $tests/Fuzz" >&2; exit 1; }

# The driver: a table of the targets, one chosen per process by LOLA_FUZZ_TARGET.
while IFS= read -r line; do
    if [ "$line" = "@TARGETS@" ]; then
        printf '    "%s": fuzz%s,\n' $(for name in "${targets[@]}"; do echo "$name" "$name"; done)
    else
        printf '%s\n' "$line"
    fi
done <scripts/fuzz-driver.swift.in >"$work/Driver.swift"

options=(-sanitize=fuzzer -parse-as-library -O -wmo -swift-version 6 -suppress-warnings -I Sources/CSSL -I "$work"
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility)
sources() { find "$@" -name '*.swift' | sort; }

echo "fuzz: building the library"
mapfile -t library < <(sources Sources/LolaCore)
swiftc "${options[@]}" -module-name LolaCore -enable-testing -emit-module -emit-module-path "$work/LolaCore.swiftmodule" \
    -emit-object -o "$work/LolaCore.o" "${library[@]}"

echo "fuzz: building ${#targets[@]} targets"
mapfile -t program < <(sources "$tests/Fuzz" "${helpers[@]/#/$tests/}")
swiftc "${options[@]}" -module-name LolaFuzz "${program[@]}" "$work/Driver.swift" "$work/LolaCore.o" \
    -lssl -lcrypto -o "$work/lola-fuzz"

plain() { tr -d _ <<<"${1,,}"; }

chosen=("$@")
[ ${#chosen[@]} -gt 0 ] || chosen=("${targets[@]}")
for name in "${chosen[@]}"; do
    found=$work/$(plain "$name")
    mkdir -p "$found"
    seeds=()
    for folder in "$tests"/Fuzz/Corpus/*/; do
        [ "$(plain "$(basename "$folder")")" = "$(plain "$name")" ] && seeds=("$folder")
    done
    echo "fuzz: $name for $seconds s"
    # 20,000 octets reach past every limit of a head; an input that takes 2 s is a defect.
    LOLA_FUZZ_TARGET=$name "$work/lola-fuzz" -max_total_time="$seconds" -max_len=20000 -timeout=2 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$work/crashes/$name-" "$found" "${seeds[@]}" >"$found.log" 2>&1 || {
        tail -n 30 "$found.log" >&2
        echo "fuzz: $name failed; the input is in $work/crashes/, the log in $found.log" >&2
        exit 1
    }
    grep -E 'number_of_executed_units|peak_rss_mb' "$found.log" | sed -E "s/^stat::([a-z_]+): */fuzz: $name \1 /"
done
