"""What stands beside the program: the systemd unit, and the installer of programs that `make` uses."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from browser import PROGRAMS, find_chromium

ROOT = Path(__file__).parent.parent
UNIT = ROOT / "deploy" / "dealtrace.service"
INSTALL = ROOT / ".ci" / "install"
EXPOSURE_MAX = 25
"""Of 100; systemd calls up to 20 safe and up to 50 acceptable."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Give the unit with the program of these tests, since `/opt/dealtrace` is not there."""
    program = Path(sys.executable).parent / "dealtrace"
    text = UNIT.read_text().replace("/opt/dealtrace/.venv/bin/dealtrace", str(program))
    text = re.sub(r"^User=.*$", "User=daemon", text, flags=re.MULTILINE)
    copy = tmp_path / UNIT.name
    copy.write_text(text)
    return copy


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@needs_systemd
def test_systemd_understands_every_line_of_the_unit(unit: Path) -> None:
    verified = analyze("verify", "--man=no", "--recursive-errors=no", str(unit))
    assert verified.returncode == 0, verified.stderr
    assert unit.name not in verified.stderr


@needs_systemd
def test_systemd_rates_the_unit_as_little_exposed(unit: Path) -> None:
    rated = analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager", str(unit))
    assert rated.returncode == 0, rated.stdout[-400:] + rated.stderr


def test_the_unit_has_a_user_a_folder_for_its_state_and_no_privileges() -> None:
    lines = UNIT.read_text().splitlines()
    for needed in (
        "User=dealtrace", "StateDirectory=dealtrace", "StateDirectoryMode=0700", "UMask=0077",
        "WorkingDirectory=/var/lib/dealtrace", "Restart=on-failure", "ProtectSystem=strict", "ProtectHome=yes",
        "NoNewPrivileges=yes", "CapabilityBoundingSet=", "SystemCallFilter=@system-service",
    ):  # fmt: skip
        assert needed in lines, needed


def test_idle_connections_are_bounded_by_the_unit_and_by_the_proxy() -> None:
    assert re.search(r"^LimitNOFILE=\d+$", UNIT.read_text(), re.MULTILINE)
    for name in ("docs/production.md", "docs/production.ru.md"):
        text = (ROOT / name).read_text()
        assert "limit_conn_zone $binary_remote_addr zone=addresses:" in text
        assert "limit_conn addresses " in text
        assert re.search(r"^    client_header_timeout \d+s;$", text, re.MULTILINE)
        assert re.search(r"^    client_body_timeout \d+s;$", text, re.MULTILINE)


def test_the_documents_install_the_unit_as_it_is() -> None:
    for name in ("docs/production.md", "docs/production.ru.md"):
        text = (ROOT / name).read_text()
        assert "deploy/dealtrace.service" in text
        for needed in re.findall(r"/opt/dealtrace\b|/var/lib/dealtrace\b", UNIT.read_text()):
            assert needed in text


APT = """#!/bin/sh
echo "$@" >> "$LOG"
first() { [ $(grep -c "$1" "$LOG") -le 2 ]; }
case "$*" in
  *update*) exit 0 ;;
  *unknown*) echo "E: Unable to locate package unknown" >&2; exit 100 ;;
  *russian*) [ "$LC_ALL" = C ] || { echo "E: Не удалось получить доступ к файлу блокировки" >&2; exit 100; } ;;
  *lists*) first lists && { echo "E: Unable to lock directory /var/lib/apt/lists/" >&2; exit 100; } ;;
  *frontend*) first frontend && { echo "E: Unable to acquire the dpkg frontend lock" >&2; exit 100; } ;;
  *busy*) first busy && { echo "E: Could not get lock /var/lib/dpkg/lock" >&2; exit 100; } ;;
esac
exit 0
"""


def install(folder: Path, *programs: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the installer with an `apt-get` that installs nothing."""
    apt = folder / "apt-get"
    apt.write_text(APT)
    apt.chmod(apt.stat().st_mode | stat.S_IXUSR)
    log = folder / "log"
    environment = {
        "LC_ALL": os.environ.get("LC_ALL", ""),
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "LOG": str(log),
        "LOCK_PAUSE_SECONDS": "0",
    }
    done = subprocess.run([str(INSTALL), *programs], env=environment, capture_output=True, text=True, check=False)
    return done, log.read_text().splitlines()


@pytest.mark.parametrize("program", ["busy", "lists", "frontend"])
def test_the_installer_waits_for_the_lock_of_apt(tmp_path: Path, program: str) -> None:
    done, calls = install(tmp_path, program)
    assert done.returncode == 0, done.stderr
    assert len([call for call in calls if program in call]) == 3
    assert "Waiting for apt" in done.stdout
    assert all("DPkg::Lock::Timeout=" in call for call in calls)


def test_the_installer_reads_what_apt_says_in_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    done, _ = install(tmp_path, "russian")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Updating the lists of packages")


def test_the_installer_goes_past_a_program_that_cannot_be_had(tmp_path: Path) -> None:
    done, calls = install(tmp_path, "unknown", "other")
    assert done.returncode == 1
    assert "unknown" in done.stderr
    assert "Unable to locate" in done.stderr
    assert any("other" in call for call in calls)


@pytest.mark.parametrize("target", ["run", "test"])
def test_make_says_what_it_does(tmp_path: Path, target: str) -> None:
    make = ["make", "-n", target, "MISSING=", f"VENV={tmp_path / 'venv'}"]
    shown = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Creating the virtual environment" in shown.stdout
    assert "Installing the locked dependencies" in shown.stdout
    assert {"run": "Starting the server", "test": "Running the tests"}[target] in shown.stdout


def test_make_says_which_programs_are_missing_and_how_to_install_them() -> None:
    make = ["make", "-n", "install-programs", "MISSING=redis-server openssl"]
    shown = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "Not installed: redis-server openssl. The tests that need them are left out" in shown
    assert "To install them: sudo apt-get install -y redis-server openssl" in shown


def test_make_goes_on_without_a_program_that_cannot_be_had(tmp_path: Path) -> None:
    for name, text in (("apt-get", APT), ("id", "#!/bin/sh\necho 0\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "LOG": str(tmp_path / "log")}
    make = ["make", "install-programs", "MISSING=unknown"]
    done = subprocess.run(make, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Not installed: unknown" in done.stderr
    assert "The tests that need what is missing are left out" in done.stdout


def test_make_says_that_python_is_too_old(tmp_path: Path) -> None:
    """A sitecustomize makes this Python say that it is the 3.10 of Ubuntu 22.04."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.version_info = (3, 10, 12)\n")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    make = ["make", "install", f"VENV={tmp_path / 'venv'}", f"PYTHON={python}"]
    done = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"{python} is older than Python 3.11. Name a newer one: make install PYTHON=" in done.stdout
    assert not (tmp_path / "venv").exists()


HALF_MADE = """#!/bin/sh
[ "$2 $3" = 'venv --clear' ] && printf '#!/bin/sh\\n[ "$1" = --version ]\\n' > "$4/bin/pip" && chmod +x "$4/bin/pip"
"""


def test_make_mends_a_half_made_environment_and_says_what_pip_may_lack(tmp_path: Path) -> None:
    """The Python makes a pip that installs nothing, as without a network."""
    python, venv = tmp_path / "python", tmp_path / "venv"
    python.write_text(HALF_MADE)
    python.chmod(0o755)
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    make = ["make", "install", f"VENV={venv}", f"PYTHON={python}"]
    done = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is half made; creating it anew" in done.stdout
    assert "If pip could not reach the package index" in done.stdout


def test_make_installs_the_browser_that_tests_look_for_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"command -v {PROGRAMS[0]}),,{PROGRAMS[0]})" in (ROOT / "Makefile").read_text()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() is None
    for name in reversed(PROGRAMS):
        program = tmp_path / name
        program.touch(mode=0o755)
        assert find_chromium() == str(program)


def test_in_ci_a_missing_engine_is_a_failure(tmp_path: Path) -> None:
    """PostgreSQL and Chromium cannot be taken away here, so a test of their absence stands in for theirs."""
    (tmp_path / "test_absent.py").write_text(
        "from absent import leave_out\n\n\ndef test_it() -> None:\n    leave_out('PostgreSQL', 'postgresql')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    for ci, status in (("true", 1), ("", 0)):
        environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT / "tests"), "PYTEST_ADDOPTS": ""}
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout
        assert "apt-get install postgresql" in done.stdout or status == 0
