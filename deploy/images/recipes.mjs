// The images that kubelab needs, and how each is had where none can be pulled.
//
// `context` lists what goes into the build, as [folder, paths] pairs below the
// repository; together with `args` it makes the recipe's digest, so that an
// image of an older recipe is made again.

/** What every image that is built rather than pulled carries: it is never pulled over. */
export const BUILT_LABEL = 'kubelab.built';
/** The digest of what an image was built from. */
export const RECIPE_LABEL = 'kubelab.recipe';
/** On the stages of a build that are no image of their own. */
export const STAGE_LABEL = 'kubelab.stage';

export const BASE_IMAGE = 'kubelab/base:bookworm';
export const NODE_BASE_IMAGE = 'kubelab/node-base:bookworm';

const dockerfile = (folder) => [[`deploy/images/${folder}`, ['.']]];

export const RECIPES = {
  pause: { image: 'kubelab/pause:1', context: dockerfile('pause'), kind: 'pause' },
  nginx: { image: 'nginx:latest', context: dockerfile('nginx'), kind: 'dockerfile', mayPull: true },
  'nginx-1.22': {
    image: 'nginx:1.22',
    context: dockerfile('nginx'),
    kind: 'dockerfile',
    mayPull: true,
    args: { VERSION: '1.22' },
    // Its layers but the last are those of nginx.
    after: 'nginx',
  },
  busybox: { image: 'busybox:latest', context: dockerfile('busybox'), kind: 'dockerfile', mayPull: true },
  etcd: { image: 'kubelab/etcd:latest', context: dockerfile('etcd'), kind: 'dockerfile' },
  node: {
    image: 'kubelab/node:latest',
    context: [
      ['deploy/images/node', ['.']],
      ['.', ['dist/bin', 'proto']],
    ],
    kind: 'dockerfile',
    base: 'node',
  },
};
