"""``python -m ui.cli``, the same as ``shopkeeper``; ``torchrun -m`` needs a module."""

from ui.cli.main import main

main()
