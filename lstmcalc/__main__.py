"""`python -m lstmcalc`."""

from lstmcalc.cli import main

main()
