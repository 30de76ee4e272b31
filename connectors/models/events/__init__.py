"""What systems tell us by themselves, and how their telling goes."""

from connectors.models.events.feed import EventFeed
from connectors.models.events.told import ChangeEvent, Fate, Via

__all__ = ["ChangeEvent", "EventFeed", "Fate", "Via"]
