"""`./onemap lock`: renew the lists of exact versions."""

import os

from .steps import BASE, PYTHON, attended, say

_COMPILE = ("-m", "uv", "pip", "compile", "-q", "--generate-hashes", "--python-version", "3.11")


def renew(arguments: list[str]) -> int:
    """Compile requirements.txt and requirements-node.txt (``--upgrade`` for newest versions) and package-lock.json."""
    env = dict(os.environ)
    for source, product in (
        ("requirements.in", "requirements.txt"),
        ("requirements-node.in", "requirements-node.txt"),
    ):
        if status := attended([PYTHON, *_COMPILE, source, "-o", product, *arguments], env):
            return status
    npm = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    if status := attended([*npm, "--omit-lockfile-registry-resolved"], env):
        return status
    if '"resolved":' in (BASE / "package-lock.json").read_text():
        say(
            "package-lock.json names a registry host; see omit-lockfile-registry-resolved in npm's configuration."
        )
        return 1
    return 0
