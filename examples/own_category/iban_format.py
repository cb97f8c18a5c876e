"""A line format of one's own: the log of a payment gateway, `key: value` pairs behind a stamp."""

from random import Random

from piiforge.types import Draft, Format, Scene


def gateway(scene: Scene, rng: Random) -> Draft:
    """Write the fields as the gateway does: as they are, with a bar between two."""
    pairs = " | ".join(f"{key}: {text}" for key, text in scene.fields)
    return Draft(f"gw{rng.randint(1, 9)} {scene.setting['path']} | {pairs}")


GATEWAY = Format("gateway_log", "xhr", gateway)
