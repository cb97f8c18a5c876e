#!/bin/sh
# The plan's run on one H100 (under 5 h; in fact minutes): build, tune Qwen2.5-0.5B and 1.5B, ask both
# and Qwen2.5-3B the frozen test set, score. What could not be run is listed at the end as not run.
#
#   runs/h100.sh                       models are fetched from the hub
#   SMALL=/models/0.5b MIDDLE=/models/1.5b LARGE=/models/3b runs/h100.sh
#
# Needs piiforge with its extras for local models and Presidio (see README.md).
# Qwen2.5-3B is under a research licence (not for commercial use): here it is the yardstick only.
# LARGE= (empty) leaves it out.
set -eu
cd "$(dirname "$0")/.."
out=${OUT:-out/h100}
data=$out/data
SMALL=${SMALL-Qwen/Qwen2.5-0.5B-Instruct}
MIDDLE=${MIDDLE-Qwen/Qwen2.5-1.5B-Instruct}
LARGE=${LARGE-Qwen/Qwen2.5-3B-Instruct}
environment=${PIIFORGE_LF_ENV:-${XDG_CACHE_HOME:-$HOME/.cache}/piiforge/llamafactory-0.9.5}
said='' missed=''

mkdir -p "$out"
nvidia-smi -L >/dev/null 2>&1 || { echo "h100: there is no GPU here; nothing was run" >&2; exit 2; }
date -u > "$out/when.txt"
nvidia-smi -L >> "$out/when.txt"

piiforge build recipes/base.yaml --out "$data" --resume
piiforge train --setup --cuda

# tune NAME MODEL: a run that was cut off is taken up again
tune() {
  [ -n "$2" ] || { missed="$missed $1"; return 0; }
  if [ -f "$out/$1/run.json" ]; then
    piiforge train --resume --out "$out/$1"
  else
    piiforge train "$data" --model "$2" --out "$out/$1"
  fi || missed="$missed $1"
}

# ask NAME SYSTEM [OPTION...]: answers to the test set, for score
ask() {
  name=$1 system=$2
  shift 2
  if piiforge predict "$data" --split test --with "$system" --out "$out/$name.jsonl" --force "$@"
  then said="$said $out/$name.jsonl"
  else missed="$missed $name"
  fi
}

tune 0.5b "$SMALL"
tune 1.5b "$MIDDLE"
for size in 0.5b 1.5b; do
  if [ -d "$out/$size/model" ]; then
    ask "tuned-$size" "local:$out/$size/model" --verdict-only
    ask "tuned-$size-json" "local:$out/$size/model"
  else
    missed="$missed tuned-$size"
  fi
done
large=$LARGE
if [ -n "$LARGE" ] && [ ! -d "$LARGE" ]; then
  large=$out/models/3b
  "$environment/bin/hf" download "$LARGE" --local-dir "$large" || large=''
fi
if [ -n "$large" ]; then
  ask 3b-zero-shot "local:$large"
  ask 3b-few-shot "local:$large" --shots 8 --shots-from "$data"
else
  missed="$missed 3b-zero-shot 3b-few-shot"
fi
ask rules rules
ask rules-decoded rules --decode
ask presidio presidio
ask presidio-decoded presidio --decode

# The paired gap of every two systems, with its interval
# shellcheck disable=SC2086  # a list of files without blanks
piiforge score "$data" $said --split test --report "$out/report.html"

if [ -n "$missed" ]; then
  echo "h100: not run:$missed" >&2
  exit 1
fi
echo "h100: all was run; see $out/report.html and $out/*/run.json"
