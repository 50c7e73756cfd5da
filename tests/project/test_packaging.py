"""The wheel holds the whole program, and nothing that is not the program's."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import adapters
import pushgo_compat

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("adapters", "pushgo_compat", "setup.cfg", "pyproject.toml", "README.md")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel that is built from a copy of the tree."""
    tree = tmp_path_factory.mktemp("tree")
    for name in (*SOURCES, "LICENSE"):
        if (ROOT / name).is_dir():
            skip = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, tree / name, ignore=skip)
        else:
            shutil.copy(ROOT / name, tree / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", str(tree)],
        check=True,
        capture_output=True,
    )
    (wheel,) = (tree / "dist").glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_both_packages_come_from_one_folder() -> None:
    """PyPI has an unrelated ``adapters``; installed beside us it would win."""
    folders = {Path(str(p.__file__)).parent.parent for p in (adapters, pushgo_compat)}
    assert folders == {ROOT}


def test_the_wheel_has_every_module_migration_template_and_type_marker(
    names: set[str],
) -> None:
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in ("adapters", "pushgo_compat")
        for pattern in ("*.py", "*.sql", "*.html", "*.css", "*.toml", "py.typed")
        for path in (ROOT / package).rglob(pattern)
    }
    assert "pushgo_compat/py.typed" in wanted
    assert "adapters/py.typed" in wanted
    assert any(name.endswith(".sql") for name in wanted)
    assert "pushgo_compat/web/pages/templates/docs.html" in wanted
    assert wanted <= names


def test_the_wheel_has_nothing_else_at_its_top(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "adapters",
        "pushgo_compat",
    }
    assert any(name.endswith("LICENSE") for name in names)
