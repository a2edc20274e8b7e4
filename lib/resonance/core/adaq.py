"""The indicators of ADAQ: 12 groups of 36 metrics, each one number about one dataset.

Source: Guide to Building High-Quality AI Datasets (CAICT 2025), Table 3. It swaps the definitions of metrics 3 and 4; here they
follow their names. It words metric 28 negatively; here a high score is good.
"""

from __future__ import annotations

from typing import NamedTuple


class Group(NamedTuple):
    """Metrics that belong together."""

    number: int
    english: str
    chinese: str


class Metric(NamedTuple):
    """One number about one dataset, the mean of its operators' scores."""

    number: int
    group: int
    english: str
    chinese: str


GROUPS = (
    Group(1, "Completeness", "完整性"),
    Group(2, "Normativity", "规范性"),
    Group(3, "Accuracy", "准确性"),
    Group(4, "Timeliness", "及时性"),
    Group(5, "Consistency", "一致性"),
    Group(6, "Density", "稠密性"),
    Group(7, "Diversity", "多样性"),
    Group(8, "Balance", "均衡性"),
    Group(9, "Relevance", "相关性"),
    Group(10, "Originality", "原创性"),
    Group(11, "Traceability", "可溯性"),
    Group(12, "Accessibility", "可访问性"),
)
METRICS = (
    Metric(1, 1, "Scale completeness", "规模完整性"),
    Metric(2, 1, "Structural completeness", "结构完整性"),
    Metric(3, 1, "Domain completeness", "领域完整性"),
    Metric(4, 1, "Task completeness", "任务完整性"),
    Metric(5, 2, "Form normativity", "形式规范性"),
    Metric(6, 2, "Privacy normativity", "隐私规范性"),
    Metric(7, 2, "Safety normativity", "安全规范性"),
    Metric(8, 3, "Content truthfulness", "内容真实性"),
    Metric(9, 3, "Domain professionalism", "领域专业性"),
    Metric(10, 4, "Generation timeliness", "生成及时性"),
    Metric(11, 4, "Collection timeliness", "采集及时性"),
    Metric(12, 4, "Processing timeliness", "处理及时性"),
    Metric(13, 4, "Release and update timeliness", "发布与更新及时性"),
    Metric(14, 5, "Label consistency", "标签一致性"),
    Metric(15, 5, "Concept consistency", "概念一致性"),
    Metric(16, 6, "Sample uniqueness", "样本唯一性"),
    Metric(17, 6, "Content informativeness", "内容信息量"),
    Metric(18, 7, "Feature diversity", "特征多样性"),
    Metric(19, 7, "Type diversity", "类型多样性"),
    Metric(20, 7, "Source diversity", "来源多样性"),
    Metric(21, 7, "Task diversity", "任务多样性"),
    Metric(22, 7, "Domain diversity", "领域多样性"),
    Metric(23, 7, "Cultural diversity", "文化多样性"),
    Metric(24, 8, "Class balance", "类别均衡性"),
    Metric(25, 8, "Source balance", "来源均衡性"),
    Metric(26, 9, "Domain relevance", "领域相关性"),
    Metric(27, 9, "Task relevance", "任务相关性"),
    Metric(28, 9, "Logical relevance", "逻辑相关性"),
    Metric(29, 10, "Source originality", "来源原创性"),
    Metric(30, 10, "Content originality", "内容原创性"),
    Metric(31, 11, "Source traceability", "来源可溯性"),
    Metric(32, 11, "Lineage traceability", "链路可溯性"),
    Metric(33, 11, "Version-control traceability", "版本控制可溯性"),
    Metric(34, 12, "Ease of acquisition", "获取难易性"),
    Metric(35, 12, "Ease of use", "使用难易性"),
    Metric(36, 12, "Technical support", "技术支持性"),
)
METRIC_OF = {metric.number: metric for metric in METRICS}
"""Each metric by its number."""

HUMAN = (8, 9, 23)
"""Metrics whose final score needs people who judge a sample."""
LEAKS = (6, 7)
"""Metrics that are the least of their operators' scores: one leak is not offset by others."""
ALWAYS = (6, 7, 31, 34)
"""Metrics that no contract can declare not applicable."""
