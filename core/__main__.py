"""Run the command line as `python -m core`; the installed command is `rematch`."""

from core.jobs.signals import end_on_ctrl_c

if __name__ == "__main__":
    end_on_ctrl_c()  # the imports below take a second and need no cleanup
    from core.cli.main import run_and_exit

    run_and_exit()
