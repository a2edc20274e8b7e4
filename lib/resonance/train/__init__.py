"""From a plan to a checkpoint and one event for each draw. ``job`` runs in the driver, ``worker`` in each rank."""
