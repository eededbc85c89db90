export * from './kubelet.js';
export * from './options.js';
