# SPDX-License-Identifier: 0BSD
"""Prints unicode_tables.hpp, from this Python's own Unicode data.

Lower case is exactly what str.lower() does. Look-alikes are what NFKC turns into one ASCII letter
or digit, and letters of other scripts that Unicode's confusables.txt gives for an ASCII letter.
"""

import sys
import unicodedata

# Letter -> its doubles in Cyrillic, Greek, Armenian, Latin beyond ASCII.
DOUBLES = {
    "a": "\u0430\u03b1\u0251", "b": "\u042c\u0184", "c": "\u0441\u03f2\u1d04",
    "d": "\u0501\u13e7", "e": "\u0435\u04bd\u212e", "g": "\u0261\u0581", "h": "\u04bb\u0570",
    "i": "\u0456\u0131\u0269\u03b9", "j": "\u0458\u03f3", "k": "\u043a\u03ba\u1d0b",
    "l": "\u04cf\u01c0", "m": "\u043c\u217f", "n": "\u0578\u057c",
    "o": "\u043e\u03bf\u03c3\u0585\u1d0f", "p": "\u0440\u03c1\u2374", "q": "\u051b\u0563",
    "r": "\u0433\u1d26", "s": "\u0455\ua731", "t": "\u0442\u03c4", "u": "\u057d\u03c5\u1d1c",
    "v": "\u0475\u03bd\u1d20", "w": "\u051d\u0461\u1d21", "x": "\u0445\u03c7",
    "y": "\u0443\u03b3\u04af\u028f", "z": "\u1d22", "A": "\u0410\u0391", "B": "\u0412\u0392",
    "C": "\u0421\u03f9", "E": "\u0415\u0395", "H": "\u041d\u0397", "I": "\u0406\u0399\u04c0",
    "J": "\u0408", "K": "\u041a\u039a", "M": "\u041c\u039c", "N": "\u039d", "O": "\u041e\u039f",
    "P": "\u0420\u03a1", "S": "\u0405", "T": "\u0422\u03a4", "V": "\u0474", "X": "\u0425\u03a7",
    "Y": "\u04ae\u03a5", "Z": "\u0396", "0": "\u07c0", "3": "\u0417\u04e0", "6": "\u0431",
}


def runs(pairs):
    """(first, last, to) where the code points and what they become both count up by one."""
    out = []
    for code, to in sorted(pairs):
        if out and out[-1][1] + 1 == code and out[-1][2] + code - out[-1][0] == to:
            out[-1][1] = code
        else:
            out.append([code, code, to])
    return out


def steps(pairs):
    """Like runs, with every other code point joined too: (first, last, to, stride)."""
    out = []
    for code, to in sorted(pairs):
        if out:
            first, last, begin, stride = out[-1]
            gap = code - last
            if to - code == begin - first and gap in (1, 2) and stride in (0, gap):
                out[-1] = [first, code, begin, gap]
                continue
        out.append([code, code, to, 0])
    return [[a, b, to, stride or 1] for a, b, to, stride in out]


def spans(codes):
    return [[a, b] for a, b, _ in runs((code, code) for code in codes)]


def table(name, what, rows):
    print(f"// {what}\ninline constexpr {name}[] = {{")
    line = "   "
    for row in rows:
        word = " {" + ", ".join(f"{n:#x}" if i < 3 else str(n) for i, n in enumerate(row)) + "},"
        if len(line) + len(word) > 98:
            print(line)
            line = "   "
        line += word
    print(line + "\n};\n")


everything = [c for c in range(0x80, sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
lower = [(c, ord(chr(c).lower())) for c in everything if c != 0x130 and chr(c).lower() != chr(c)]
alike = {}
for c in everything:
    plain = unicodedata.normalize("NFKC", chr(c))
    if len(plain) == 1 and plain.isascii() and plain.isalnum():
        alike[c] = ord(plain)
for letter, doubles in DOUBLES.items():
    for double in doubles:
        alike.setdefault(ord(double), ord(letter))
cased = [c for c in everything if (chr(c) + "\u03a3").lower()[-1] == "\u03c2"]
is_cased = set(cased)
passed = [c for c in [*range(0x80), *everything]
          if not (c < 0x80 and chr(c).isalpha()) and c not in is_cased
          and ("A" + chr(c) + "\u03a3").lower()[-1] == "\u03c2"]

print("// SPDX-License-Identifier: 0BSD")
print(f"// Written by unicode_tables.py from Unicode {unicodedata.unidata_version}.")
print("#pragma once\n\n#include <cstdint>\n\nnamespace patterns {\n")
print("struct Folding {\n  uint32_t first, last, to;\n  uint32_t stride;\n};")
print("struct Span {\n  uint32_t first, last;\n};\n")
table("Folding lower_case", "Code point -> its lower case, where that is one code point.",
      steps(lower))
table("Folding look_alikes", "Code point -> the ASCII letter or digit that it can be taken for.",
      [[*run, 1] for run in runs(alike.items())])
table("Span cased", "Letters that have a case, beyond ASCII.", spans(cased))
table("Span passed_over", "What does not count when a sigma looks for its neighbours.",
      spans(passed))
print("}  // namespace patterns")
