"""Each part of the findings: fetch the counts, ask the statistics, keep what is worth telling."""
