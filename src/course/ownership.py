"""Which firm has something of its own in which layer, read from the tables that the course has anyway."""

from __future__ import annotations

import pandas as pd

from course.data import load

LAYERS = ("chips", "cloud", "models", "applications")

# A firm's names in chips (vendor), cloud_revenue or cloud_prices, models (developer) and feedback_scale (entity).
_NAMES: dict[str, tuple[str, ...]] = {
    "Google": ("Google", "Google Cloud", "Google DeepMind", "DeepMind"),
    "Alibaba": ("Alibaba", "Alibaba T-Head", "Alibaba Cloud"),
    "Baidu": ("Baidu", "Baidu Kunlunxin", "Baidu AI Cloud"),
    "Huawei": ("Huawei", "Huawei Cloud", "Huawei Noah's Ark Lab"),
    "Amazon": ("Amazon", "AWS", "Amazon Web Services"),
    "Microsoft": ("Microsoft", "Microsoft Azure", "Microsoft Cloud"),
    "Meta": ("Meta",),
    "ByteDance": ("ByteDance", "ByteDance Volcano Engine"),
    "Tencent": ("Tencent",),
    "OpenAI": ("OpenAI",),
    "Anthropic": ("Anthropic",),
    "DeepSeek": ("DeepSeek",),
    "NVIDIA": ("NVIDIA",),
}

_ALSO: dict[tuple[str, str], tuple[str, str]] = {
    ("Tencent", "chips"): ("case_facts", "tencent-zixiao"),
    ("Tencent", "cloud"): ("case_facts", "plan-tencent-first"),
    ("Baidu", "applications"): ("app_cases", "baidu-search-ads"),
    ("Microsoft", "applications"): ("app_cases", "uk-gds-copilot"),
}
"""Rows of other tables that show a layer of a firm."""


def ownership() -> pd.DataFrame:
    """Return firms by layers, True where a table names something of the firm's own.

    Chips: designs an accelerator. Cloud: reports or is credited with revenue from renting machines out. Models: has
    trained one. Applications: a table counts its users or tokens. What no table names is False: absent, or unknown.
    """
    clouds = load("cloud_revenue")
    named = (
        set(load("chips")["vendor"]),
        set(clouds["company"]),
        set(load("models")["developer"].dropna()),
        set(load("feedback_scale")["entity"]),
    )
    rows = {firm: [bool(found & set(names)) for found in named] for firm, names in _NAMES.items()}
    owned = pd.DataFrame.from_dict(rows, orient="index", columns=list(LAYERS))
    for (firm, layer), (table, key) in _ALSO.items():
        rows_there = load(table)
        owned.loc[firm, layer] = bool((rows_there[rows_there.columns[0]] == key).any())
    return owned
