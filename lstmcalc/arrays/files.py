"""Arrays in .npy and .npz files, for who asks here: they are opened in `containers/npy.py`."""

from lstmcalc.containers.npy import stored_in, write_arrays

__all__ = ["stored_in", "write_arrays"]
