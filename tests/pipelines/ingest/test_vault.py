"""The vault: one pseudonym per pupil, for ever, and no way back without the key."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from pipelines.ingest.vault import ASKED_AT_ONCE, KEY_BYTES, Vault, VaultError
from tests.pipelines.ingest.deliveries import number

ASK = """
import sys
from pathlib import Path
from pipelines.ingest.vault import Vault

print(*Vault(Path(sys.argv[1])).student_ids([f"row|{n}" for n in range(50)]))
"""
NUMBERS = [number(n) for n in range(60)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "vault"


def asked(folder):
    return Vault(folder).student_ids(NUMBERS)


def test_a_pupil_keeps_the_pseudonym_and_no_two_share_one(folder):
    first = asked(folder)
    again = Vault(folder).student_ids([*reversed(NUMBERS), number(80)])
    assert again[:-1] == first[::-1]
    assert len(set(again)) == len(NUMBERS) + 1
    assert all(len(s) == 32 and set(s) <= set("0123456789abcdef") for s in again)


def test_repeats_within_a_question_are_answered_alike(folder):
    vault = Vault(folder)
    one, other, same = vault.student_ids([number(1), number(2), number(1)])
    assert one == same != other
    assert vault.student_ids([number(2), number(1)]) == [other, one]
    assert vault.student_ids([]) == []


def test_two_vaults_share_no_pseudonym(tmp_path):
    assert not set(asked(tmp_path / "a")) & set(asked(tmp_path / "b"))


def test_many_pupils_are_asked_for_in_parts(folder):
    many = [f"row|{n}" for n in range(ASKED_AT_ONCE + 5)]
    assert Vault(folder).student_ids(many) == Vault(folder).student_ids(many)


def test_no_number_and_no_plain_hash_of_one_lies_in_the_files(folder):
    asked(folder)
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    assert not any(text.encode() in stored for n in NUMBERS for text in (n, n[2:], n[2:8]))


def test_only_the_owner_can_read_the_vault(folder):
    asked(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "key").stat().st_mode & 0o777 == 0o400
    assert (folder / "link.sqlite").stat().st_mode & 0o777 == 0o600
    assert len((folder / "key").read_bytes()) == KEY_BYTES
    assert {path.name for path in folder.iterdir()} == {"key", "link.sqlite"}


def test_without_its_key_nothing_is_written(folder):
    asked(folder)
    (folder / "key").unlink()
    before = (folder / "link.sqlite").read_bytes()
    with pytest.raises(VaultError, match="key is missing"):
        Vault(folder).student_ids([number(99)])
    assert (folder / "link.sqlite").read_bytes() == before
    assert not (folder / "key").exists()


@pytest.mark.parametrize("length", [0, KEY_BYTES - 1, KEY_BYTES + 1])
def test_a_key_of_another_length_is_refused_and_not_shown(folder, length):
    asked(folder)
    (folder / "key").chmod(0o600)
    (folder / "key").write_bytes(b"k" * length)
    before = (folder / "link.sqlite").read_bytes()
    with pytest.raises(VaultError, match="not a key of 32 bytes") as error:
        Vault(folder).student_ids([number(99)])
    assert "kkk" not in str(error.value)
    assert (folder / "link.sqlite").read_bytes() == before


def test_the_vault_does_not_print_what_it_knows(folder):
    vault = Vault(folder)
    vault.student_ids([number(1)])
    assert number(1) not in repr(vault)


def test_threads_that_ask_at_once_agree(folder):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(asked, [folder] * 16))
    assert all(answer == answers[0] for answer in answers)


def test_processes_that_ask_at_once_agree(folder, repository):
    asking = [
        subprocess.Popen(  # noqa: S603 - our own interpreter and text
            [sys.executable, "-c", ASK, str(folder)],
            cwd=repository,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=60)[0] for process in asking]
    assert len(answers[0].split()) == 50
    assert set(answers) == {answers[0]}
    with closing(sqlite3.connect(folder / "link.sqlite")) as link:
        assert link.execute("SELECT count(*) FROM link").fetchone() == (50,)
