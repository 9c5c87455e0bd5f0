"""The folder of a city pack: reading it, writing it, beginning one."""
