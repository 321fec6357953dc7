"""The first bytes of the files that a container is told by."""

HDF5 = b"\x89HDF\r\n\x1a\n"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # one with members, and an empty one
