"""What deploy/ names exists: metrics and their labels, settings, commands, alerts, versions."""

import ast
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from gateway.ground.config import Config
from tests.world.command_line import commands_named, unknown_commands

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
NO_TEXTS = {".png", ".svg", ".pyc"}
FILES = sorted(p for p in DEPLOY.rglob("*") if p.is_file() and p.suffix not in NO_TEXTS)
DOCUMENTS = sorted(DEPLOY.glob("*.md"))
SETTINGS = {f"QUANGATE_{field.name.upper()}" for field in fields(Config)} | {"QUANGATE_CONFIG"}

# How prometheus-client names the series of each kind of family.
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
# Who makes families in the gateway: what goes before the name they are given, and the labels;
# None: they are the fourth argument (the third of `durations`, which are histograms all).
MAKERS: dict[str, tuple[str, list[str] | None]] = {
    "Family": ("", None),
    "one": ("", []),
    "per_lane": ("quangate_upstream_", ["upstream", "product"]),
    "per_pool": ("quangate_database_pool_", ["pool"]),
}
# Labels that the scrape or the exposition adds.
ADDED_LABELS = {"job", "instance", "worker", "le"}
PINNED = r"^([\w.-]+==\S+)((?:.|\n)*?)(?=^\S|\Z)"  # a package of a lock file with its digests


def named(path: Path) -> str:
    """The path as a person names it."""
    return str(path.relative_to(ROOT))


def families() -> Iterator[tuple[str, str, list[str]]]:
    """(kind, name, labels) of every metric family made in the code."""
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            maker = node.func.id
            if maker == "durations":
                yield ("histogram", *map(ast.literal_eval, (node.args[0], node.args[2])))
            if maker in MAKERS and all(isinstance(each, ast.Constant) for each in node.args[:2]):
                kind, name = (ast.literal_eval(argument) for argument in node.args[:2])
                prefix, labels = MAKERS[maker]
                yield (
                    kind,
                    prefix + name,
                    ast.literal_eval(node.args[3]) if labels is None else labels,
                )


@cache
def series() -> dict[str, frozenset[str]]:
    """Every series a scrape can hold, and its labels."""
    return {
        name + suffix: frozenset(labels) | ADDED_LABELS
        for kind, name, labels in families()
        for suffix in SUFFIXES[kind]
    }


def expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of every alert and every panel."""
    for alert in alerts():
        yield alert["alert"], alert["expr"]
    dashboard = json.loads((DEPLOY / "grafana/quangate.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def alerts() -> list[dict[str, Any]]:
    """The rules of alerts.yaml."""
    parsed = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in parsed["groups"] for rule in group["rules"]]


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_metric_exists(where: str, expression: str) -> None:
    """An alert over a series that nobody writes would never fire."""
    used = set(re.findall(r"quangate_\w+", expression))
    assert used <= set(series()), where
    assert used or expression == 'up{job="quangate"} == 0'
    known = frozenset[str]().union(*(series()[name] for name in used), ADDED_LABELS)
    matched = re.findall(r"(\w+)(?:=~|!~|!=|=)\"", expression)
    grouped = [
        label.strip()
        for labels in re.findall(r"\b(?:by|on|without) ?\(([^)]*)\)", expression)
        for label in labels.split(",")
    ]
    assert {*matched, *grouped} <= known, where


# On no panel: an alert's own, a time that only matters where it is compared.
OFF_THE_DASHBOARD = {
    "quangate_anchors_failing",
    "quangate_anchors_last_timestamp_seconds",
    "quangate_audit_ok",
    "quangate_operators_frozen",
    "quangate_audit_last_run_timestamp_seconds",
    "quangate_event_loop_lag_max_seconds",
    "quangate_process_start_time_seconds",
}


def test_every_metric_is_on_the_dashboard() -> None:
    """What is measured is looked at, or listed as not worth it.

    Seen red: fourteen metrics were on no panel.
    """
    dashboard = (DEPLOY / "grafana/quangate.json").read_text(encoding="utf-8")
    shown = set(re.findall(r"quangate_\w+", dashboard))
    missing = {
        name
        for kind, name, _ in families()
        if not shown & {name + suffix for suffix in SUFFIXES[kind]}
    }
    assert missing == OFF_THE_DASHBOARD


def test_the_metrics_were_found() -> None:
    """The check above reads the code's families; it knows each kind of them."""
    assert {"quangate_order_lines_total", "quangate_queue_lines"} <= set(series())
    assert "quangate_upstream_calls_total" in series()
    assert "quangate_http_request_duration_seconds_bucket" in series()


def test_every_alert_has_its_page_in_the_runbook() -> None:
    """Whoever is woken finds what it means; no page describes an alert that is gone."""
    pages = re.findall(
        r"^## (Quangate\w+)$", (DEPLOY / "runbook.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [alert["alert"] for alert in alerts()] == pages
    for alert in alerts():
        assert alert["annotations"]["runbook"] == f"runbook.md#{alert['alert'].lower()}"
        assert alert["labels"]["severity"] in {"page", "ticket", "info"}


@pytest.mark.parametrize("path", FILES, ids=named)
def test_every_setting_exists(path: Path) -> None:
    """A variable that is misspelt here would be ignored there."""
    used = set(re.findall(r"\bQUANGATE_[A-Z][A-Z_]*", path.read_text(encoding="utf-8")))
    assert used <= SETTINGS


def test_the_table_of_settings_is_complete() -> None:
    """Each setting has a row, with its default."""
    rows = dict(
        re.findall(
            r"^\| `(QUANGATE_\w+)` \| ([^|]*?) \|",
            (DEPLOY / "README.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    assert set(rows) == SETTINGS - {"QUANGATE_CONFIG"}
    for field in fields(Config):
        shown = rows[f"QUANGATE_{field.name.upper()}"]
        if isinstance(field.default, str | int | Path):
            assert shown == f"`{str(field.default).lower()}`", field.name


@pytest.mark.parametrize("path", [*DOCUMENTS, *sorted(DEPLOY.glob("systemd/*"))], ids=named)
def test_every_command_exists(path: Path) -> None:
    """What an operator pastes at night works."""
    text = re.sub(r"sudo -u quangate |/opt/quangate/bin/", "", path.read_text(encoding="utf-8"))
    assert unknown_commands(text) == []
    assert path.suffix != ".md" or commands_named(text) >= (3 if path.stem == "metrics" else 10)


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.suffix == ".yaml" and "templates" not in path.parts],
    ids=named,
)  # fmt: skip
def test_yaml_is_yaml(path: Path) -> None:
    """Every file that is not a template parses."""
    assert yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_image_installs_what_was_tested() -> None:
    """The image's packages are a part of the lock file the tests run with, digests and all."""

    def pins(path: Path) -> set[tuple[str, tuple[str, ...]]]:
        text = path.read_text(encoding="utf-8")
        return {
            (pin, tuple(sorted(re.findall(r"sha256:\w+", block))))
            for pin, block in re.findall(
                r"^([\w.-]+==\S+)((?:.|\n)*?)(?=^\S|\Z)", text, re.MULTILINE
            )
        }

    image = pins(DEPLOY / "requirements.lock")
    assert image
    assert image <= pins(ROOT / "requirements.lock")
    assert "pytest" not in {pin.partition("==")[0] for pin, _ in image}


def test_no_secret_is_kept_here() -> None:
    """Examples hold no password; what compose needs is made beside it and ignored by git."""
    assert "/secrets/" in (DEPLOY / ".gitignore").read_text(encoding="utf-8")
    chart = yaml.safe_load((DEPLOY / "helm/values.yaml").read_text(encoding="utf-8"))
    assert [chart["database"]["url"], chart["keyFile"]["content"]] == ["", ""]


def test_the_head_of_the_compose_file_makes_what_it_needs(tmp_path: Path) -> None:
    """Pasted in the checkout; each file the services name is there when docker looks.

    Seen red: the secrets were made beside `deploy`, and looked for in it.
    """
    shutil.copytree(DEPLOY, tmp_path / "deploy", ignore=shutil.ignore_patterns("secrets"))
    (tmp_path / "docker").write_text('#!/bin/sh\necho "$PWD" "$@" > "$HOME/asked"\n')
    (tmp_path / "docker").chmod(0o755)
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    commands = re.findall(r"^#   (.*)$", text.split("\nname:", maxsplit=1)[0], re.MULTILINE)
    subprocess.run(
        ["/bin/sh", "-e"], input="\n".join(commands), text=True, check=True, cwd=tmp_path,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )  # fmt: skip
    place, *words = (tmp_path / "asked").read_text().split()
    assert words == ["compose", "up", "--build", "--detach"]
    compose = yaml.safe_load(text)
    services = compose["services"].values()
    needed = [service["env_file"] for service in services if "env_file" in service]
    needed += [secret["file"] for secret in compose["secrets"].values()]
    for name in needed:
        assert (Path(place) / name).stat().st_mode & 0o077 == 0, name
    variables = dict(
        line.split("=", 1)
        for name in needed
        if name.endswith(".env")
        for line in (Path(place) / name).read_text().splitlines()
    )
    gateway, owner = (urlsplit(variables[f"QUANGATE_{name}_URL"]) for name in ("DATABASE", "OWNER"))
    assert owner.username == compose["services"]["postgres"]["environment"]["POSTGRES_USER"]
    assert gateway.username != owner.username
    assert gateway.password == variables["GATEWAY_PASSWORD"] != owner.password
    roles = compose["configs"]["roles"]["content"]
    assert f"CREATE ROLE {gateway.username} LOGIN PASSWORD :'password' NOSUPERUSER" in roles
    assert "$" not in roles  # compose would put variables in


def test_the_nightly_audit_works_under_the_gateways_role() -> None:
    """It has the gateway's URL and runs a command there is; the owner's URL is the migration's."""
    templates = DEPLOY / "helm/templates"
    audit = (templates / "audit.yaml").read_text(encoding="utf-8")
    shared = (templates / "_names.tpl").read_text(encoding="utf-8")
    deployment = (templates / "deployment.yaml").read_text(encoding="utf-8")
    assert "args: [audit, --json]" in audit
    assert 'include "quangate.environment"' in audit
    assert "QUANGATE_DATABASE_URL" in shared
    assert "OWNER_URL" not in audit + shared
    assert deployment.count("QUANGATE_OWNER_URL") == 1
