import { parseOptions, runComponent } from '@kubelab/runtime';
import { createKubelet } from './kubelet.js';
import { kubeletOptions } from './options.js';

const options = parseOptions(process.argv.slice(2), kubeletOptions);
const kubelet = createKubelet(options);
await runComponent(kubelet, options);
