import type { VolumeManager } from '../volume-manager.js';

/** Volumes that are only said to be there: no directory, no file, no mount. */
export const hollowVolumes: VolumeManager = {
  prepare: async () => {},
  mountsFor: async () => [],
  refresh: async () => {},
  readTerminationLog: async () => '',
  tearDown: async () => {},
  podUids: async () => [],
};
