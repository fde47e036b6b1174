"""The browser code that imports nothing runs under Node as it is; each sentence of pure.mjs is a test here."""

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SENTENCES = re.findall(r'^await test\("([^"]+)"', (HERE / "pure.mjs").read_text(), re.M)


@cache
def outcome():
    node = Path(sys.executable).with_name("node")
    command = str(node) if node.exists() else shutil.which("node")
    done = subprocess.run(
        [command, HERE / "pure.mjs"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_in_the_browser(sentence):
    assert outcome()[sentence] is None, outcome()[sentence]


def test_no_sentence_is_left_out():
    assert sorted(outcome()) == sorted(SENTENCES)
