"""Video: decode, paint without flicker, encode with the sound, all at once and in little memory."""

from styletransfer.video.clip import Clip, Cut, first_frame, open_clip, read_frames
from styletransfer.video.convert import VideoOptions, VideoProgress, convert
from styletransfer.video.steady import Steadiness

__all__ = ["Clip", "Cut", "Steadiness", "VideoOptions", "VideoProgress", "convert", "first_frame", "open_clip", "read_frames"]
