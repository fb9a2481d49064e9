/** What each error_code of a failed job means to the person who sent the video, and what helps. */

export const FAILURES = {
  corrupt_video: ["The file is damaged and cannot be decoded.", "Check that it plays from beginning to end, then export or copy it again."],
  no_video_stream: ["The file holds no video, only sound or data.", "Choose a file with a picture in it."],
  no_frames: ["The file names a video stream, but not one picture could be decoded.", "Export it again, as H.264 in an MP4."],
  unsupported_codec: ["The video is compressed in a way that this server cannot decode.", "Convert it to H.264, for instance: ffmpeg -i in.mp4 -c:v libx264 out.mp4"],
  encrypted_video: ["The video is encrypted.", "Export a copy without copy protection."],
  too_large: ["The picture has more pixels than this server allows.", "Scale it down, for instance to 1920 pixels width, or ask the operator to raise the limit."],
  too_long: ["The video is longer than this server allows.", "Cut it into parts, or ask the operator to raise the limit."],
  bad_timing: ["The video's time stamps run backwards or stand still.", "Export it again with a constant frame rate."],
  deadline_exceeded: ["The analysis took far longer than such a video should.", "Submit it again with a larger stride, so that fewer frames are analysed."],
  out_of_memory: ["The worker ran out of memory on this video.", "Scale the video down, or ask the operator for a worker with more memory."],
  pipeline_crashed: ["The analysis crashed on this video, each time it was tried.", "Convert the video and submit that; if it crashes too, tell the operator."],
  worker_lost: ["The worker was lost each time it had this video.", "Submit it again later; the operator's log says what became of the worker."],
  input_missing: ["The stored video is gone.", "Submit it again."],
  storage_full: ["The server's disk is full.", "Ask the operator to make room, then submit the video again."],
  internal_error: ["Something went wrong that is not the video's fault.", "Submit it again; if it fails again, tell the operator."],
};

const UNKNOWN = ["The job failed.", "Submit the video again; if it fails again, tell the operator."];

/** { what, help }: two sentences. */
export function failureOf(code) {
  const [what, help] = FAILURES[code] ?? UNKNOWN;
  return { what, help };
}
