export * from './etcd-container.js';
export { type EtcdProcess, type EtcdProcessOptions, startEtcd } from './etcd-process.js';
export * from './etcd-proxy.js';
export * from './images.js';
export { debianKubectl, kubectlOf, kubectlsOf } from './kubectl.js';
