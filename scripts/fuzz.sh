#!/usr/bin/env bash
# Fuzzes every `func fuzz<Name>(_ bytes: [UInt8])` found in Tests/LolaCoreTests/Fuzz/*.swift.
#
# The library and those files are compiled into one program with -sanitize=fuzzer, so that coverage guides the search
# into the parsers themselves. Conventions of the Fuzz folder:
#   - files without `import Testing` are targets and helpers; `@testable import LolaCore` in them is dropped here,
#     because the library's sources are part of the same module;
#   - files with `import Testing` (the replay of the corpus in `make test`) are left out;
#   - Corpus/<Name>/ holds the seeds of `fuzz<Name>`. New inputs go to .fuzz/<Name>/, never into the repository;
#     an input that crashes is written to .fuzz/crashes/ and belongs into Corpus/ once it is fixed.
#
# Usage: [FUZZ_SECONDS=60] scripts/fuzz.sh [Name ...]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}
folder=Tests/LolaCoreTests/Fuzz
work=.fuzz
mkdir -p "$work/source" "$work/crashes"

targets=()
rm -f "$work"/source/*.swift
for file in "$folder"/*.swift; do
    [ -e "$file" ] || continue
    grep -qE '^import Testing' "$file" && continue
    sed -E 's/^@testable import LolaCore$//' "$file" >"$work/source/$(basename "$file")"
    while read -r name; do targets+=("$name"); done < <(
        sed -nE 's/^func fuzz([A-Za-z0-9]+)\(_ bytes: \[UInt8\]\).*/\1/p' "$file")
done
[ ${#targets[@]} -gt 0 ] || { echo "fuzz: no target in $folder" >&2; exit 1; }

# The driver: a table of the targets, one chosen per process by LOLA_FUZZ_TARGET.
table=
for name in "${targets[@]}"; do table+="    \"$name\": fuzz$name,"$'\n'; done
while IFS= read -r line; do
    if [ "$line" = "@TARGETS@" ]; then printf '%s' "$table"; else printf '%s\n' "$line"; fi
done <scripts/fuzz-driver.swift.in >"$work/source/FuzzDriver.swift"

echo "fuzz: building ${#targets[@]} targets"
mapfile -t library < <(find Sources/LolaCore -name '*.swift' | sort)
swiftc -sanitize=fuzzer -parse-as-library -O -wmo -module-name LolaFuzz -swift-version 6 \
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault \
    -enable-upcoming-feature MemberImportVisibility \
    -I Sources/CSSL "${library[@]}" "$work"/source/*.swift -lssl -lcrypto -o "$work/lola-fuzz"

chosen=("$@")
[ ${#chosen[@]} -gt 0 ] || chosen=("${targets[@]}")
for name in "${chosen[@]}"; do
    mkdir -p "$work/$name"
    seeds=()
    [ -d "$folder/Corpus/$name" ] && seeds=("$folder/Corpus/$name")
    echo "fuzz: $name for $seconds s"
    # 16 KiB inputs cover every limit that is not about bulk; one input may take 2 s at most.
    LOLA_FUZZ_TARGET=$name "$work/lola-fuzz" -max_total_time="$seconds" -max_len=20000 -timeout=2 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$work/crashes/$name-" "$work/$name" "${seeds[@]}" >"$work/$name.log" 2>&1 || {
        tail -n 30 "$work/$name.log" >&2
        echo "fuzz: $name failed; the input is in $work/crashes/, the log in $work/$name.log" >&2
        exit 1
    }
    grep -E 'number_of_executed_units|peak_rss_mb' "$work/$name.log" | sed "s/^stat::/fuzz: $name /"
done
