"""piiforge builds the data that teaches small models to find personal data in log lines.

`piiforge.load("rules").verdict("ssn", line)` asks a system in one line.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from piiforge.predict import load

__all__ = ["__version__", "load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import `load` when it is first asked for: it draws in numpy, the commands' help doesn't."""
    if name == "load":
        from piiforge.predict import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
