"""Files of bytes opened within limits: zip, HDF5, npy; nothing unpickled, nothing followed out of the file."""
