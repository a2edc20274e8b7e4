"""Where tables live: in folders, committed by delta-rs whatever engine computes, or in a Spark catalog."""
