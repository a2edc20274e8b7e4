"""Compile the text kernels now: else the first texts that are cleaned wait for it."""

from importlib import import_module
from pkgutil import iter_modules

from resonance.curate import kernels

for module in iter_modules(kernels.__path__):
    print(module.name, flush=True)
    import_module(f"{kernels.__name__}.{module.name}")
