"""The variables of the environment that the program reads."""

COMPLETING = "_LSTMCALC_COMPLETE"  # set where a shell asks what may follow; the name is click's
DEBUG = "LSTMCALC_DEBUG"  # shows where a bug is
JOB_SUMMARY = "GITHUB_STEP_SUMMARY"  # the path of a job's summary
