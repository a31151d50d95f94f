"""
When to run the pipeline again: file events, polling of the data model in CDF, and the daemon that listens to both.

>>> watcher = Watcher(Path("windfarm"), on_event=print)
>>> watcher.run()  # until another thread, or a signal, calls watcher.stop()
"""

from __future__ import annotations

from pygen.watch.daemon import Watcher as Watcher
from pygen.watch.engine import StopRequested as StopRequested
from pygen.watch.events import Event as Event
from pygen.watch.remote_polling import RemoteOptions as RemoteOptions
from pygen.watch.signals import stopped_by_signals as stopped_by_signals

__all__ = ["Event", "RemoteOptions", "StopRequested", "Watcher", "stopped_by_signals"]
