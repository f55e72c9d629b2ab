"""What becomes a row, and what the documents say of it."""

from gateway.alerts.conditions import LOOKS
from gateway.alerts.feature import FEATURE
from gateway.alerts.rules import DETAIL_MAX, KINDS, LOOKED_FOR, OF_A_KIND_MAX, Finding, as_rows


def test_each_subject_is_one_row_and_no_kind_floods() -> None:
    """The first word about a subject counts; texts are cut, and a kind has so many rows at most."""
    many = [Finding(kind="disk", subject=str(n), detail="x" * 900) for n in range(500)]
    twice = [Finding(kind="alone", subject="7", detail=word) for word in ("first", "again")]
    rows = as_rows([*many, *twice])
    assert [row.detail for row in rows if row.kind == "alone"] == ["first"]
    disks = [row for row in rows if row.kind == "disk"]
    assert len(disks) == OF_A_KIND_MAX
    assert {len(row.detail) for row in disks} == {DETAIL_MAX}


def test_thresholds_are_settings() -> None:
    """Each is one that there is, and none is there for nothing."""
    assert {kind.setting for kind in KINDS.values()} - {None} == set(FEATURE.settings)


def test_what_is_looked_for_has_a_statement() -> None:
    """Each kind, and no other."""
    assert LOOKS.keys() == LOOKED_FOR.keys()
