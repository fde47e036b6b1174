"""The whole system under faults: a bed of its own, faults, a screen that lives through them, and the oracle."""
