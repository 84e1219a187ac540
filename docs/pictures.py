"""DejaVu Sans Mono in, the font of control pictures (U+2400 and on) out, as `seqdiag/fonts` has it.

No free font with a permissive licence has these signs, and figures use them for control characters. Each is the
character's name in small letters, falling from left to right, as wide as every character of the mono face.

    pip install fonttools; python docs/pictures.py
"""

from __future__ import annotations

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.transform import Identity
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parent.parent / "seqdiag" / "fonts"
NAMES = (  # noqa: SIM905
    "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US SP DEL"
).split()
CODES = {0x2400 + i: name for i, name in enumerate(NAMES)} | {0x2424: "NL"}
FAMILY = "Wireseq Control Pictures"


def main() -> None:
    mono = TTFont(FONTS / "DejaVuSansMono.ttf")
    letters, cmap, advance = mono.getGlyphSet(), mono.getBestCmap(), mono["hmtx"]["A"][0]
    glyphs = {".notdef": TTGlyphPen(None).glyph()}
    for name in CODES.values():
        pen = TTGlyphPen(None)
        size = 0.56 if len(name) == 2 else 0.46
        right, down = (advance * (1 - size)) / (len(name) - 1), 1493 * (1 - size) / (len(name) - 1)
        for i, letter in enumerate(name):
            place = Identity.translate(i * right, (len(name) - 1 - i) * down).scale(size, size)
            letters[cmap[ord(letter)]].draw(TransformPen(pen, place))
        glyphs[name] = pen.glyph()
    builder = FontBuilder(mono["head"].unitsPerEm, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(CODES)
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (advance, 0)))
    builder.setupHorizontalHeader(ascent=mono["hhea"].ascent, descent=mono["hhea"].descent)
    builder.setupNameTable({"familyName": FAMILY, "styleName": "Regular", "psName": FAMILY.replace(" ", ""), "fullName": FAMILY})
    builder.setupOS2(sTypoAscender=mono["hhea"].ascent, usWinAscent=mono["hhea"].ascent, usWinDescent=-mono["hhea"].descent)
    builder.setupPost(isFixedPitch=1)
    builder.updateHead(created=0, modified=0)
    builder.font.recalcTimestamp = False
    builder.save(FONTS / "ControlPictures.ttf")


if __name__ == "__main__":
    main()
