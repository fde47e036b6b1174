"""The front end's laws: contrast, words in both languages, one renderer a layer, and no data that becomes markup."""

import re

import pytest

from command_center.core.layers import LAYERS
from command_center.core.parameters import PARAMETERS
from command_center.core.roles import ROLE_NAMES
from command_center.core.templatetags.importmap import pins
from command_center.core.vendor import VENDOR
from sensors.domain.quantities import QUANTITIES
from tests.structure.catalogue import ROOT, browser_words, known, python_words

APP = ROOT / "static/app"
MODULES = sorted(APP.rglob("*.js"))


# --- colours --------------------------------------------------------------------------------------
def tokens(theme):
    """{token: (r, g, b)} of a theme; the light one lies over the dark one."""
    source = (ROOT / "static/css/tokens.css").read_text()
    dark, light = source.split(':root[data-theme="light"]')
    blocks = [dark] if theme == "dark" else [dark, light]
    return {
        name: tuple(int(value[i : i + 2], 16) for i in (0, 2, 4))
        for block in blocks
        for name, value in re.findall(r"(--[\w-]+): #([0-9a-f]{6});", block)
    }


def contrast(one, other):
    """WCAG 2 contrast ratio, 1 to 21."""

    def luminance(rgb):
        parts = [c / 255 for c in rgb]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXTS = ["--text", "--text-2", "--accent", "--normal", "--stale", *(f"--level-{n}" for n in (1, 2, 3, 4))]


def test_the_contrast_formula_gives_the_known_ends():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((255, 77, 79), (8, 22, 41)) == pytest.approx(5.6, abs=0.05)  # the handbook's red on navy


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("ground", ["--page", "--panel"])
@pytest.mark.parametrize("text", TEXTS)
def test_text_can_be_read_on_every_ground(theme, ground, text):
    known_tokens = tokens(theme)
    assert contrast(known_tokens[text], known_tokens[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("chip", [f"--level-{n}" for n in (1, 2, 3, 4)])
def test_words_on_a_level_chip_can_be_read(theme, chip):
    known_tokens = tokens(theme)
    assert contrast(known_tokens["--on-chip"], known_tokens[chip]) >= 4.5


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(
    ("symbol", "ground"),
    [("--line-strong", "--panel"), ("--line-strong", "--page"), ("--rain", "--panel"), ("--on-accent", "--accent"),
     ("--map-label", "--map-district"), ("--map-label-water", "--map-district")],
)  # fmt: skip
def test_symbols_stand_out_from_their_ground(theme, symbol, ground):
    known_tokens = tokens(theme)
    assert contrast(known_tokens[symbol], known_tokens[ground]) >= 3


def test_colours_are_named_in_one_file_only():
    for file in sorted((ROOT / "static/css").glob("*.css")):
        if file.name != "tokens.css":
            assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", file.read_text()), file.name
    for file in MODULES:
        assert not re.findall(r'"#[0-9a-fA-F]{3,8}"', file.read_text()), file.name


# --- layers ---------------------------------------------------------------------------------------
def test_every_layer_has_its_renderer_and_every_renderer_its_layer():
    files = {file.stem for file in (APP / "layers").glob("*.js")} - {"index"}
    assert files == set(LAYERS)
    index = (APP / "layers/index.js").read_text()
    listed = re.search(r"LAYERS = \[([^\]]+)\]", index)[1]
    assert {name.strip() for name in listed.split(",") if name.strip()} == set(LAYERS)


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_every_renderer_has_the_same_shape(name):
    source = (APP / f"layers/{name}.js").read_text()
    assert f'name: "{name}"' in source
    for part in ("title", "mark", "line", "popup"):
        assert re.search(rf"\n  {part}[:(]", source), part


# --- modules --------------------------------------------------------------------------------------
@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(APP).as_posix())
def test_imports_are_bare_names_that_the_map_knows(file):
    for name in re.findall(r'^(?:import|export)[^;]*?from "([^"]+)";', file.read_text(), re.M | re.S):
        assert name in pins(), name


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(APP).as_posix())
def test_no_data_becomes_markup_or_code(file):
    source = file.read_text()
    for danger in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "unsafeHTML",
        "eval(",
        "new Function",
    ):
        assert danger not in source, danger


def test_only_the_seam_says_the_names_of_leaflet():
    for file in MODULES:
        if file.name != "leaflet.js":
            assert not re.search(r"window\.(L|protomapsL)\b", file.read_text()), file.name


def test_every_library_in_the_import_map_is_served():
    ours = {path for path in pins().values() if path.startswith("app/")}
    assert {path for path in pins().values() if path not in ours} <= set(VENDOR)


# --- words ----------------------------------------------------------------------------------------
def said():
    words = {"djangojs": browser_words(), "django": python_words()}
    for told in ("sensors/domain/words.py", "sensors/states.py"):  # said by rules, shown by the browser too
        words["djangojs"] |= {text: file for text, file in words["django"].items() if file == told}
    for labels, where in (
        ((q.label for q in QUANTITIES.values()), "quantities"),
        ((p.label for p in PARAMETERS.values()), "parameters"),
        (ROLE_NAMES.values(), "roles"),
    ):
        words["django"] |= dict.fromkeys(labels, where)
    return words


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_every_word_is_translated(domain):
    words, catalogue = said()[domain], known(domain)
    assert {text: where for text, where in words.items() if not catalogue.get(text)} == {}


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_no_catalogue_keeps_words_that_nobody_says(domain):
    words = said()
    assert set(known(domain)) - set(words[domain]) == set()


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_translations_name_the_same_values(domain):
    for text, chinese in known(domain).items():
        assert sorted(re.findall(r"%\(\w+\)[sd]|%%", text)) == sorted(
            re.findall(r"%\(\w+\)[sd]|%%", chinese)
        ), text


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_chinese_is_chinese(domain):
    for text, chinese in known(domain).items():
        words = re.sub(r"%\(\w+\)[sd]", "", text)
        if re.search(r"[A-Za-z]", words):
            assert re.search(r"[\u4e00-\u9fff]", chinese), text
