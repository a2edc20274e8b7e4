"""Every setting of the product, typed: one frozen model that is complete before Spark starts.

Each room has a module; ``Config`` holds one section of each kind. Defaults stand here; ``conf/`` and the command line lay over
them (``runtime.conf``). A job is handed the sections that its signature names.
"""

from resonance.core.settings.annotate import AnnotateSettings
from resonance.core.settings.assess import AssessSettings
from resonance.core.settings.attribute import AttributeSettings
from resonance.core.settings.base import Settings
from resonance.core.settings.benchmark import EvaluateSettings
from resonance.core.settings.config import Config
from resonance.core.settings.control import DecideSettings
from resonance.core.settings.curate import (
    MOST_HASHES,
    CleanSettings,
    DecontaminateSettings,
    DedupeSettings,
    IngestSettings,
    JudgeSettings,
    RebalanceSettings,
    ScorerFile,
    ScoreSettings,
)
from resonance.core.settings.propose import ProposeSettings
from resonance.core.settings.report import ReportSettings
from resonance.core.settings.runtime import LineageSettings, SparkSettings, TrackingSettings
from resonance.core.settings.states import FeedbackSettings
from resonance.core.settings.task import TASK_FIELDS, TaskSettings
from resonance.core.settings.train import AppraiseSettings, CrossFitSettings, ScoreModelSettings, TrainSettings, TuneSettings

__all__ = [
    "MOST_HASHES",
    "TASK_FIELDS",
    "AnnotateSettings",
    "AppraiseSettings",
    "AssessSettings",
    "AttributeSettings",
    "CleanSettings",
    "Config",
    "CrossFitSettings",
    "DecontaminateSettings",
    "DedupeSettings",
    "EvaluateSettings",
    "FeedbackSettings",
    "IngestSettings",
    "JudgeSettings",
    "DecideSettings",
    "LineageSettings",
    "ProposeSettings",
    "RebalanceSettings",
    "ScorerFile",
    "ReportSettings",
    "ScoreModelSettings",
    "ScoreSettings",
    "Settings",
    "SparkSettings",
    "TaskSettings",
    "TrackingSettings",
    "TrainSettings",
    "TuneSettings",
]
