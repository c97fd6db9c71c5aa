"""Thousands of spoilt files of every layout: each record in one bin, each fault foreseen.

``SAMVERKAN_MUTATIONS`` sets how many files, ``SAMVERKAN_MUTATIONS_SEED`` which.
"""

import datetime as dt
import hashlib
import logging
import os
import re

import pytest
from pyarrow import parquet

from pipelines.ingest.blocks import Judges
from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.inbox import masked
from pipelines.ingest.profiles import load_profiles
from pipelines.ingest.recognition import judge_files, recognise
from pipelines.ingest.vault import Vault
from schemas.deliveries import Quarantine
from tests.pipelines.ingest.deliveries import number
from tests.pipelines.ingest.mutations import ROWS, Recipe, name_of, recipes, whole_files

COUNT = int(os.environ.get("SAMVERKAN_MUTATIONS", "10000"))
SEED = int(os.environ.get("SAMVERKAN_MUTATIONS_SEED", "1"))
AT_ONCE = 400
TODAY = dt.date(2016, 6, 15)
TOLD = [number(n) for n in range(ROWS)]
TOLD += [told[2:] for told in TOLD] + [f"{told[2:8]}-{told[8:]}" for told in TOLD]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return whole_files(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def judges(tmp_path):
    return Judges.of(Vault(tmp_path / "vault"), today=TODAY)


def test_there_is_a_whole_file_of_every_kind(samples, tmp_path):
    found = set()
    for at, (name, content) in enumerate(samples):
        path = tmp_path / str(at)
        path.write_bytes(content)
        found.add(recognise(path, name).name)
    known = {profile.name: profile for profile in load_profiles()}
    assert {known[name].container for name in found} == set(load_containers())
    assert found >= {one.name for one in known.values() if one.container in ("csv", "xlsx")}


def test_spoilt_files_are_judged_to_the_last_record(samples, judges, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    cooked = recipes(COUNT, seed=SEED, samples=len(samples))
    accepted = 0
    for start in range(0, COUNT, AT_ONCE):
        batch = cooked[start : start + AT_ONCE]
        wrong, records = faults(batch, samples, judges, tmp_path / str(start))
        accepted += records
        if wrong:
            recipe, fault = wrong[0]
            smallest = reduced(recipe, samples, judges, tmp_path / "reduced")
            pytest.fail(f"{samples[recipe.sample][0]}: {fault}; {smallest}")
    out, err = capfd.readouterr()
    for text in (caplog.text, out, err):
        assert not any(told in text for told in TOLD)
    assert accepted > COUNT // 2  # some files are still good, others nearly


def faults(batch, samples, judges, folder):
    """What is wrong with the verdicts on some files, and how many records were accepted."""
    files, of_delivery = [], {}
    folder.mkdir()
    for at, recipe in enumerate(batch):
        name, content = recipe.made(samples)
        path = folder / str(at)
        path.write_bytes(content)
        delivery_id = hashlib.sha256(f"{at}".encode() + content).hexdigest()
        of_delivery[delivery_id] = recipe
        files.append((delivery_id, path, name))
    wrong, accepted, answered = [], 0, set()
    for outcome in judge_files(files, judges, folder):
        fault = fault_of(outcome)
        answered.add(outcome.judged.delivery_id)
        accepted += outcome.judged.accepted
        if fault:
            wrong.append((of_delivery[outcome.judged.delivery_id], fault))
        for draft in outcome.drafts.values():
            draft.unlink()
    if answered != set(of_delivery):
        wrong.append((batch[0], "a file got no verdict"))
    return wrong, accepted


def fault_of(outcome):
    """What is wrong with a verdict; None if nothing."""
    judged = outcome.judged
    held, numbers, said = stored(outcome)
    rules = {
        f"{judged.cause}": (judged.cause or "").startswith("internal"),
        "records are not conserved": judged.records
        != judged.accepted + judged.quarantined + judged.duplicates,
        "records held back are not the ones counted": len(held) != judged.quarantined
        or bool(numbers & set(held)),
        "more records are stored than accepted": len(numbers) > judged.accepted,
        "a number is told": masked(said) != said or any(told in said for told in TOLD),
    }
    return next((rule for rule, is_broken in rules.items() if is_broken), None)


def stored(outcome):
    """Numbers of the records held back and of those accepted, and all that is said of them."""
    held, numbers, said = [], set(), [outcome.judged.cause or ""]
    for table, draft in outcome.drafts.items():
        rows = parquet.read_table(draft)
        if table == Quarantine.table():
            held = rows["record_no"].to_pylist()
            said += rows["reasons"].to_pylist()
        else:
            numbers |= set(rows["record_no"].to_pylist())
    return held, numbers, "\n".join(said)


def reduced(recipe, samples, judges, folder):
    """The recipe with as few operations as still fail."""
    for number_of, simpler in enumerate(recipe.simpler()):
        place = folder.with_name(f"{folder.name}-{len(recipe.operations)}-{number_of}")
        if faults([simpler], samples, judges, place)[0]:
            return reduced(simpler, samples, judges, place)
    return recipe


def test_a_recipe_makes_the_same_file_again(samples):
    for recipe in recipes(50, seed=SEED, samples=len(samples)):
        assert recipe.made(samples) == Recipe(recipe.sample, recipe.operations).made(samples)


def test_every_layout_has_a_name_here():
    unnamed = {p.name for p in load_profiles() if p.container in ("csv", "xlsx") and not name_of(p)}
    assert unnamed == set()
    assert all(re.fullmatch(r"[\w() ,.%-]+", name_of(p)) for p in load_profiles() if name_of(p))
