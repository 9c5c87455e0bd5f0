"""What intake decides, from plain values alone."""
