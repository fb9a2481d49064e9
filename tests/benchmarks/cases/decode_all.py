"""Decodes every frame of a video in one thread, as ours does, and prints the seconds."""

import sys
import time

import av


def main(path: str) -> None:
    """Decode, convert nothing, print."""
    began = time.perf_counter()
    with av.open(path, format="mp4") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for _ in container.decode(stream):
            pass
    sys.stdout.write(f"{time.perf_counter() - began}\n")


if __name__ == "__main__":
    main(sys.argv[1])
