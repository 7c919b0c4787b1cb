"""Unpacks what is read: archives, compressed files, images, dumps, databases."""

from prodproof.trace.content.feed import LIMITS, Limits, feed
from prodproof.trace.content.recognise import HEAD, is_container, may_be_containers

__all__ = ["HEAD", "LIMITS", "Limits", "feed", "is_container", "may_be_containers"]
