"""piiforge builds the data that teaches small models to find personal data in log lines.

    import piiforge
    from piiforge import recipe

    piiforge.load().verdict("ssn", line).is_sensitive            # asks the default detector
    df[piiforge.flag(df["message"])]                             # rows that hold personal data
    piiforge.build.build(recipe.load("tiny"), Path("out/mine"))  # builds a recipe, by name or file
    piiforge.score("out/mine", "said.jsonl")                     # scores predictions
    piiforge.scrub.text(line)                                    # a line without its values

`load` opens a `Detector`; `build` is the room of data sets, `scrub` that of logs without values.
Each is imported when it is first asked for: they draw in numpy, the commands' help doesn't.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from piiforge import build, scrub
    from piiforge.judge import score_of as score
    from piiforge.predict import Detector, flag, load

__all__ = ["Detector", "__version__", "build", "flag", "load", "score", "scrub"]
__version__ = "0.1.0"

# Where each is, and as what: "" is the room itself
_LATE = {
    "Detector": ("predict", "Detector"),
    "flag": ("predict", "flag"),
    "load": ("predict", "load"),
    "score": ("judge", "score_of"),
    "build": ("build", ""),
    "scrub": ("scrub", ""),
}


def __getattr__(name: str) -> object:
    """Import what is asked for."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room, inner = _LATE[name]
    module = importlib.import_module(f"piiforge.{room}")
    return getattr(module, inner) if inner else module


def __dir__() -> list[str]:
    """Name what comes late, too."""
    return sorted({*globals(), *__all__})
