"""The rules: one file each, which holds ``RULE``, its page in the manual as docstring, and its examples."""
