"""Versioned models in a folder: published, measured, promoted, rolled back.

<root>/<name>/<version>/...            the model's files and metrics.json
<root>/<name>/current                  the version that serves
<root>/<name>/history                  the versions that served, newest last
<root>/<name>/shadow                   the version that scores unseen, if any
"""

import json
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from finetune.errors import RegistryError, WorseModelError

METRICS = "metrics.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Version:
    """One published model."""

    name: str
    version: str
    folder: Path

    def metrics(self) -> dict[str, float]:
        """The figures in ``metrics.json``; what is no number is left out.

        Raises:
            RegistryError: they are missing or damaged.
        """
        try:
            found = json.loads((self.folder / METRICS).read_text(encoding="utf-8"))
            return {k: float(v) for k, v in found.items() if isinstance(v, int | float)}
        except (OSError, json.JSONDecodeError, AttributeError) as error:
            raise RegistryError(f"{self.folder} has no usable {METRICS}: {error}") from error


class ModelRegistry:
    """All versions of all models under one folder. Several processes may use it at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def publish(self, name: str, files: Path) -> Version:
        """Copies the folder ``files``, which holds ``metrics.json``, as a new version.

        It doesn't serve before it is promoted.

        Raises:
            RegistryError: ``files`` has no usable metrics, or ``name`` isn't one.
        """
        home = self._home(name)
        Version(name, "", files).metrics()
        with self._lock(name):
            stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
            version, count = stamp, 1
            while (home / version).exists():
                count += 1
                version = f"{stamp}-{count}"
            part = home / f".{version}"
            shutil.copytree(files, part)
            part.rename(home / version)
        return Version(name, version, home / version)

    def versions(self, name: str) -> list[Version]:
        """All published versions, oldest first."""
        home = self._home(name)
        folders = sorted(home.glob("[!.]*/")) if home.is_dir() else []
        return [Version(name, f.name, f) for f in folders if (f / METRICS).is_file()]

    def current(self, name: str) -> Version | None:
        """The version that serves; None before the first promotion."""
        pointer = self._home(name) / "current"
        if not pointer.is_file():
            return None
        return self._version(name, pointer.read_text(encoding="utf-8").strip())

    def promote(
        self, name: str, version: str, metric: str, tolerance: float = 0.0, force: bool = False
    ) -> Version:
        """Makes ``version`` serve.

        Args:
            name: of the model.
            version: to promote.
            metric: of ``metrics.json``, larger is better, that decides.
            tolerance: how much lower than the serving version's figure it may be.
            force: promote in any case.

        Raises:
            WorseModelError: its figure is lower than that of the version that serves.
            RegistryError: there is no such version, or it lacks the figure.
        """
        with self._lock(name):
            candidate = self._version(name, version)
            serving = self.current(name)
            if serving and not force:
                new, old = (_figure(v, metric) for v in (candidate, serving))
                if new < old - tolerance:
                    raise WorseModelError(
                        f"{name} {version} has {metric} {new:.4f}; {serving.version}, which "
                        f"serves, has {old:.4f}."
                    )
            if serving is None or serving.version != version:
                self._serve(name, [*self._history(name), version])
        return candidate

    def shadow(self, name: str) -> Version | None:
        """The version that scores beside the one that serves; None where none does."""
        pointer = self._home(name) / "shadow"
        if not pointer.is_file():
            return None
        return self._version(name, pointer.read_text(encoding="utf-8").strip())

    def run_as_shadow(self, name: str, version: str | None) -> None:
        """Lets a version score what is shown, unseen; with None no version does.

        Raises:
            RegistryError: there is no such version.
        """
        with self._lock(name):
            if version is None:
                (self._home(name) / "shadow").unlink(missing_ok=True)
                return
            part = self._home(name) / ".shadow"
            part.write_text(f"{self._version(name, version).version}\n", encoding="utf-8")
            part.replace(self._home(name) / "shadow")

    def roll_back(self, name: str) -> Version:
        """Makes the version serve that served before this one.

        Raises:
            RegistryError: there is none.
        """
        with self._lock(name):
            history = self._history(name)
            if len(history) < 2:
                raise RegistryError(f"{name} has no earlier version to go back to.")
            before = self._version(name, history[-2])
            self._serve(name, history[:-1])
        return before

    def _serve(self, name: str, history: list[str]) -> None:
        """Writes the pointer last, in one step: a reader sees the old version or the new one."""
        home = self._home(name)
        for file, text in (("history", "\n".join(history)), ("current", history[-1])):
            part = home / f".{file}"
            part.write_text(f"{text}\n", encoding="utf-8")
            part.replace(home / file)

    def _history(self, name: str) -> list[str]:
        path = self._home(name) / "history"
        return path.read_text(encoding="utf-8").split() if path.is_file() else []

    def _version(self, name: str, version: str) -> Version:
        folder = self._home(name) / version
        if not _NAME.fullmatch(version) or not (folder / METRICS).is_file():
            raise RegistryError(f"There is no version {version!r} of {name!r} in {self._root}.")
        return Version(name, version, folder)

    def _home(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise RegistryError(f"{name!r} is no name for a model: small letters, digits and ._-")
        return self._root / name

    def _lock(self, name: str) -> FileLock:
        home = self._home(name)
        home.mkdir(parents=True, exist_ok=True)
        return FileLock(home / ".lock")


def _figure(version: Version, metric: str) -> float:
    figures = version.metrics()
    if metric not in figures:
        raise RegistryError(f"{version.folder} has no figure {metric!r} in {METRICS}.")
    return figures[metric]
