import { startEtcd } from '@kubelab/testing';
import { describeStorageContract } from './storage-contract.js';

describeStorageContract({ name: 'etcd as a child process', start: startEtcd });
