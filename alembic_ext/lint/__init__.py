"""The linter: revisions are run in a sandbox, and judged by what the server did.

probe      in the child process: runs an upgrade, statement by statement   (outside, sent, lines)
observer   asks the server what each of them did   (questions, facts)
trace      what it did, as frozen values
moment     a statement with all that was before it
rule       what a rule is; rules/ holds one file each
judge      the run over a history
"""
