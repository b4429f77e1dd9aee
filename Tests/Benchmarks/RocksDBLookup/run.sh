#!/bin/sh
# Compiles the bench. Usage then: /tmp/almanac-lookup-bench/lookup_bench (see its head for the verbs).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${OUT:-/tmp/almanac-lookup-bench}
mkdir -p "$out"
root=$here/../../..
c++ -std=c++17 -O2 -g -I"$root/Sources/CLookup/include" -o "$out/lookup_bench" \
    "$here/lookup_bench.cc" "$root"/Sources/CRocksDB/*.cc -lrocksdb
