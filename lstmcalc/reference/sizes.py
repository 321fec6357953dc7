"""Sizes as this program shows them."""


def readable_bytes(size: int) -> str:
    """`584 B`, `1.5 KiB`, `4.0 MiB`: sizes as this program names them, in powers of 1024."""
    if size < 1024:
        return f"{size} B"
    amount = size / 1024
    for unit in ("KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"
