import { runComponent } from '@kubelab/runtime';
import { createApiserver } from './app.js';
import { parseApiserverOptions } from './options.js';

const options = parseApiserverOptions(process.argv.slice(2));
const apiserver = createApiserver(options);
await runComponent(apiserver, options);
