"""Changes to cases: opening, the verbs of the lifecycle, the worker's round."""
