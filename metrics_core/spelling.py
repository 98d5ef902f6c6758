"""How a label is written: characters nobody sees, two ways to write one letter, letters that look like another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import zip_longest

#: Repairs that lose nothing, in the order they are made.
INVISIBLE, TRIMMED, UNICODE, WHOLE = "labels-invisible", "labels-trimmed", "labels-unicode", "labels-whole"

#: Direction marks, zero-width characters, byte order mark and soft hyphen: they print as nothing.
_UNSEEN = dict.fromkeys([0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2065),
                         *range(0x2066, 0x206A), 0xFEFF])  # fmt: skip
#: Joiners print as nothing too but shape the letters of some scripts, and emoji.
_JOINERS = "\u200c\u200d"
_WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:\.0+)?")
#: Cyrillic and Greek letters that look like a Latin one, dashes and quotation marks that look like the plain one.
_LIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u043a"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405\u0423"
    "\u03bf\u03b1\u03bd\u03c1\u03b9\u03ba\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2018\u2019\u201c\u201d",
    "aeopcyxijshdqwk" + "ABEKMHOPCTXIJSY" + "oavpikABEZHIKMNOPTYX" + "-------''\"\"",
)


def tidy(text: str) -> tuple[str, tuple[str, ...]]:
    r"""Take off what nobody sees and write every letter in one way.

    Returns
    -------
    (text, repairs)
        The repairs that changed something, of ``INVISIBLE``, ``TRIMMED`` and ``UNICODE``.

    Examples
    --------
    >>> tidy("\ufefffraud ")
    ('fraud', ('labels-invisible', 'labels-trimmed'))
    >>> tidy("cafe\u0301") == ("caf\u00e9", ("labels-unicode",))
    True
    """
    if text.isascii():
        bare = text.strip()
        return bare, (TRIMMED,) if bare and bare != text else ()
    seen = text.translate(_UNSEEN)
    seen = seen.strip(_JOINERS)
    if seen.replace("\u200c", "").replace("\u200d", "").isascii():
        seen = seen.replace("\u200c", "").replace("\u200d", "")
    bare = seen.strip()
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in bare)
    written = unicodedata.normalize("NFC", spaced)
    steps = ((INVISIBLE, text, seen), (TRIMMED, seen, bare), (UNICODE, bare, written))
    return written, tuple(id for id, before, after in steps if before != after) if written else ()


def whole_numbers(names: Iterable[str]) -> dict[str, str]:
    """Write labels that are whole numbers without exception in one way: ``1.0`` and ``+1`` are ``1``; else nothing.

    Examples
    --------
    >>> whole_numbers(["1.0", "0"]), whole_numbers(["1.0", "1.1"]), whole_numbers(["007", "7.0"])
    ({'1.0': '1'}, {}, {})
    """
    every = list(names)
    if not all(_WHOLE.fullmatch(name) for name in every):
        return {}
    plain = {name: str(int(name.partition(".")[0])) for name in every}
    return {name: short for name, short in plain.items() if name != short}


def look_alikes(names: Iterable[str]) -> list[tuple[str, str, str]]:
    r"""Find labels that look the same and are not.

    Returns
    -------
    list of (label, label, difference)
        The difference names the first two characters that are not the same, by their code points.

    Examples
    --------
    >>> look_alikes(["fraud", "fr\u0430ud", "honest"])[0][2]
    'character 3 is U+0061 (latin small letter a) in one and U+0430 (cyrillic small letter a) in the other'
    """
    found: dict[str, str] = {}
    pairs = []
    for name in names:
        other = found.setdefault(_shape(name), name)
        if other != name:
            pairs.append((other, name, _difference(other, name)))
    return pairs


def _shape(text: str) -> str:
    """Fold what looks alike into one text."""
    if text.isascii():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFKC", text).translate(_LIKE).split())


def _difference(a: str, b: str) -> str:
    """Name the first characters that differ."""
    for i, (x, y) in enumerate(zip_longest(a, b, fillvalue="")):
        if x != y:
            return f"character {i + 1} is {_point(x)} in one and {_point(y)} in the other"
    return ""


def _point(character: str) -> str:
    """Name a character by its code point."""
    if not character:
        return "missing"
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'no name').lower()})"
