"""Declarations and revisions that were written for another tool, understood as ours."""
