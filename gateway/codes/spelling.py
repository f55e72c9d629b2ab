"""How pools spell codes: which texts are one code. Pure."""


def spelling(code: str, *, ignore_case: bool, ignore_spaces: bool) -> str:
    """A code as a pool of such rules knows it; the rule itself is core_rs/code_file's."""
    text = "".join(code.split()) if ignore_spaces else code
    return text.lower() if ignore_case else text
