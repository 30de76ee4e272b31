"""Local stand-ins of the external systems: stateful, strict, faulty on demand.

Imports nothing of the product, so that it cannot share a mistake with the
connectors it judges. `core` is what every stand-in is built on; one folder per
system beside it; `registry` names them.
"""
