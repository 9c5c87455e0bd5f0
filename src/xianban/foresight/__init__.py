"""Statistics that see it coming: arrays in, findings out. No Django, no files, no clock.

    from xianban.foresight import outbreaks

Each door is a module of its own, imported when it is used: `outbreaks`, `clusters`, `issues`,
`forecasts`, `risk`, `streams`, `effects`, `allocation`.
"""
