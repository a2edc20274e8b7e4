"""Phrases by which C4 knows placeholders and boilerplate, in lower case (Raffel et al. 2020, as datatrove 0.10 lists them)."""

from __future__ import annotations

LOREM_IPSUM, JAVASCRIPT = "lorem ipsum", "javascript"
POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
C4_PHRASES = (LOREM_IPSUM, JAVASCRIPT, *POLICIES)
