import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Tests run against the sources, so none can pass on a stale build. A subpath
// comes before its package, whose name it begins with.
const entryPoints = [
  ['runtime/certificates', 'runtime/src/certificates.ts'],
  ['runtime/describe-proto', 'runtime/src/describe-proto.ts'],
  ...readdirSync(new URL('packages', import.meta.url)).map((name) => [name, `${name}/src/index.ts`]),
];
const alias = Object.fromEntries(
  entryPoints.map(([name, file]) => [`@kubelab/${name}`, fileURLToPath(new URL(`packages/${file}`, import.meta.url))]),
);

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'], testTimeout: 20_000 } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // They wait more than they compute: leases, probes, engines.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 300_000,
          // One cluster at a time: what one leaves behind must not be taken for another's.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
