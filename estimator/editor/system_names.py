"""The names by which people ask for a system, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping

OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "photo_sharing": (
        "instagram", "flickr", "pinterest", "imgur", "snapchat", "google photos", "photo", "photos",
        "photo app", "photo sharing app", "image sharing",
    ),
    "file_sync": (
        "dropbox", "google drive", "gdrive", "drive", "onedrive", "icloud", "box", "nextcloud",
        "file sharing", "file storage", "cloud storage", "files", "sync",
    ),
    "ride_hailing": (
        "uber", "lyft", "grab", "bolt", "ola", "didi", "ride sharing", "ride share", "taxi",
        "rides", "uber eats", "doordash",
    ),
    "video": (
        "youtube", "vimeo", "tiktok", "videos", "video streaming", "video sharing", "streaming",
    ),
    "netflix": ("hulu", "disney plus", "prime video"),
    "chat": (
        "messenger", "facebook messenger", "slack", "discord", "telegram", "signal", "wechat",
        "imessage", "messaging", "messages", "chat app", "chat system",
    ),
    "feed": (
        "facebook", "news feed", "facebook news feed", "linkedin", "reddit", "quora",
        "social network", "social media", "timeline",
    ),
    "twitter": ("x", "tweets", "mastodon", "bluesky", "threads"),
    "url_shortener": (
        "tinyurl", "bitly", "bit.ly", "shortener", "link shortener", "short url", "short link",
        "links", "pastebin",
    ),
    "search": (
        "google", "google search", "elasticsearch", "search engine", "product search",
        "full text search",
    ),
    "payments": (
        "stripe", "paypal", "adyen", "payment", "payment system", "payment gateway", "wallet",
    ),
    "llm_chat": (
        "chatgpt", "gpt", "openai", "claude", "gemini", "llm", "chatbot",
        "llm inference", "ai chat",
    ),
    "metrics": (
        "datadog", "prometheus", "grafana", "monitoring", "metrics monitoring", "observability",
        "telemetry", "time series", "iot", "internet of things", "sensors",
    ),
    "rag": ("perplexity", "retrieval augmented generation"),
    "image_generation": ("midjourney", "dalle", "stable diffusion"),
    "events": ("analytics", "clickstream", "event pipeline", "ad click aggregator"),
    "game_servers": ("game", "games", "fortnite", "multiplayer game"),
}  # fmt: skip
"""Each starting point with the products and the words that stand for it."""


def squeezed(name: str) -> str:
    """Return a name without what people write differently: `Google-Drive` is `googledrive`."""
    return re.sub(r"[\W_]+", "", name).casefold()


_MEANT = {squeezed(name): point for point, names in OTHER_NAMES.items() for name in names}


def known_names() -> tuple[str, ...]:
    """Return all other names, each squeezed."""
    return tuple(_MEANT)


def point_by_other_name(name: str) -> str | None:
    """Return the starting point that goes by another name, or None."""
    return _MEANT.get(squeezed(name))
