export { type Application, type Applied, applyConfiguration } from './apply-configuration.js';
export { type Configuration, readConfiguration } from './read-configuration.js';
export { trackedFieldsOf } from './reset-fields.js';
export { type TrackedWrite, trackUpdate } from './track-update.js';
export type { TrackedFields } from './tracked-fields.js';
export type { FindVersion, OtherVersion } from './versions.js';
