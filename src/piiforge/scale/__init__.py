"""Scale: data sets made in shards, and the engines that run pieces of any work."""

from piiforge.scale import engines
from piiforge.scale.places import Place
from piiforge.scale.sharded import Run, Wanted, gather, is_sharded, run, verify

__all__ = ["Place", "Run", "Wanted", "engines", "gather", "is_sharded", "run", "verify"]
