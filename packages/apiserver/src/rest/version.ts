/** Of sources that no repository tells the commit of. Clients take it to be hexadecimal. */
const UNKNOWN_COMMIT = '0'.repeat(40);

/** The API's level, and that this is not Kubernetes itself. */
export const VERSION = {
  major: '1',
  minor: '34',
  emulationMajor: '1',
  emulationMinor: '34',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '33',
  gitVersion: 'v1.34.0+kubelab',
  // What it was bundled from: the bundler writes both in.
  gitCommit: process.env.KUBELAB_GIT_COMMIT || UNKNOWN_COMMIT,
  gitTreeState: process.env.KUBELAB_GIT_TREE_STATE || 'archive',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: `node ${process.version}`,
  compiler: 'tsc',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
} as const;
