"""The operators of FEEL on values whose kinds are known only at run time."""
