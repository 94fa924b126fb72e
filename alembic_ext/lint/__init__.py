"""The linter: revisions are run in a sandbox, and judged by what the server did.

probe      in the child process: runs an upgrade, asks the server after each statement   (questions, outside)
trace      what it did, as frozen values
moment     a statement with all that was before it
rule       what a rule is; rules/ holds one file each
judge      the run over a history
"""
