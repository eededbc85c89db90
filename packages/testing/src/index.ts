export * from './etcd-process.js';
