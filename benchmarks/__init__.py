"""Speed and quality, measured against a peer or a limit in one run; `./run bench [NAMES]`."""
