"""How much likelier one letter follows another in English words than by chance: ``tests/bench/letter_pairs.py`` counts it."""

from __future__ import annotations

ZERO = "j"
"""Stands for no difference; each sign of the alphabet before it is half a bit less, each behind it half a bit more."""
LETTER_PAIRS = (
    "bklkbeiajafmkmajamknhgeega",
    "mgihmdfclidogelhakkhldabjb",
    "mdiemdbmkalkfcogajhmjcaafa",
    "lhgipffdocaigekfajkhkgdcfa",
    "kelmihgdfabkjmfifnnkdhfjea",
    "lgfhmmcaoaakffmfbllikabbha",
    "legfpfjklaajhkjiamlhkdeaed",
    "ocghoebbnacghfneakhkjbfahc",
    "ihljjhjabackjpmiaillaiafah",
    "meegpgbbmbbegbohbbkgnbebeb",
    "kggipgfenackhjhiegnijbhbhc",
    "mdfioecbnaemdemfacjjifaala",
    "njgfoedbmadhjdmmacjgkdbdga",
    "ldlllindkbfgehkfadmnhgbbea",
    "ghkkeghbgagkloikanjjkiieca",
    "nbhfnfghlabmfdlkgnjkjbcbka",
    "ddkdjigdgaamdgfhagjgraddaa",
    "mfiipfhamaggihmfcjlkhgdaia",
    "jdkfneejmaghhejkeeloldfaia",
    "mdheofbkoaahfdkgamkiiddcja",
    "jkjhkhiajaamlnflammmcaaeaa",
    "ngggqgfcoabfiekfafffccabca",
    "odghmebknacihllfblkfadefbb",
    "kflimjagmbahkefnbgindbdjgb",
    "iikikigekaajkminagnmggfcef",
    "mgadqfahnaadgdlfafihadadhh",
)
"""A row for each first letter, a sign for each second one."""
