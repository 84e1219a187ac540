"""Each character of a figure has a font: ours for Latin, the system's for the rest, or an error that says what to install."""

from __future__ import annotations

import json
import random
import shutil
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest

from seqdiag.errors import ToolMissing, UsageError
from seqdiag.layout import theme
from seqdiag.layout.widths import _LATIN1, _SANS, MONO
from seqdiag.renderers import RenderOptions, faces, fonts, svg
from seqdiag.renderers.picture import SVG, picture
from seqdiag.text import shown
from tests import diagrams

VECTORS: dict[str, str] = json.loads((Path(__file__).parent.parent / "text_vectors.json").read_text("utf-8"))
LATIN = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180)]))
SIGNS = "→←↔·…•×±µ§–—“”‘’‹›✓⚠│─┌◀▶\ufffd" + shown("".join(map(chr, range(32))) + "\x7f")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a font."""
    monkeypatch.setattr(fonts, "folders", lambda: ())


@pytest.mark.usefixtures("bare")
def test_ours_have_latin_and_every_sign_of_a_figure() -> None:
    assert [font.family for font in fonts.choose(LATIN + SIGNS + "\n\u200d\ufe0f", bitmaps=False)] == list(fonts.OURS)


def test_ours_are_alone_where_they_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> tuple[Path, ...]:
        raise AssertionError("asked")

    monkeypatch.setattr(fonts, "folders", never)
    assert len(fonts.choose(LATIN, bitmaps=True)) == len(fonts.OURS)


@pytest.mark.parametrize("family", fonts.OURS)
def test_a_family_is_whole(family: str) -> None:
    """Bold and italic have what the regular face has, which is asked for all."""
    regular, *others = [faces.read(fonts.FOLDER / name)[0] for name in fonts.OURS[family]]
    assert {face.family for face in (regular, *others)} == {family}
    every = [chr(code) for code in range(0x20, 0x3000) if regular.has(chr(code))]
    assert len(every) > 30
    for face in others:
        assert [char for char in every if not face.has(char)] == []


def test_the_themes_families_are_ours() -> None:
    assert fonts.SANS in theme.SANS.split(", ")
    assert theme.MONO.split(", ")[0] == fonts.MONO
    assert (len(_SANS), len(_LATIN1), MONO) == (95, 96, 0.602)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("text", "said"),
    [("a漢b", r"漢 \(U\+6F22\): .*fonts-noto-cjk"), ("😀", "fonts-symbola"), ("ሀሁ", r"U\+1200\) or 1 more.*fonts-noto-core")],
)
def test_what_no_font_has_is_told(text: str, said: str) -> None:
    with pytest.raises(ToolMissing, match=said):
        fonts.choose(text, bitmaps=True)


@pytest.mark.usefixtures("chinese")
def test_chinese_comes_from_a_simplified_face() -> None:
    *ours, found = fonts.choose("漢字，中文", bitmaps=False)
    assert len(ours) == len(fonts.OURS)
    assert fonts.SIMPLIFIED.search(found.family) or "Fallback" in found.family


def test_faces_are_preferred_by_name() -> None:
    names = ["Arial-Bold.ttf", "wqy-zenhei.ttc", "Arial.ttf", "NotoSansCJK-Bold.ttc", "NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc"]
    assert [path.name for path in sorted(map(Path, names), key=fonts._rank)] == [names[i] for i in (5, 3, 1, 2, 0, 4)]


def test_a_system_font_is_found_in_its_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fonts" / "truetype").mkdir(parents=True)
    shutil.copy(fonts.FOLDER / "DejaVuSansMono.ttf", tmp_path / "fonts" / "truetype" / "some.TTF")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path))
    monkeypatch.setattr(fonts, "OURS", {fonts.SANS: fonts.OURS[fonts.SANS]})
    assert fonts.choose("✓", bitmaps=True)[-1].family == fonts.MONO


def test_no_damaged_font_stops_a_figure(tmp_path: Path) -> None:
    whole = (fonts.FOLDER / "ControlPictures.ttf").read_bytes()
    r = random.Random(1)
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(20):
            damaged[r.randrange(min(len(damaged), r.choice((300, 7000))))] = r.randrange(256)
        (tmp_path / "x.ttf").write_bytes(damaged[: r.randrange(len(damaged))])
        for face in faces.read(tmp_path / "x.ttf"):
            face.has("\u2400")
    assert faces.read(tmp_path / "none.ttf") == []


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("vector", VECTORS)
def test_every_text_is_drawn_as_it_is_or_refused(vector: str) -> None:
    diagram = diagrams.hostile(VECTORS[vector])
    drawn = svg.render(diagram, RenderOptions(theme="light")).decode()
    try:
        made = picture(diagram, RenderOptions(), bitmaps=False)
    except ToolMissing as error:
        assert "install" in str(error)
        return
    families = {font.family for font in fonts.choose("".join(texts(ElementTree.fromstring(made.svg()))), bitmaps=False)}
    assert texts(ElementTree.fromstring(made.svg())) == [fonts.drawable(text) for text in texts(ElementTree.fromstring(drawn))]
    assert {element.get("font-family") for tag in ("text", "tspan") for element in made.root.iter(SVG + tag)} <= families


def test_what_no_font_can_have_becomes_a_sign() -> None:
    assert fonts.drawable("a\ue000\U000f0000\u0378b") == "a\ufffd\ufffd\ufffdb"
    assert all(unicodedata.category(char) != "Co" for char in fonts.drawable("".join(map(chr, range(0xDF00, 0xF900)))))


def test_a_stretch_that_the_base_lacks_names_its_own_family() -> None:
    made = picture(diagrams.hostile("a\x00b"), RenderOptions(), bitmaps=False)
    stretches = {(span.get("font-family"), span.text) for span in made.root.iter(f"{SVG}tspan")}
    assert {("Wireseq Control Pictures", "\u2400"), (fonts.MONO, "a"), (fonts.SANS, "b")} <= stretches


def test_a_template_without_a_size_is_told(tmp_path: Path) -> None:
    (tmp_path / "svg").mkdir()
    for template in ("<svg/>", "no SVG", '<svg width="10mm" height="1"/>'):
        (tmp_path / "svg" / "figure.svg").write_text(template)
        with pytest.raises(UsageError, match="gives no SVG with a width"):
            picture(diagrams.smtp(), RenderOptions(templates=str(tmp_path)), bitmaps=True)
