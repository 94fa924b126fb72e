"""The tests: `contract/` laws over kinds and examples, `stories/` whole projects, `pure/` what needs no database."""
