"""`alembic upgrade` for pipelines: one deployer at a time, each revision by itself, short waits, true words at the end.

    hold        how env.py is taken hold of, and why one run of it is one revision
    lock        two advisory locks, and what happens when the first is lost
    raw         cursors of the driver, which make no event
    glance      the first look, which waits for no lock
    grip        every statement and every commit on env.py's connection passes here
    place       which version table it is; work: what is running, what went wrong
    journal     what became of each statement (a value)
    note        a note on the version table while a revision is in its middle
    watch       who is in the way, signals, cancelling
    assertions  what a revision wants to be true beforehand
    trouble     what is told after a failure
    asked, run  what it is asked for, and the whole: before, after a run that did not go well, stage what they share
    dry         what it would do
    offline     the same as a file for those who apply files
    status      where a database is
    events      what is told while it goes; telemetry: the same as spans

Names are imported from these modules: ``from alembic_ext.deploy.run import deploy``.
"""
