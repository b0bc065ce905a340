export { EarlierRecordings } from "./earlier.ts";
export type { LogRecording } from "./recording.ts";
export { LogWriter, RecordingLogError } from "./writer.ts";
