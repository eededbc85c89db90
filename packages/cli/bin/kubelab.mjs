#!/usr/bin/env node
// `npx kubelab` in a clone: the bundle of the command line, once it has been built.
import { existsSync } from 'node:fs';

const bundle = new URL('../../../dist/bin/kubelab.mjs', import.meta.url);
if (existsSync(bundle)) {
  await import(bundle.href);
} else {
  process.stderr.write('kubelab has not been built yet: npm start, or npm run build\n');
  process.exitCode = 1;
}
