"""Before a run: the data read, the model looked at, the machine known, the settings made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from piiforge.errors import AskedWrongly
from piiforge.train import data, families, machine, model_folder, settings
from piiforge.train.data import Data
from piiforge.train.environment import Environment
from piiforge.train.judge import Bench
from piiforge.train.model_folder import Model
from piiforge.train.places import Run
from piiforge.train.settings import Ground, Scalar
from piiforge.train.workers import ask

DEFAULT_CUTOFF = 512


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asks: a data folder, a model (folder, or id on the hub), `key=value` pairs."""

    data: Path
    model: str
    pairs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run stands on. `made` is the training file."""

    asked: Asked
    data: Data
    model: Model
    profile: machine.Profile
    made: dict[str, Scalar]

    def bench(self, base: Path) -> Bench:
        """Return what checkpoints over `base` are judged with."""
        return Bench(
            base,
            self.data.folder / "val.jsonl",
            len(self.data.verdicts),
            str(self.made["default_system"]),
            gpu=self.profile.gpu,
            bf16=self.profile.bf16,
        )


def plan(asked: Asked, where: Run, environment: Environment | None) -> Plan:
    """Make the plan. Writes nothing; an id on the hub is fetched into the hub's own cache.

    Raises:
        AskedWrongly: a setting, the model or its family won't do; says what would.
        GateFailed: the data must not be trained on.
    """
    wanted = settings.read(asked.pairs)
    model, family = model_of(asked.model, wanted, environment)
    found = data.read(asked.data)
    profile = machine.profile(wanted.profile)
    ground = Ground(
        # A run without bf16 loads the view in fp32: see `model_folder.in_fp32`
        model=model.folder if profile.bf16 or model.dtype == "float32" else where.fp32,
        data=found.folder,
        output=where.checkpoints,
        template=family.template,
        system=family.system,
        cutoff=wanted.cutoff or found.cutoff or DEFAULT_CUTOFF,
        profile=profile,
    )
    return Plan(asked, found, model, profile, settings.training(wanted, ground))


def model_of(
    name: str, wanted: settings.Settings, environment: Environment | None
) -> tuple[Model, families.Family]:
    """Look at a model, fetched where it is an id on the hub, and find its family.

    The family's system text is the one asked for, where one is.

    Raises:
        AskedWrongly: the model or its family won't do; says what would.
    """
    model = model_folder.look(_folder(name, environment))
    known = families.named(wanted.template) if wanted.template else None
    family = known or families.of(model.chat_template, name)
    return model, family if wanted.system is None else replace(family, system=wanted.system)


def _folder(model: str, environment: Environment | None) -> Path:
    if model_folder.is_folder(model):
        return Path(model).expanduser().absolute()
    if environment is None:
        raise AskedWrongly(
            f"{model} has to be fetched, and that takes the environment.",
            "Run `piiforge train --setup`, or give a local folder.",
        )
    (reply,) = ask(environment, "fetch", {"model": model}, log=Path("/dev/null"), offline=False)
    if "failed" in reply:
        raise AskedWrongly(
            f"Model {model} could not be fetched ({reply['failed']}).",
            "Check its name, your network and, for a gated one, your access; or give a folder.",
        )
    return Path(str(reply["folder"]))
