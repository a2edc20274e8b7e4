"""What people do with a workspace: commands print what these calls return, notebooks show it.

Start with `OpenWorkspace`; ``resonance.open`` gives one.
"""

from resonance.app.view import View
from resonance.app.workspace import OpenWorkspace, Run, choose_steps

__all__ = ["OpenWorkspace", "Run", "View", "choose_steps"]
