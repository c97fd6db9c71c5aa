"""The engine's limits, on the engine itself."""

import stat
import subprocess
import sys
import textwrap
from pathlib import Path

from pipelines.engine import engine


def test_spills_into_a_folder_of_its_own_that_nobody_else_may_read():
    setting = "SELECT current_setting('temp_directory')"
    (folder,) = engine().raw_sql(setting).fetchone()
    assert Path(folder).is_dir()
    assert stat.S_IMODE(Path(folder).stat().st_mode) == stat.S_IRWXU
    assert Path.cwd() not in Path(folder).parents


def test_what_was_spilled_is_gone_with_the_process(tmp_path):
    code = """
        from pipelines.engine import engine
        engine().raw_sql("SET memory_limit = '60MB'; SET threads = 1")
        engine().raw_sql(
            "CREATE TEMP TABLE t AS SELECT hash(range)::VARCHAR AS h FROM range(3000000) ORDER BY 1"
        )
        (folder,) = engine().raw_sql("SELECT current_setting('temp_directory')").fetchone()
        import os
        print(folder, len(os.listdir(folder)))
    """
    run = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "", "TMPDIR": str(tmp_path)},
    )
    folder, files = run.stdout.split()
    assert int(files) > 0
    assert not Path(folder).exists()
    assert list(tmp_path.iterdir()) == []
