"""Names of persons as DICOM writes them (PS3.5 6.2, VR PN), and as this software shows them."""

from __future__ import annotations


def plain_name(value: str) -> str:
    """``Family, Given`` of ``Family^Given^...``; the alphabetic form where there are several.

    Where that is empty the ideographic one is taken, then the phonetic.
    """
    form = next((form for form in value.split("=") if form.strip(" ^")), "")
    family, _, rest = form.partition("^")
    given = " ".join(rest.replace("^", " ").split())
    return ", ".join(part for part in (family.strip(), given) if part)
