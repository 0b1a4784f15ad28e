"""The files of ``deploy/``, the Dockerfile and the scripts, read by the programs they are for or by validators."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from app.settings import PREFIX, Settings, read_settings
from tests.house.source import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILES = [ROOT / "Dockerfile", *sorted(DEPLOY.glob("examples/*.Dockerfile"))]
SCRIPTS = [ROOT / ".ci" / "run", *sorted(DEPLOY.rglob("*.sh"))]
MANIFESTS = sorted(DEPLOY.glob("kubernetes/*.yaml"))
KUSTOMIZATION = DEPLOY / "kubernetes" / "kustomization.yaml"
UNIT = DEPLOY / "systemd" / "tzdata-filter.service"


def packaged(name: str) -> str:
    """Return a program that comes with the development packages."""
    program = Path(sys.executable).parent / name
    assert program.is_file(), f"{name} is missing: run `python3 dev.py setup`"
    return str(program)


def installed(name: str) -> str:
    """Return a program of the operating system; `.ci/run` installs it."""
    program = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if program is None:
        pytest.skip(f"{name} is not installed here (`.ci/run` installs it)")
    return program


def complaints(*command: str | Path) -> str:
    """Run a validator; return what it said if it refused, else an empty string."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return "" if done.returncode == 0 else (done.stdout + done.stderr or f"exit code {done.returncode}")


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_hadolint_accepts(path: Path) -> None:
    assert complaints(packaged("hadolint"), path) == ""


def test_hadolint_refuses_a_bad_dockerfile(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM debian\nRUN cd /srv && sudo ls\n")
    assert complaints(packaged("hadolint"), bad) != ""


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_accepts(path: Path) -> None:
    assert complaints(installed("shellcheck"), path) == ""


def test_shellcheck_refuses_a_bad_script(tmp_path: Path) -> None:
    bad = tmp_path / "bad.sh"
    bad.write_text("#!/bin/sh\nrm -rf $1/*\n")
    assert complaints(installed("shellcheck"), bad) != ""


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_can_be_run(path: Path) -> None:
    assert os.access(path, os.X_OK)


def check_compose(path: Path) -> str:
    return complaints(packaged("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", path)


def test_compose_accepts_its_file() -> None:
    assert check_compose(DEPLOY / "compose.yaml") == ""


def test_the_compose_schema_refuses_an_unknown_key(tmp_path: Path) -> None:
    bad = tmp_path / "compose.yaml"
    bad.write_text("services: {a: {image: b, replcias: 2}}\n")
    assert check_compose(bad) != ""


def check_kubernetes(*paths: Path) -> str:
    return complaints(packaged("kubernetes-validate"), "--strict", *paths)


def test_kubernetes_accepts_its_resources() -> None:
    assert check_kubernetes(*(path for path in MANIFESTS if path != KUSTOMIZATION)) == ""


def test_the_kubernetes_schemas_refuse_an_unknown_key(tmp_path: Path) -> None:
    bad = tmp_path / "service.yaml"
    bad.write_text("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selektor: {a: b}}\n")
    assert check_kubernetes(bad) != ""


def test_the_kustomization_lists_every_resource() -> None:
    listed = set(re.findall(r"^  - (\S+\.yaml)$", KUSTOMIZATION.read_text(), re.MULTILINE))
    assert listed == {path.name for path in MANIFESTS if path != KUSTOMIZATION}


def find_unknown_settings(text: str) -> set[str]:
    return set(re.findall(rf"{PREFIX}[A-Z_]+", text)) - {PREFIX + field.name.upper() for field in fields(Settings)}


def test_every_setting_named_in_a_deployment_is_one_that_the_service_has() -> None:
    texts = [path.read_text() for path in DEPLOY.rglob("*") if path.is_file()]
    assert find_unknown_settings("\n".join([*texts, (ROOT / "Dockerfile").read_text()])) == set()
    assert find_unknown_settings(f"{PREFIX}PROT=8080") == {f"{PREFIX}PROT"}


def test_the_service_accepts_the_settings_file_with_every_line_turned_on(tmp_path: Path) -> None:
    text = (DEPLOY / "systemd" / "tzdata-filter.env").read_text()
    environ = dict(re.findall(rf"^#?({PREFIX}\w+)=(.*)$", text, re.MULTILINE))
    settings = read_settings(environ=environ | {f"{PREFIX}WHEELS_DIR": str(tmp_path)})
    assert settings.log_format == "json"


def verify_unit(unit: str, folder: Path) -> str:
    """Let systemd verify a unit whose program is one that exists here."""
    copy = folder / UNIT.name
    copy.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", unit, flags=re.MULTILINE))
    done = subprocess.run(
        [installed("systemd-analyze"), "verify", "--man=no", copy], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_systemd_accepts_the_unit_without_a_word(tmp_path: Path) -> None:
    assert verify_unit(UNIT.read_text(), tmp_path) == ""


def test_systemd_complains_about_an_unknown_key(tmp_path: Path) -> None:
    assert "ProtectEverything" in verify_unit(UNIT.read_text() + "\n[Service]\nProtectEverything=yes\n", tmp_path)


def test_systemd_finds_the_unit_well_shut_off() -> None:
    assert complaints(installed("systemd-analyze"), "security", "--offline=true", "--threshold=20", UNIT) == ""


def check_nginx(site: str, folder: Path) -> str:
    """Let nginx test a site, with its folders moved to ``folder``."""
    (folder / "etc").mkdir()
    (folder / "cache").mkdir()
    moved = {"/etc/nginx": str(folder / "etc"), "/var/cache/nginx": str(folder / "cache"), "listen 80": "listen 18080"}
    for old, new in moved.items():
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    (folder / "etc" / "tzdata-filter-upstream.conf").write_text((DEPLOY / "nginx" / "upstream.conf").read_text())
    main = folder / "nginx.conf"
    main.write_text(f"pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; include site.conf; }}\n")
    return complaints(installed("nginx"), "-t", "-q", "-e", "stderr", "-p", folder, "-c", main)


def test_nginx_accepts_its_site(tmp_path: Path) -> None:
    assert check_nginx((DEPLOY / "nginx" / "tzdata-filter.conf").read_text(), tmp_path) == ""


def test_nginx_refuses_an_unknown_directive(tmp_path: Path) -> None:
    assert check_nginx("gzipp off;", tmp_path) != ""
