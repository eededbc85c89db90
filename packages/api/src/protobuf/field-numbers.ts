import { CLUSTER_FIELDS } from './cluster-field-numbers.js';
import { STORAGE_FIELDS } from './storage-field-numbers.js';

/**
 * The field numbers of Kubernetes' protobuf encoding (k8s.io/api and
 * k8s.io/apimachinery, v1.34), to read and to write it: Go clients would rather
 * have it than JSON, and since 1.32 kubectl creates by it. What the fields are
 * is in the schema; here is only what it does not hold.
 *
 * `name=3` is a field. `port?=3` is one whose zero value Go's JSON leaves out,
 * `scope!=3` a text that is a pointer in Go, so that an empty one is said.
 * `+VolumeSource=2` is a message whose fields are, in JSON, the parent's own,
 * and `verbs*=4` a message whose only field, 1, is what is a list in JSON.
 */
const TABLE: Readonly<Record<string, string>> = {
  ...STORAGE_FIELDS,
  ...CLUSTER_FIELDS,

  ObjectMeta:
    'name=1 generateName=2 namespace=3 selfLink=4 uid=5 resourceVersion=6 generation?=7 creationTimestamp=8 deletionTimestamp=9 deletionGracePeriodSeconds=10 labels=11 annotations=12 ownerReferences=13 finalizers=14 managedFields=17',
  OwnerReference: 'kind=1 name=3 uid=4 apiVersion=5 controller=6 blockOwnerDeletion=7',
  ManagedFieldsEntry: 'manager=1 operation=2 apiVersion=3 time=4 fieldsType=6 fieldsV1=7 subresource=8',
  DeleteOptions:
    'gracePeriodSeconds=1 preconditions=2 orphanDependents=3 propagationPolicy!=4 dryRun=5 ignoreStoreReadErrorWithClusterBreakingPotential=6',
  ListMeta: 'selfLink=1 resourceVersion=2 continue=3 remainingItemCount=4',
  PartialObjectMetadata: 'metadata=1',
  Status: 'metadata=1 status=2 message=3 reason=4 details=5 code?=6',
  StatusDetails: 'name=1 group=2 kind=3 causes=4 retryAfterSeconds?=5 uid=6',
  StatusCause: 'reason=1 message=2 field=3',
  APIVersions: 'versions=1 serverAddressByClientCIDRs=2',
  ServerAddressByClientCIDR: 'clientCIDR=1 serverAddress=2',
  APIGroupList: 'groups=1',
  APIGroup: 'name=1 versions=2 preferredVersion=3 serverAddressByClientCIDRs=4',
  GroupVersionForDiscovery: 'groupVersion=1 version=2',
  APIResourceList: 'groupVersion=1 resources=2',
  APIResource:
    'name=1 namespaced=2 kind=3 verbs*=4 shortNames=5 singularName=6 categories=7 group=8 version=9 storageVersionHash=10',
  Preconditions: 'uid!=1 resourceVersion!=2',
  LabelSelector: 'matchLabels=1 matchExpressions=2',
  LabelSelectorRequirement: 'key=1 operator=2 values=3',
  Condition: 'type=1 status=2 observedGeneration?=3 lastTransitionTime=4 reason=5 message=6',

  ConfigMap: 'metadata=1 data=2 binaryData=3 immutable=4',
  Secret: 'metadata=1 data=2 type=3 stringData=4 immutable=5',
  ServiceAccount: 'metadata=1 secrets=2 imagePullSecrets=3 automountServiceAccountToken=4',
  Namespace: 'metadata=1 spec=2 status=3',
  NamespaceSpec: 'finalizers=1',
  NamespaceStatus: 'phase=1 conditions=2',
  NamespaceCondition: 'type=1 status=2 lastTransitionTime=4 reason=5 message=6',
  Binding: 'metadata=1 target=2',
  ObjectReference: 'kind=1 namespace=2 name=3 uid=4 apiVersion=5 resourceVersion=6 fieldPath=7',
  LocalObjectReference: 'name=1',

  Service: 'metadata=1 spec=2 status=3',
  ServiceSpec:
    'ports=1 selector=2 clusterIP=3 type=4 externalIPs=5 sessionAffinity=7 loadBalancerIP=8 loadBalancerSourceRanges=9 externalName=10 externalTrafficPolicy=11 healthCheckNodePort?=12 publishNotReadyAddresses?=13 sessionAffinityConfig=14 ipFamilyPolicy!=17 clusterIPs=18 ipFamilies=19 allocateLoadBalancerNodePorts=20 loadBalancerClass!=21 internalTrafficPolicy!=22 trafficDistribution!=23',
  ServicePort: 'name=1 protocol=2 port?=3 targetPort=4 nodePort?=5 appProtocol!=6',
  SessionAffinityConfig: 'clientIP=1',
  ClientIPConfig: 'timeoutSeconds=1',
  ServiceStatus: 'loadBalancer=1 conditions=2',
  LoadBalancerStatus: 'ingress=1',
  LoadBalancerIngress: 'ip=1 hostname=2 ipMode!=3 ports=4',
  PortStatus: 'port?=1 protocol=2 error!=3',

  Endpoints: 'metadata=1 subsets=2',
  EndpointSubset: 'addresses=1 notReadyAddresses=2 ports=3',
  EndpointAddress: 'ip=1 targetRef=2 hostname=3 nodeName!=4',
  EndpointPort: 'name=1 port?=2 protocol=3 appProtocol!=4',
  EndpointSlice: 'metadata=1 endpoints=2 ports=3 addressType=4',
  Endpoint: 'addresses=1 conditions=2 hostname!=3 targetRef=4 deprecatedTopology=5 nodeName!=6 zone!=7 hints=8',
  EndpointConditions: 'ready=1 serving=2 terminating=3',
  EndpointHints: 'forZones=1 forNodes=2',
  ForZone: 'name=1',
  ForNode: 'name=1',
  DiscoveryEndpointPort: 'name!=1 protocol!=2 port=3 appProtocol!=4',

  Lease: 'metadata=1 spec=2',
  LeaseSpec:
    'holderIdentity!=1 leaseDurationSeconds=2 acquireTime=3 renewTime=4 leaseTransitions=5 strategy!=6 preferredHolder!=7',

  Event:
    'metadata=1 involvedObject=2 reason=3 message=4 source=5 firstTimestamp=6 lastTimestamp=7 count?=8 type=9 eventTime=10 series=11 action=12 related=13 reportingComponent=14 reportingInstance=15',
  EventSource: 'component=1 host=2',
  EventSeries: 'count?=1 lastObservedTime=2',

  Deployment: 'metadata=1 spec=2 status=3',
  DeploymentSpec:
    'replicas=1 selector=2 template=3 strategy=4 minReadySeconds?=5 revisionHistoryLimit=6 paused?=7 progressDeadlineSeconds=9',
  DeploymentStrategy: 'type=1 rollingUpdate=2',
  RollingUpdateDeployment: 'maxUnavailable=1 maxSurge=2',
  DeploymentStatus:
    'observedGeneration?=1 replicas?=2 updatedReplicas?=3 availableReplicas?=4 unavailableReplicas?=5 conditions=6 readyReplicas?=7 collisionCount=8 terminatingReplicas=9',
  DeploymentCondition: 'type=1 status=2 reason=4 message=5 lastUpdateTime=6 lastTransitionTime=7',
  ReplicaSet: 'metadata=1 spec=2 status=3',
  ReplicaSetSpec: 'replicas=1 selector=2 template=3 minReadySeconds?=4',
  ReplicaSetStatus:
    'replicas?=1 fullyLabeledReplicas?=2 observedGeneration?=3 readyReplicas?=4 availableReplicas?=5 conditions=6 terminatingReplicas=7',
  ReplicaSetCondition: 'type=1 status=2 lastTransitionTime=3 reason=4 message=5',
  Scale: 'metadata=1 spec=2 status=3',
  ScaleSpec: 'replicas?=1',
  ScaleStatus: 'replicas?=1 selector=2',

  DaemonSet: 'metadata=1 spec=2 status=3',
  DaemonSetSpec: 'selector=1 template=2 updateStrategy=3 minReadySeconds?=4 revisionHistoryLimit=6',
  DaemonSetUpdateStrategy: 'type=1 rollingUpdate=2',
  RollingUpdateDaemonSet: 'maxUnavailable=1 maxSurge=2',
  DaemonSetStatus:
    'currentNumberScheduled=1 numberMisscheduled=2 desiredNumberScheduled=3 numberReady=4 observedGeneration?=5 updatedNumberScheduled?=6 numberAvailable?=7 numberUnavailable?=8 collisionCount=9 conditions=10',
  DaemonSetCondition: 'type=1 status=2 lastTransitionTime=3 reason=4 message=5',
  StatefulSet: 'metadata=1 spec=2 status=3',
  StatefulSetSpec:
    'replicas=1 selector=2 template=3 volumeClaimTemplates=4 serviceName=5 podManagementPolicy=6 updateStrategy=7 revisionHistoryLimit=8 minReadySeconds?=9 persistentVolumeClaimRetentionPolicy=10 ordinals=11',
  StatefulSetUpdateStrategy: 'type=1 rollingUpdate=2',
  RollingUpdateStatefulSetStrategy: 'partition=1 maxUnavailable=2',
  StatefulSetPersistentVolumeClaimRetentionPolicy: 'whenDeleted=1 whenScaled=2',
  StatefulSetOrdinals: 'start=1',
  StatefulSetStatus:
    'observedGeneration?=1 replicas=2 readyReplicas?=3 currentReplicas?=4 updatedReplicas?=5 currentRevision=6 updateRevision=7 collisionCount=9 conditions=10 availableReplicas?=11',
  StatefulSetCondition: 'type=1 status=2 lastTransitionTime=3 reason=4 message=5',
  ReplicationController: 'metadata=1 spec=2 status=3',
  ReplicationControllerSpec: 'replicas=1 selector=2 template=3 minReadySeconds?=4',
  ReplicationControllerStatus:
    'replicas=1 fullyLabeledReplicas?=2 observedGeneration?=3 readyReplicas?=4 availableReplicas?=5 conditions=6',
  ReplicationControllerCondition: 'type=1 status=2 lastTransitionTime=3 reason=4 message=5',
  PodTemplate: 'metadata=1 template=2',

  Job: 'metadata=1 spec=2 status=3',
  JobSpec:
    'parallelism=1 completions=2 activeDeadlineSeconds=3 selector=4 manualSelector=5 template=6 backoffLimit=7 ttlSecondsAfterFinished=8 completionMode!=9 suspend=10 podFailurePolicy=11 backoffLimitPerIndex=12 maxFailedIndexes=13 podReplacementPolicy!=14 managedBy!=15 successPolicy=16',
  JobStatus:
    'conditions=1 startTime=2 completionTime=3 active?=4 succeeded?=5 failed?=6 completedIndexes=7 uncountedTerminatedPods=8 ready=9 failedIndexes!=10 terminating=11',
  JobCondition: 'type=1 status=2 lastProbeTime=3 lastTransitionTime=4 reason=5 message=6',
  UncountedTerminatedPods: 'succeeded=1 failed=2',
  PodFailurePolicy: 'rules=1',
  PodFailurePolicyRule: 'action=1 onExitCodes=2 onPodConditions=3',
  PodFailurePolicyOnExitCodesRequirement: 'containerName!=1 operator=2 values=3',
  PodFailurePolicyOnPodConditionsPattern: 'type=1 status=2',
  SuccessPolicy: 'rules=1',
  SuccessPolicyRule: 'succeededIndexes!=1 succeededCount=2',
  CronJob: 'metadata=1 spec=2 status=3',
  V1beta1CronJob: 'metadata=1 spec=2 status=3',
  CronJobSpec:
    'schedule=1 startingDeadlineSeconds=2 concurrencyPolicy=3 suspend=4 jobTemplate=5 successfulJobsHistoryLimit=6 failedJobsHistoryLimit=7 timeZone!=8',
  JobTemplateSpec: 'metadata=1 spec=2',
  CronJobStatus: 'active=1 lastScheduleTime=4 lastSuccessfulTime=5',

  HorizontalPodAutoscaler: 'metadata=1 spec=2 status=3',
  HorizontalPodAutoscalerSpec: 'scaleTargetRef=1 minReplicas=2 maxReplicas=3 targetCPUUtilizationPercentage=4',
  HorizontalPodAutoscalerStatus:
    'observedGeneration=1 lastScaleTime=2 currentReplicas=3 desiredReplicas=4 currentCPUUtilizationPercentage=5',
  CrossVersionObjectReference: 'kind=1 name=2 apiVersion=3',
  V2HorizontalPodAutoscaler: 'metadata=1 spec=2 status=3',
  V2HorizontalPodAutoscalerSpec: 'scaleTargetRef=1 minReplicas=2 maxReplicas=3 metrics=4 behavior=5',
  V2CrossVersionObjectReference: 'kind=1 name=2 apiVersion=3',
  V2HorizontalPodAutoscalerBehavior: 'scaleUp=1 scaleDown=2',
  V2HPAScalingRules: 'selectPolicy!=1 policies=2 stabilizationWindowSeconds=3 tolerance=4',
  V2HPAScalingPolicy: 'type=1 value=2 periodSeconds=3',
  V2MetricSpec: 'type=1 object=2 pods=3 resource=4 external=5 containerResource=7',
  V2ObjectMetricSource: 'describedObject=1 target=2 metric=3',
  V2PodsMetricSource: 'metric=1 target=2',
  V2ResourceMetricSource: 'name=1 target=2',
  V2ExternalMetricSource: 'metric=1 target=2',
  V2ContainerResourceMetricSource: 'name=1 target=2 container=3',
  V2MetricIdentifier: 'name=1 selector=2',
  V2MetricTarget: 'type=1 value=2 averageValue=3 averageUtilization=4',
  V2HorizontalPodAutoscalerStatus:
    'observedGeneration=1 lastScaleTime=2 currentReplicas?=3 desiredReplicas=4 currentMetrics=5 conditions=6',
  V2HorizontalPodAutoscalerCondition: 'type=1 status=2 lastTransitionTime=3 reason=4 message=5',
  V2MetricStatus: 'type=1 object=2 pods=3 resource=4 external=5 containerResource=7',
  V2ObjectMetricStatus: 'metric=1 current=2 describedObject=3',
  V2PodsMetricStatus: 'metric=1 current=2',
  V2ResourceMetricStatus: 'name=1 current=2',
  V2ExternalMetricStatus: 'metric=1 current=2',
  V2ContainerResourceMetricStatus: 'name=1 current=2 container=3',
  V2MetricValueStatus: 'value=1 averageValue=2 averageUtilization=3',

  PodDisruptionBudget: 'metadata=1 spec=2 status=3',
  V1beta1PodDisruptionBudget: 'metadata=1 spec=2 status=3',
  PodDisruptionBudgetSpec: 'minAvailable=1 selector=2 maxUnavailable=3 unhealthyPodEvictionPolicy!=4',
  PodDisruptionBudgetStatus:
    'observedGeneration?=1 disruptedPods=2 disruptionsAllowed=3 currentHealthy=4 desiredHealthy=5 expectedPods=6 conditions=7',

  EventsEvent:
    'metadata=1 eventTime=2 series=3 reportingController=4 reportingInstance=5 action=6 reason=7 regarding=8 related=9 note=10 type=11 deprecatedSource=12 deprecatedFirstTimestamp=13 deprecatedLastTimestamp=14 deprecatedCount?=15',
  EventsEventSeries: 'count=1 lastObservedTime=2',

  Pod: 'metadata=1 spec=2 status=3',
  PodTemplateSpec: 'metadata=1 spec=2',
  PodSpec:
    'volumes=1 containers=2 restartPolicy=3 terminationGracePeriodSeconds=4 activeDeadlineSeconds=5 dnsPolicy=6 nodeSelector=7 serviceAccountName=8 serviceAccount=9 nodeName=10 hostNetwork?=11 hostPID?=12 hostIPC?=13 securityContext=14 imagePullSecrets=15 hostname=16 subdomain=17 affinity=18 schedulerName=19 initContainers=20 automountServiceAccountToken=21 tolerations=22 hostAliases=23 priorityClassName=24 priority=25 dnsConfig=26 shareProcessNamespace=27 readinessGates=28 runtimeClassName!=29 enableServiceLinks=30 preemptionPolicy!=31 overhead=32 topologySpreadConstraints=33 ephemeralContainers=34 setHostnameAsFQDN=35 os=36 hostUsers=37 schedulingGates=38 resourceClaims=39 resources=40 hostnameOverride=41',
  PodStatus:
    'observedGeneration?=17 phase=1 conditions=2 message=3 reason=4 nominatedNodeName=11 hostIP=5 hostIPs=16 podIP=6 podIPs=12 startTime=7 initContainerStatuses=10 containerStatuses=8 qosClass=9 ephemeralContainerStatuses=13 resize=14 resourceClaimStatuses=15 extendedResourceClaimStatus=18',
  PodExtendedResourceClaimStatus: 'requestMappings=1 resourceClaimName=2',
  ContainerExtendedResourceRequest: 'containerName=1 resourceName=2 requestName=3',
  Container:
    'name=1 image=2 command=3 args=4 workingDir=5 ports=6 env=7 resources=8 volumeMounts=9 livenessProbe=10 readinessProbe=11 lifecycle=12 terminationMessagePath=13 imagePullPolicy=14 securityContext=15 stdin?=16 stdinOnce?=17 tty?=18 envFrom=19 terminationMessagePolicy=20 volumeDevices=21 startupProbe=22 resizePolicy=23 restartPolicy!=24 restartPolicyRules=25',
  EphemeralContainer: '+Container=1 targetContainerName=2',
  ContainerPort: 'name=1 hostPort?=2 containerPort?=3 protocol=4 hostIP=5',
  ContainerResizePolicy: 'resourceName=1 restartPolicy=2',
  ContainerRestartRule: 'action=1 exitCodes=2',
  ContainerRestartRuleOnExitCodes: 'operator=1 values=2',
  EnvVar: 'name=1 value=2 valueFrom=3',
  EnvVarSource: 'fieldRef=1 resourceFieldRef=2 configMapKeyRef=3 secretKeyRef=4 fileKeyRef=5',
  ObjectFieldSelector: 'apiVersion=1 fieldPath=2',
  ResourceFieldSelector: 'containerName=1 resource=2 divisor=3',
  ConfigMapKeySelector: '+LocalObjectReference=1 key=2 optional=3',
  SecretKeySelector: '+LocalObjectReference=1 key=2 optional=3',
  FileKeySelector: 'volumeName=1 path=2 key=3 optional=4',
  EnvFromSource: 'prefix=1 configMapRef=2 secretRef=3',
  ConfigMapEnvSource: '+LocalObjectReference=1 optional=2',
  SecretEnvSource: '+LocalObjectReference=1 optional=2',
  ResourceRequirements: 'limits=1 requests=2 claims=3',
  ResourceClaim: 'name=1 request=2',
  VolumeMount: 'name=1 readOnly?=2 mountPath=3 subPath=4 mountPropagation!=5 subPathExpr=6 recursiveReadOnly!=7',
  VolumeDevice: 'name=1 devicePath=2',
  Probe:
    '+ProbeHandler=1 initialDelaySeconds?=2 timeoutSeconds?=3 periodSeconds?=4 successThreshold?=5 failureThreshold?=6 terminationGracePeriodSeconds=7',
  ProbeHandler: 'exec=1 httpGet=2 tcpSocket=3 grpc=4',
  LifecycleHandler: 'exec=1 httpGet=2 tcpSocket=3 sleep=4',
  Lifecycle: 'postStart=1 preStop=2 stopSignal!=3',
  ExecAction: 'command=1',
  HTTPGetAction: 'path=1 port=2 host=3 scheme=4 httpHeaders=5',
  HTTPHeader: 'name=1 value=2',
  TCPSocketAction: 'port=1 host=2',
  GRPCAction: 'port?=1 service!=2',
  SleepAction: 'seconds?=1',
  SecurityContext:
    'capabilities=1 privileged=2 seLinuxOptions=3 runAsUser=4 runAsNonRoot=5 readOnlyRootFilesystem=6 allowPrivilegeEscalation=7 runAsGroup=8 procMount!=9 windowsOptions=10 seccompProfile=11 appArmorProfile=12',
  Capabilities: 'add=1 drop=2',
  SELinuxOptions: 'user=1 role=2 type=3 level=4',
  SeccompProfile: 'type=1 localhostProfile!=2',
  AppArmorProfile: 'type=1 localhostProfile!=2',
  WindowsSecurityContextOptions: 'gmsaCredentialSpecName!=1 gmsaCredentialSpec!=2 runAsUserName!=3 hostProcess=4',
  PodSecurityContext:
    'seLinuxOptions=1 runAsUser=2 runAsNonRoot=3 supplementalGroups=4 fsGroup=5 runAsGroup=6 sysctls=7 windowsOptions=8 fsGroupChangePolicy!=9 seccompProfile=10 appArmorProfile=11 supplementalGroupsPolicy!=12 seLinuxChangePolicy!=13',
  Sysctl: 'name=1 value=2',
  Volume: 'name=1 +VolumeSource=2',
  VolumeSource:
    'hostPath=1 emptyDir=2 gcePersistentDisk=3 awsElasticBlockStore=4 gitRepo=5 secret=6 nfs=7 iscsi=8 glusterfs=9 persistentVolumeClaim=10 rbd=11 flexVolume=12 cinder=13 cephfs=14 flocker=15 downwardAPI=16 fc=17 azureFile=18 configMap=19 vsphereVolume=20 quobyte=21 azureDisk=22 photonPersistentDisk=23 projected=26 portworxVolume=24 scaleIO=25 storageos=27 csi=28 ephemeral=29 image=30',
  HostPathVolumeSource: 'path=1 type!=2',
  EmptyDirVolumeSource: 'medium=1 sizeLimit=2',
  SecretVolumeSource: 'secretName=1 items=2 defaultMode=3 optional=4',
  KeyToPath: 'key=1 path=2 mode=3',
  ConfigMapVolumeSource: '+LocalObjectReference=1 items=2 defaultMode=3 optional=4',
  DownwardAPIVolumeSource: 'items=1 defaultMode=2',
  DownwardAPIVolumeFile: 'path=1 fieldRef=2 resourceFieldRef=3 mode=4',
  ProjectedVolumeSource: 'sources=1 defaultMode=2',
  VolumeProjection: 'secret=1 downwardAPI=2 configMap=3 serviceAccountToken=4 clusterTrustBundle=5 podCertificate=6',
  PodCertificateProjection:
    'signerName=1 keyType=2 maxExpirationSeconds=3 credentialBundlePath=4 keyPath=5 certificateChainPath=6',
  SecretProjection: '+LocalObjectReference=1 items=2 optional=4',
  ConfigMapProjection: '+LocalObjectReference=1 items=2 optional=4',
  DownwardAPIProjection: 'items=1',
  ServiceAccountTokenProjection: 'audience=1 expirationSeconds=2 path=3',
  ClusterTrustBundleProjection: 'name!=1 signerName!=2 labelSelector=3 path=4 optional=5',
  PersistentVolumeClaimVolumeSource: 'claimName=1 readOnly?=2',
  NFSVolumeSource: 'server=1 path=2 readOnly?=3',
  CSIVolumeSource: 'driver=1 readOnly=2 fsType!=3 volumeAttributes=4 nodePublishSecretRef=5',
  ImageVolumeSource: 'reference=1 pullPolicy=2',
  Affinity: 'nodeAffinity=1 podAffinity=2 podAntiAffinity=3',
  NodeAffinity: 'requiredDuringSchedulingIgnoredDuringExecution=1 preferredDuringSchedulingIgnoredDuringExecution=2',
  NodeSelector: 'nodeSelectorTerms=1',
  NodeSelectorTerm: 'matchExpressions=1 matchFields=2',
  NodeSelectorRequirement: 'key=1 operator=2 values=3',
  PreferredSchedulingTerm: 'weight?=1 preference=2',
  PodAffinity: 'requiredDuringSchedulingIgnoredDuringExecution=1 preferredDuringSchedulingIgnoredDuringExecution=2',
  PodAntiAffinity: 'requiredDuringSchedulingIgnoredDuringExecution=1 preferredDuringSchedulingIgnoredDuringExecution=2',
  WeightedPodAffinityTerm: 'weight?=1 podAffinityTerm=2',
  PodAffinityTerm:
    'labelSelector=1 namespaces=2 topologyKey=3 namespaceSelector=4 matchLabelKeys=5 mismatchLabelKeys=6',
  Toleration: 'key=1 operator=2 value=3 effect=4 tolerationSeconds=5',
  HostAlias: 'ip=1 hostnames=2',
  PodDNSConfig: 'nameservers=1 searches=2 options=3',
  PodDNSConfigOption: 'name=1 value!=2',
  PodReadinessGate: 'conditionType=1',
  TopologySpreadConstraint:
    'maxSkew?=1 topologyKey=2 whenUnsatisfiable=3 labelSelector=4 minDomains=5 nodeAffinityPolicy!=6 nodeTaintsPolicy!=7 matchLabelKeys=8',
  PodOS: 'name=1',
  PodSchedulingGate: 'name=1',
  PodResourceClaim: 'name=1 resourceClaimName!=3 resourceClaimTemplateName!=4',
};

export interface NumberedField {
  /** The field's name in JSON; of an inlined message, the message's. */
  readonly name: string;
  /** Its fields are the parent's own. */
  readonly isInline: boolean;
  /** A list that has a message of its own around it. */
  readonly isListMessage: boolean;
  readonly omitsZero: boolean;
  /** An empty text is not the same as none. */
  readonly keepsEmpty: boolean;
}

const parsed = new Map<string, ReadonlyMap<number, NumberedField>>();

/** A message's fields by their numbers; undefined for a message that is not read. */
export function fieldsOf(message: string): ReadonlyMap<number, NumberedField> | undefined {
  const known = parsed.get(message);
  if (known) return known;
  const text = Object.hasOwn(TABLE, message) ? TABLE[message] : undefined;
  if (text === undefined) return undefined;
  const fields = new Map(text.split(' ').filter(Boolean).map(parseField));
  parsed.set(message, fields);
  return fields;
}

/** Every message of the table, for its test. */
export const messageNames = Object.keys(TABLE);

function parseField(text: string): [number, NumberedField] {
  const [left = '', number] = text.split('=');
  const isInline = left.startsWith('+');
  const isListMessage = left.endsWith('*');
  const omitsZero = left.endsWith('?');
  const keepsEmpty = left.endsWith('!');
  return [Number(number), { name: left.replace(/^\+|[?!*]$/g, ''), isInline, isListMessage, omitsZero, keepsEmpty }];
}
