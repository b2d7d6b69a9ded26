"""The clause model: which aspects a clause judges, and how, also where it names none."""
