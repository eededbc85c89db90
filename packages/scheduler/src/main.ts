import { parseOptions, runComponent } from '@kubelab/runtime';
import { schedulerOptions } from './options.js';
import { createScheduler } from './scheduler.js';

const options = parseOptions(process.argv.slice(2), schedulerOptions);
const scheduler = createScheduler(options);
await runComponent(scheduler, options);
