"""PostgreSQL and Redis out of wheels, for machines that have neither: the default of `verdict up` and of the tests."""
