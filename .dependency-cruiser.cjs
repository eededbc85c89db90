// Imports point down only; see the README's section on packages.
const COMPONENTS = ['apiserver', 'scheduler', 'controller-manager', 'kubelet', 'proxy', 'cli', 'bench'];
const down = {
  api: [],
  runtime: ['api'],
  client: ['api', 'runtime'],
  apiserver: ['api', 'runtime'],
  scheduler: ['api', 'runtime', 'client'],
  'controller-manager': ['api', 'runtime', 'client'],
  kubelet: ['api', 'runtime', 'client'],
  proxy: ['api', 'runtime', 'client'],
  cli: ['api', 'runtime', 'client'],
  bench: ['api', 'runtime', 'client'],
  testing: ['api', 'runtime', 'client', ...COMPONENTS],
};

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(down).map(([name, allowed]) => ({
      name: `${name}-imports-down`,
      severity: 'error',
      from: { path: `^packages/${name}/src`, pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/([^/]+)/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
    })),
    {
      name: 'testing-is-for-tests',
      severity: 'error',
      from: { path: '^packages/(?!testing/)', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/testing/' },
    },
    {
      name: 'api-does-no-io',
      severity: 'error',
      from: { path: '^packages/api/src', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|net)$' },
    },
    {
      name: 'only-a-main-builds',
      comment: 'main.ts is an entry point, never a library',
      severity: 'error',
      from: {},
      to: { path: '/src/main\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.depcruise.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs'] },
  },
};
