"""A city with known truth, in arrays: what goes wrong, who complains, who repairs, and who looks ahead."""
