"""Scale: shards of a build, ranges of files, and the engines that run them."""

from piiforge.scale import engines

__all__ = ["engines"]
