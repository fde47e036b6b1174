"""Which words the sources say, and which the catalogues know."""

import ast
import json
import re
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent.parent
TEXT = r'"((?:[^"\\]|\\.)*)"'
GETTEXT = {"_", "gettext", "gettext_noop", "gettext_lazy", "ngettext"}


def browser_words():
    """Msgids said by the modules of static/app: t("…"), say("…", …), count("one", "many", …)."""
    found = {}
    for file in sorted((ROOT / "static/app").rglob("*.js")):
        source = file.read_text()
        for match in re.finditer(rf"(?<![\w.])(?:t|say|gettext|count)\(\s*{TEXT}", source):
            found.setdefault(json.loads(f'"{match[1]}"'), file.name)
    return found


def python_words():
    """Msgids said by gettext calls in Python, by files of templates, and by tables whose labels are msgids."""
    found = {}
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in GETTEXT and node.args:
                text = node.args[0]
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    found.setdefault(text.value, str(file.relative_to(ROOT)))
    for file in sorted((ROOT / "templates").rglob("*.html")):
        for match in re.finditer(rf"{{%\s*(?:translate\s+|[^%]*\b_\(){TEXT}", file.read_text()):
            found.setdefault(match[1], file.name)
    return found


def sources():
    skipped = {"var", "node_modules", "tests", "migrations"}
    for file in sorted(ROOT.rglob("*.py")):
        if not skipped & set(file.relative_to(ROOT).parts):
            yield file


def known(domain):
    """{msgid: translation} of a Chinese catalogue; a plural's one form counts."""
    with (ROOT / f"locale/zh_Hans/LC_MESSAGES/{domain}.po").open("rb") as file:
        catalogue = read_po(file)
    return {
        (m.id if isinstance(m.id, str) else m.id[0]): (m.string if isinstance(m.string, str) else m.string[0])
        for m in catalogue
        if m.id and not m.fuzzy
    }
