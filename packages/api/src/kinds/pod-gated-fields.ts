import type { Container, PodSpec } from '../generated/types.js';

/**
 * Takes out of a pod's or a template's spec what v1.34 has behind gates that are
 * off: HostnameOverride, ImageVolume, ClusterTrustBundleProjection,
 * PodCertificateRequest, ContainerRestartRules, ContainerStopSignals, EnvFiles.
 * Nobody is told; a volume or a variable that had nothing else is then refused as empty.
 */
export function dropGatedFields(spec: PodSpec): void {
  delete spec.hostnameOverride;
  for (const volume of spec.volumes ?? []) {
    delete volume.image;
    for (const source of volume.projected?.sources ?? []) {
      delete source.clusterTrustBundle;
      delete source.podCertificate;
    }
  }
  for (const containers of [spec.initContainers, spec.containers, spec.ephemeralContainers]) {
    for (const container of containers ?? []) dropOfContainer(container);
  }
}

function dropOfContainer(container: Container): void {
  delete container.restartPolicyRules;
  delete container.lifecycle?.stopSignal;
  for (const { valueFrom } of container.env ?? []) delete valueFrom?.fileKeyRef;
}
