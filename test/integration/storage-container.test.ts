import { startEtcdContainer } from '@kubelab/testing';
import { describeStorageContract } from './storage-contract.js';

describeStorageContract({ name: 'etcd in a container', start: startEtcdContainer });
