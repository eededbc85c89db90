export * from './etcd-process.js';
export * from './images.js';
