"""The words that appraisal uses, each listed once."""

BY = ("unit", "area", "matter")  # what figures are of
# Why a case may be left out of a unit's figures: what no unit could have done better.
GROUNDS = ("emergency", "legal_route", "malicious", "no_contact", "not_possible", "not_ours")
WRONG_RECORD = "wrong_record"  # an appeal may also say that what is on record is not so
APPEALS = (*GROUNDS, WRONG_RECORD)
ASKED, GRANTED, REFUSED = "asked", "granted", "refused"
STATES = (ASKED, GRANTED, REFUSED)
RED, BLACK = "red", "black"
# What a ruling on an appeal may put right in a row, beside leaving it out.
CORRECTABLE = ("contacted", "solved", "satisfaction")
MOST_EVIDENCE = 4000
