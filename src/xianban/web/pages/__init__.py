"""One module for each page or group of pages; thin callers of the rooms below."""
