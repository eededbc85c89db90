import { parseOptions, runComponent } from '@kubelab/runtime';
import { createControllerManager } from './controller-manager.js';
import { controllerManagerOptions } from './options.js';

const options = parseOptions(process.argv.slice(2), controllerManagerOptions);
const controllerManager = createControllerManager(options);
await runComponent(controllerManager, options);
