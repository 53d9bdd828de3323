"""The errors this library raises for input it cannot use; the message is one sentence a person can act on."""


class StyleTransferError(ValueError):
    """Base class: bad input, said in plain words."""


class ImageError(StyleTransferError):
    """A file or array that cannot be used as a picture."""


class VideoError(StyleTransferError):
    """A clip that cannot be read or written."""


class StyleError(StyleTransferError):
    """A style, mix or strength that does not exist or cannot be read."""


class CheckpointError(StyleTransferError):
    """Weights that are missing, damaged or of another kind."""


class TrainingError(StyleTransferError):
    """Training that cannot start or cannot go on."""
