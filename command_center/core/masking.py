"""Personal data as those see it who need not know it (handbook 10.2)."""


def masked_name(name: str) -> str:
    """The family name only: 王** for 王小明."""
    return name[:1] + "*" * (len(name) - 1)


def masked_phone(phone: str) -> str:
    """Beginning and end of a number: 138****5678; a short one is hidden whole."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)
