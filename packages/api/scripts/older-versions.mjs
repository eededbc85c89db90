// Kinds that are served in an older version as well, where the client has no
// model of it: its fields are those of the version that it has. Here are the
// name of the type, that of the type that it is like, and its Go package.

export const OLDER_VERSIONS = [
  { name: 'V1beta1CronJob', like: 'CronJob', packageName: 'io.k8s.api.batch.v1beta1' },
  { name: 'V1beta1PodDisruptionBudget', like: 'PodDisruptionBudget', packageName: 'io.k8s.api.policy.v1beta1' },
];
