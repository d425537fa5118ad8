#!/usr/bin/env bash
# Fuzzes every `func fuzz<Name>(_ bytes: [UInt8])` found in Tests/LolaCoreTests/Fuzz/*.swift.
#
# The library, those files and the test helpers they use are compiled into one program with -sanitize=fuzzer, so that
# coverage guides the search into the parsers themselves. `@testable import LolaCore` is dropped on the way, because
# the library's sources are part of the same module. A new target is one function; when it uses helpers of another
# test folder, that folder is added to `helpers`.
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
mkdir -p "$work/source" "$work/crashes"
rm -f "$work"/source/*.swift

targets=()
while read -r name; do targets+=("$name"); done < <(
    sed -nE 's/^func fuzz([A-Za-z0-9]+)\(_ bytes: \[UInt8\]\).*/\1/p' "$tests"/Fuzz/*.swift)
[ ${#targets[@]} -gt 0 ] || { echo "fuzz: no target in $tests/Fuzz" >&2; exit 1; }

for folder in Fuzz "${helpers[@]}"; do
    for file in "$tests/$folder"/*.swift; do
        sed -E 's/^@testable import LolaCore$//' "$file" >"$work/source/$folder-$(basename "$file")"
    done
done

# The driver: a table of the targets, one chosen per process by LOLA_FUZZ_TARGET.
while IFS= read -r line; do
    if [ "$line" = "@TARGETS@" ]; then
        printf '    "%s": fuzz%s,\n' $(for name in "${targets[@]}"; do echo "$name" "$name"; done)
    else
        printf '%s\n' "$line"
    fi
done <scripts/fuzz-driver.swift.in >"$work/source/Driver.swift"

echo "fuzz: building ${#targets[@]} targets"
mapfile -t library < <(find Sources/LolaCore -name '*.swift' | sort)
swiftc -sanitize=fuzzer -parse-as-library -O -wmo -module-name LolaFuzz -swift-version 6 -suppress-warnings \
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault \
    -enable-upcoming-feature MemberImportVisibility \
    -I Sources/CSSL "${library[@]}" "$work"/source/*.swift -lssl -lcrypto -o "$work/lola-fuzz"

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
