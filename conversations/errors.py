"""Every error that brandvoice shows to people, on one page."""


class BrandvoiceError(Exception):
    """Something a person can mend; its text says what, which, and what to do."""


class ImportRefused(BrandvoiceError):
    """A file or archive that cannot be read as conversations at all."""


class StoreError(BrandvoiceError):
    """The conversation store cannot be opened, migrated or written."""


class NotFound(BrandvoiceError):
    """A style, voice, dataset, round or conversation that is not there."""


class SettingsError(BrandvoiceError):
    """Settings, a style or a recipe with faults; the text lists all of them."""


class CurationRefused(BrandvoiceError):
    """No dataset can be made from what is there."""


class BaseModelError(BrandvoiceError):
    """The base model cannot be found, loaded or trusted."""


class TrainingRefused(BrandvoiceError):
    """A run that must not start, or cannot go on."""


class TrainingStopped(TrainingRefused):
    """A run that was asked to stop; its checkpoint is saved."""


class TrainedElsewhere(BrandvoiceError):
    """A run that ended well on a remote service, whose result cannot be served from here."""


class VoiceRefused(BrandvoiceError):
    """A voice that may not be loaded, promoted or deleted."""


class RoundRefused(BrandvoiceError):
    """A round that may not start now, or cannot be resumed."""


class RoundLost(RoundRefused):
    """A round that was cancelled, decided or taken over by another worker meanwhile."""


class EngineError(BrandvoiceError):
    """The engine cannot answer."""


class EngineBusy(EngineError):
    """Too many people are waiting; in `retry_after` seconds there may be room again."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ContextExceeded(EngineError):
    """A conversation and the reply asked for are longer than what the model can read."""


class EngineUnreachable(EngineError):
    """The server behind an engine does not answer as it should; another engine might."""


class LimitReached(BrandvoiceError):
    """Somebody asked too much or too often; the text says when to try again."""


class PluginError(BrandvoiceError):
    """A plugin that is broken; the text names it."""
