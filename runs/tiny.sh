#!/bin/sh
# The whole pipeline on one page, small enough for a laptop: build, prove, look.
set -eu
cd "$(dirname "$0")/.."
out=${OUT:-out/tiny}

piiforge build recipes/tiny.yaml --out "$out" --force
piiforge verify "$out"

# The same bytes again, from another number of workers
again=$(mktemp -d)
trap 'rm -rf "$again"' EXIT
piiforge build recipes/tiny.yaml --out "$again/tiny" --workers 1
cmp "$out/manifest.json" "$again/tiny/manifest.json"

# One flipped byte is found and named
printf 'x' >> "$again/tiny/train.jsonl"
if piiforge verify "$again/tiny" 2> "$again/said"; then
  echo "verify passed a changed folder" >&2
  exit 1
fi
grep -q 'train.jsonl was changed' "$again/said"
echo "tiny: built, proved, the same twice, and a changed byte was found"
