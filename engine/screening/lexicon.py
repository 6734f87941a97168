"""What name matching knows of words: letters with no decomposition, spelling classes, particles, titles, legal forms.

Data, not code: each table can be read aloud and amended. A spelling class says that its members are one name written
differently; it never says that two different names are alike. Weights say how much a word tells one person from
another; a word in none of the tables weighs 1.
"""

# ruff: noqa: RUF001 - letters that look alike in two alphabets are the very subject of this table
from __future__ import annotations

from types import MappingProxyType
from typing import Final

# Letters that Unicode does not decompose into a base letter and a mark, and the Cyrillic alphabet as passports write it
# (ICAO Doc 9303-3, section 6, without its distinction of soft signs). Other scripts are compared within themselves.
_LATIN: Final = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h", "ŋ": "n",
    "ə": "a", "ʻ": "", "ʼ": "", "’": "", "‘": "", "'": "", "`": "",
}  # fmt: skip
_CYRILLIC: Final = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh", "з": "z", "и": "i",
    "і": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "ie", "ы": "y", "ь": "",
    "э": "e", "ю": "iu", "я": "ia",
}  # fmt: skip
LETTERS: Final = str.maketrans(_LATIN | _CYRILLIC)

_CLASSES: Final = (
    "muhammad mohammad mohammed muhammed mohamed muhamad mohamad muhammet mehmet mohd mohammd muhd md mhd",
    "ahmad ahmed ahmet ahamed ahmmed",
    "yusuf yousuf yousaf yusaf youssef yousef yosef usuf",
    "rahman rehman rahmaan rahmon rehmaan",
    "rahim raheem rehim",
    "karim kareem kerim",
    "husain hussain hussein husayn hossain hosain husein hussien",
    "hasan hassan hasson hasaan",
    "syed sayed said saeed sayyid sayed saiyed saied",
    "sheikh shaikh shaykh sheik cheikh shekh sk",
    "usman osman othman uthman usmaan",
    "umar omar omer umer",
    "ibrahim ebrahim ibraheem ebraheem",
    "ismail ismael esmail ismaeel",
    "khalid khaled halid",
    "tariq tarik tareq tarek",
    "iqbal eqbal ikbal",
    "nasir nasser naser nasr",
    "qasim kasim qasem kassem qassem",
    "abdullah abdallah abdulla",
    "fatima fatimah fatema fathima",
    "aisha ayesha aysha aicha aishah",
    "zainab zaynab zeinab zenab",
    "lakshmi laxmi lakhsmi",
    "vijay bijay vijai",
    "sanjay sanjai",
    "krishna krishnan kirshna",
    "chaudhry chaudhary choudhury chowdhury chaudhuri choudhary chaudhari",
    "banerjee bannerjee banerji bandyopadhyay",
    "mukherjee mukerji mukhopadhyay",
    "usama osama",
    "hans johannes",
    "aleksandr alexander aleksander alexandr oleksandr iskander",
    "sergei sergey serguei serhii",
    "yevgeny evgeny evgeni yevgeni evgenii",
    "dmitry dmitri dmitriy dimitri dmytro",
    "frederick friedrich frederik fredrick",
)
VARIANTS: Final = MappingProxyType({word: row.split()[0] for row in _CLASSES for word in row.split()})

# Words that many carry and that therefore tell little.
_COMMON: Final = """
    ahmad ali khan kumar singh devi begum bibi kaur lal ram das husain hasan abdul syed sheikh rahman islam kumari rani
    bai akhtar maria jose juan john kim lee li wang
"""
COMMON: Final = frozenset(_COMMON.split())
VERY_COMMON: Final = frozenset({"muhammad"})
_PARTICLES: Final = """
    al el ul ur ud us bin ibn ben bint binti bt abu abi umm de da do dos das del der den di du la le van von zu zur y e
    and the of et und
"""
PARTICLES: Final = frozenset(_PARTICLES.split())
_TITLES: Final = """
    mr mrs ms miss mx dr prof sir dame lord lady shri sri smt kumari sheikh haji hajji hafiz mullah maulana maulvi
    mufti ustad qari general gen colonel col major maj captain capt president minister hon rev father so do wo jr sr
"""
TITLES: Final = frozenset(_TITLES.split())

_FORMS: Final = (
    "ltd limited ltda",
    "pvt private pte",
    "plc",
    "llc ooo tov",
    "inc incorporated",
    "corp corporation",
    "co company compania",
    "ag aktiengesellschaft aktiengeselschaft",
    "gmbh",
    "sa",
    "spa",
    "nv",
    "bv",
    "oao pao ao zao ojsc pjsc jsc cjsc",
    "llp lp",
    "group holding holdings",
    "foundation trust",
)
FORMS: Final = MappingProxyType({word: row.split()[0] for row in _FORMS for word in row.split()})

WEIGHT_COMMON: Final = 0.7
WEIGHT_VERY_COMMON: Final = 0.4
WEIGHT_INITIAL: Final = 0.4
WEIGHT_PARTICLE: Final = 0.2
WEIGHT_FORM: Final = 0.15
