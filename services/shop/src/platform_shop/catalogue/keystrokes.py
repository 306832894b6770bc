"""Text as the keys that are struck to type it, for searches by trigrams.

A Korean syllable is one character of two to five strokes on the common (two-set) keyboard. As strokes, a name of
three syllables has some nine letters, enough for trigrams to tell likeness: a wrong vowel is one letter of nine and not
a third of the name, a word is found with or without what is appended to it, and so is what was typed with the keyboard
in the other state (`ajrm` for 머그). They are plain ASCII, so the database's locale does not matter.
"""

from __future__ import annotations

import re
import unicodedata

# Unicode, section 3.12: a syllable is first consonant, vowel and last consonant, by arithmetic.
_FIRST_SYLLABLE, _LAST_SYLLABLE = 0xAC00, 0xD7A3
_VOWELS, _ENDS = 21, 28

_INITIALS = "rRseEfaqQtTdwWczxvg"
_MEDIAL_KEYS = "k o i O j p u P h hk ho hl y n nj np nl b m ml l"
_FINAL_KEYS = "r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g"
_MEDIALS, _FINALS = _MEDIAL_KEYS.split(), ["", *_FINAL_KEYS.split()]

# Single letters (Hangul compatibility jamo), as they are typed before a syllable is whole.
_CONSONANTS = "ㄱㄲㄳㄴㄵㄶㄷㄸㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅃㅄㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_CONSONANT_KEYS = "r R rt s sw sg e E f fr fa fq ft fx fv fg a q Q qt t T d w W c z x v g"
_LETTERS = str.maketrans(
    dict(zip(_CONSONANTS, _CONSONANT_KEYS.split(), strict=True))
    | dict(zip("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ", _MEDIALS, strict=True))
)

_OTHERS = re.compile(r"[^a-z0-9]+")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


def keystrokes(text: str) -> str:
    """Return the keys of `text` in lower case, words divided by single spaces; other scripts are dropped."""
    # Letters first: composition would combine single ones into syllables.
    composed = unicodedata.normalize("NFKC", text.translate(_LETTERS))
    struck = "".join(_struck(character) for character in composed)
    return _OTHERS.sub(" ", struck.lower()).strip()


def is_korean(text: str) -> bool:
    """Whether `text` has Korean letters."""
    return _HANGUL.search(text) is not None


def search_keys(*texts: str) -> tuple[str, str]:
    """Return the keys of the Korean words in `texts`, and those of all others: in keys alone they would look alike."""
    words = " ".join(texts).split()
    korean = [word for word in words if is_korean(word)]
    others = [word for word in words if not is_korean(word)]
    return keystrokes(" ".join(korean)), keystrokes(" ".join(others))


def _struck(character: str) -> str:
    code = ord(character)
    if _FIRST_SYLLABLE <= code <= _LAST_SYLLABLE:
        rest, last = divmod(code - _FIRST_SYLLABLE, _ENDS)
        first, middle = divmod(rest, _VOWELS)
        return _INITIALS[first] + _MEDIALS[middle] + _FINALS[last]
    # An accented letter is its base.
    return unicodedata.normalize("NFD", character)[0]
