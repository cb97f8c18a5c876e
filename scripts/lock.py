"""Read requirements.lock: the part that an extra needs, or all of it as a bill of materials.

python scripts/lock.py --extra serve > wanted.txt   # for pip install --require-hashes -r
python scripts/lock.py --sbom > sbom.json           # CycloneDX 1.6: core and extras, no tool
python scripts/lock.py --sbom --extra serve         # what an image of `serve` holds

The lock says of each package whose it is ("via"), so both are read off it: nothing is resolved and
nothing is asked for. Standard library alone: it runs before anything is installed. Licences are
those that the packages installed here name, and left out for others. No time and no random number
stands in the bill: the same lock gives the same bytes in the same environment.

Source: https://cyclonedx.org/docs/1.6/json/
"""

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILDER = "setuptools"  # what the wheel is made with; in the lock, and in no image
_PACKAGE = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)\s*(?:;(?P<marker>[^\\]*))?")
_NAME = re.compile(r"[\w.-]+")


@dataclass(slots=True)
class Locked:
    """A package of the lock: its lines as they stand, hashes, and whose it is."""

    name: str
    version: str
    lines: list[str] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    via: set[str] = field(default_factory=set)

    @property
    def purl(self) -> str:
        """The package's address in a bill of materials."""
        return f"pkg:pypi/{self.name}@{self.version}"


def read(path: Path) -> list[Locked]:
    """Read the lock; a name may come twice, with markers that exclude each other."""
    found: list[Locked] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if (named := _PACKAGE.match(line)) is not None:
            found.append(Locked(named["name"], named["version"]))
        text = line.strip()
        if text.startswith("#"):
            found[-1].via |= {text.removeprefix("#").strip().removeprefix("via").strip()} - {""}
        elif text:
            found[-1].lines.append(line)
            found[-1].hashes += re.findall(r"--hash=sha256:(\w+)", line)
    return found


def wanted(packages: Sequence[Locked], extras: Iterable[str]) -> list[Locked]:
    """Return what the core and `extras` need, in the order of the lock.

    Raises:
        SystemExit: no such extra, or one that the lock does not hold.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = list(project["dependencies"])
    for extra in extras:
        if extra not in project["optional-dependencies"]:
            sys.exit(f"no extra named {extra!r}: {', '.join(project['optional-dependencies'])}")
        needs += project["optional-dependencies"][extra]
    reached = {_normal(name[0]) for name in map(_NAME.match, needs) if name}
    known = {one.name for one in packages}
    if missing := reached - known:
        sys.exit(f"the lock does not hold {', '.join(sorted(missing))}; it is not pinned here")
    grown: set[str] = set()
    while reached != grown:
        grown = set(reached)
        reached |= {one.name for one in packages if one.via & grown}
    return [one for one in packages if one.name in reached]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked_extras(packages: Sequence[Locked]) -> list[str]:
    """Return the extras whose packages the lock holds; the others are not pinned by it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = {one.name for one in packages}
    named = {
        extra: {_normal(name[0]) for name in map(_NAME.match, needs) if name}
        for extra, needs in project["optional-dependencies"].items()
    }
    return [extra for extra, needs in named.items() if needs <= known]


def bill(packages: Sequence[Locked]) -> dict[str, object]:
    """Return the bill of materials of `packages` and of piiforge, which needs them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = f"pkg:pypi/{project['name']}@{project['version']}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": project["name"],
                "version": project["version"],
                "purl": own,
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": [_component(one) for one in packages],
        "dependencies": [
            {"ref": own, "dependsOn": _of(packages, project["name"])},
            *({"ref": one.purl, "dependsOn": _of(packages, one.name)} for one in packages),
        ],
    }


def _of(packages: Sequence[Locked], owner: str) -> list[str]:
    """Return what `owner` needs by itself; the project's own names say where they stand, too."""
    return sorted({one.purl for one in packages if owner in {name.split()[0] for name in one.via}})


def _component(one: Locked) -> dict[str, object]:
    licence = _licence(one.name)
    return {
        "type": "library",
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "purl": one.purl,
        "externalReferences": [
            {
                "type": "distribution",
                "url": f"https://pypi.org/project/{one.name}/{one.version}/",
                "hashes": [{"alg": "SHA-256", "content": each} for each in one.hashes],
            }
        ],
        **({"licenses": [{"expression": licence}]} if licence else {}),
    }


def _licence(name: str) -> str:
    """Return the licence as an SPDX expression, "" where the package does not give one so."""
    try:
        told: Mapping[str, str] = metadata.metadata(name)  # type: ignore[assignment]
    except metadata.PackageNotFoundError:
        return ""
    return told.get("License-Expression", "")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--extra", nargs="*", metavar="EXTRA", help="default: all that are locked")
    parser.add_argument("--sbom", action="store_true", help="as CycloneDX, not as requirements")
    parser.add_argument("--builder", action="store_true", help="setuptools alone, for the wheel")
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements.lock")
    asked = parser.parse_args()
    packages = read(asked.lock)
    extras = locked_extras(packages) if asked.extra is None else asked.extra
    chosen = [one for one in packages if one.name == BUILDER] if asked.builder else wanted(
        packages, extras
    )  # fmt: skip
    if asked.sbom:
        print(json.dumps(bill(chosen), indent=2))
    else:
        print("\n".join(line for one in chosen for line in one.lines))


if __name__ == "__main__":
    main()
