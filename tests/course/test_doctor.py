"""The doctor names what is wrong and what to do."""

from pathlib import Path

import pytest

from course import doctor, state


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(state.HOME, str(tmp_path))
    return tmp_path


def test_here_everything_is_there() -> None:
    findings = list(doctor.examine())
    assert {each.what for each in findings} >= {"Python", "Packages", "Kernel", "Widgets", "Disk", "Port"}
    assert [each for each in findings if each.remedy] == []


def test_an_old_python_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
    assert "Install Python 99.0" in doctor._python().remedy


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise doctor.PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", version)
    assert "numpy is missing" in doctor._packages().found
    assert "start.py" in doctor._packages().remedy


def test_a_check_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> doctor.Finding:
        raise RuntimeError("no kernel")

    monkeypatch.setattr(doctor, "_kernel", fails)
    findings = list(doctor.examine())
    assert any("no kernel" in each.found and each.remedy for each in findings)
    assert findings[-1].what == "Port"
