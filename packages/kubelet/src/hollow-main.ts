import { parseOptions, runComponent } from '@kubelab/runtime';
import { createHollowKubelet } from './hollow/create-hollow-kubelet.js';
import { hollowOptions } from './hollow/options.js';

const options = parseOptions(process.argv.slice(2), hollowOptions);
const hollow = createHollowKubelet(options);
await runComponent(hollow, options);
