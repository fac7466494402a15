"""Beat, so that a stop never cuts a statement."""

from signal import Signals
from types import FrameType

from celery import platforms
from celery.apps.beat import Beat
from celery.beat import Service

__all__ = ["PatientBeat"]


class PatientBeat(Beat):  # type: ignore[misc]
    """Celery's, but for what a signal does."""

    def install_sync_handler(self, service: Service) -> None:
        """End at once while the service sleeps, and else before its next sleep.

        Celery's own handler writes the schedule from wherever the signal comes: amid a statement on the same
        connection, or before the schedule was read. `start` itself writes it at its end.
        """

        def stop(_number: Signals, interrupted: FrameType | None) -> None:
            service.stop()
            if interrupted is not None and interrupted.f_code is Service.start.__code__:
                raise SystemExit

        platforms.signals.update(SIGTERM=stop, SIGINT=stop)
