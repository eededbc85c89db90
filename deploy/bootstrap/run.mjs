// The command line without setting anything up: `node run.mjs down`, `node run.mjs bench …`.
import { preferFreshBundles, runBundle } from './project.mjs';
import { main } from './steps.mjs';

const [command = '--help', ...args] = process.argv.slice(2);

await main(async () => {
  await preferFreshBundles();
  if (command === 'bench') await runBundle('bench', args);
  else await runBundle('kubelab', [command, ...args]);
});
