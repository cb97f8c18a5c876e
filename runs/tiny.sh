#!/bin/sh
# The whole product on one page, small enough for two CPU cores: build, prove; then train, judge, mine
# and train again on SmolLM2-135M-Instruct. Measured on two: 4 minutes of installing, 15 for the loop,
# 4 for asking for whole answers.
#
#   OUT=out/tiny          where all of it goes
#   PIIFORGE_LF_ENV=DIR   an environment that `piiforge train --setup` made; made here where not given
#
# A model so small learns the answer's form from 160 rows, and not the task: its AUC stays near one
# half (docs/results.md). So what must hold is: every answer of the tuned model is the strict JSON, and
# its F1 beats its own zero-shot's by MARGIN, an answer that can't be read counting as wrong.
set -eu
cd "$(dirname "$0")/.."
out=${OUT:-out/tiny}
MARGIN=0.20

piiforge build recipes/tiny.yaml --out "$out/data" --force
piiforge verify "$out/data"

# The same bytes again, from another number of workers
again=$(mktemp -d)
trap 'rm -rf "$again"' EXIT
piiforge build recipes/tiny.yaml --out "$again/tiny" --workers 1
cmp "$out/data/manifest.json" "$again/tiny/manifest.json"

# One flipped byte is found and named
printf 'x' >> "$again/tiny/train.jsonl"
if piiforge verify "$again/tiny" 2> "$again/said"; then
  echo "verify passed a changed folder" >&2
  exit 1
fi
grep -q 'train.jsonl was changed' "$again/said"
echo "tiny: built, proved, the same twice, and a changed byte was found"

# The environment that trains also holds piiforge here, so that one torch serves both
env=${PIIFORGE_LF_ENV:-$PWD/$out/llamafactory}
piiforge train --setup --env "$env"
"$env/bin/python" -m pip install --quiet gguf==0.19.0 -e '.[local,fast]'
"$env/bin/python" scripts/smollm2_folder.py "$out/smollm2"

# Round by round: the loop goes on where it stood if this script was stopped
resume=''
[ ! -d "$out/loop" ] || resume=--resume
"$env/bin/piiforge" loop recipes/loop.yaml --model "$out/smollm2" --env "$env" --out "$out/loop" \
  --rounds 2 --mined-rows 20 $resume \
  --set epochs=1 --set batch=4 --set lr=1e-3 --set checkpoints=1 --set cutoff=600

# Asked for the whole answer in JSON: the model as it came, and the last round's
last=$(ls -d "$out"/loop/round-*/run/model | tail -n 1)
for name in zero-shot tuned; do
  model=$out/smollm2
  [ $name = zero-shot ] || model=$last
  "$env/bin/piiforge" predict "$out/loop/data" --split test --with "local:$model" --latency 0 \
    --out "$out/$name.jsonl" --force
done
"$env/bin/piiforge" score "$out/loop/data" "$out/zero-shot.jsonl" "$out/tuned.jsonl" \
  --report "$out/score.html" --force
"$env/bin/piiforge" score "$out/loop/data" "$out/zero-shot.jsonl" "$out/tuned.jsonl" --json \
  > "$out/score.json"
"$env/bin/python" - "$out/score.json" "$MARGIN" <<'CHECK'
import json
import sys

zero, tuned = json.load(open(sys.argv[1], encoding="utf-8"))["scores"]
before, after = (one["overall"]["f1"]["value"] or 0.0 for one in (zero, tuned))
unread = tuned["overall"]["counts"]["unparsed"]
print(f"tiny: F1 {before:.2f} zero-shot, {after:.2f} tuned; {unread} tuned answers can't be read")
if unread or after < before + float(sys.argv[2]):
    sys.exit(f"tiny: the tuned model does not beat its zero-shot by {sys.argv[2]}")
CHECK

# Packed for the processor: in 32 bits the engine's own graph must say what transformers says, and in
# eight nearly so
for bits in 32 8; do
  "$env/bin/piiforge" pack "$last" --data "$out/loop/data" --bits $bits --out "$out/pack-$bits" --force
done
"$env/bin/python" - "$out" "$last" <<'CHECK'
import sys
from pathlib import Path

from piiforge import engine, judge, predict

out, data = Path(sys.argv[1]), Path(sys.argv[1]) / "loop/data"
cases = judge.read_cases(data, "test")
# In 32 bits, whatever the processor has: one with bf16 of its own would round the reference
exact = predict.Settings(judge.descriptions_of(data), verdict_only=True, dtype="float32")
with predict.load(f"local:{sys.argv[2]}", settings=exact, prefilter=False) as reference:
    want = {one.id: reference.verdict(one.category, one.content).p_sensitive for one in cases}
for bits, most in ((32, 0.001), (8, 0.1)):
    said = predict.Packed(engine.read(out / f"pack-{bits}")).predict(cases)
    apart = max(abs(one.p_sensitive - want[one.id]) for one in said)
    print(f"tiny: packed in {bits} bits, p is off by {apart:.5f} at the most")
    if apart > most:
        sys.exit(f"tiny: the packed model is not the trained one (over {most})")
CHECK
