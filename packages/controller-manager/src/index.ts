export { createControllerManager } from './controller-manager.js';
export { type ControllerManagerOptions, controllerManagerOptions } from './options.js';
