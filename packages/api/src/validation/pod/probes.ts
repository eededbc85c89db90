import type { FieldError } from '../../errors.js';
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { forbidden, invalidEach, invalidValue, required } from '../field-error.js';
import { checkHttpHeaderName } from '../names.js';
import { nonNegative, oneOf, portNumberOrName, requiredText } from '../values.js';

type Handler = DeepReadonly<LifecycleHandler & Pick<Probe, 'grpc'>>;
export type ProbeKind = 'livenessProbe' | 'readinessProbe' | 'startupProbe';

const COUNTS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

export function validateProbe(
  probe: DeepReadonly<Probe> | undefined,
  kind: ProbeKind,
  gracePeriodSeconds: number,
  path: string,
): FieldError[] {
  if (probe === undefined) return [];
  const errors = validateHandler(probe, gracePeriodSeconds, path);
  for (const field of COUNTS) errors.push(...nonNegative(`${path}.${field}`, probe[field]));
  const grace = probe.terminationGracePeriodSeconds;
  const gracePath = `${path}.terminationGracePeriodSeconds`;
  if (grace !== undefined && grace <= 0) errors.push(invalidValue(gracePath, grace, 'must be greater than 0'));
  if (kind === 'readinessProbe') {
    if (grace !== undefined) errors.push(invalidValue(gracePath, grace, 'must not be set for readinessProbes'));
  } else if (probe.successThreshold !== 1) {
    errors.push(invalidValue(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
  }
  return errors;
}

export function validateLifecycle(
  lifecycle: DeepReadonly<Lifecycle> | undefined,
  gracePeriodSeconds: number,
  path: string,
): FieldError[] {
  const { postStart, preStop } = lifecycle ?? {};
  return [
    ...(postStart ? validateHandler(postStart, gracePeriodSeconds, `${path}.postStart`) : []),
    ...(preStop ? validateHandler(preStop, gracePeriodSeconds, `${path}.preStop`) : []),
  ];
}

function validateHandler(handler: Handler, gracePeriodSeconds: number, path: string): FieldError[] {
  const checks: Record<string, (() => FieldError[]) | undefined> = {
    exec: handler.exec && (() => (handler.exec?.command?.length ? [] : [required(`${path}.exec.command`)])),
    httpGet: handler.httpGet && (() => validateHttpGet(handler.httpGet ?? { port: 0 }, `${path}.httpGet`)),
    tcpSocket: handler.tcpSocket && (() => portNumberOrName(`${path}.tcpSocket.port`, handler.tcpSocket?.port)),
    grpc: handler.grpc && (() => portNumberOrName(`${path}.grpc.port`, handler.grpc?.port)),
    sleep: handler.sleep && (() => validateSleep(handler.sleep?.seconds ?? 0, gracePeriodSeconds, `${path}.sleep`)),
  };
  const [first, ...others] = Object.entries(checks).filter(([, check]) => check !== undefined);
  if (first === undefined) return [required(path, 'must specify a handler type')];
  return [
    ...(first[1]?.() ?? []),
    ...others.map(([name]) => forbidden(`${path}.${name}`, 'may not specify more than 1 handler type')),
  ];
}

function validateHttpGet(action: DeepReadonly<HTTPGetAction>, path: string): FieldError[] {
  return [
    ...requiredText(`${path}.path`, action.path),
    ...portNumberOrName(`${path}.port`, action.port),
    ...oneOf(`${path}.scheme`, action.scheme, ['HTTP', 'HTTPS']),
    ...(action.httpHeaders ?? []).flatMap(({ name = '' }) =>
      invalidEach(`${path}.httpHeaders`, name, checkHttpHeaderName(name)),
    ),
  ];
}

function validateSleep(seconds: number, gracePeriodSeconds: number, path: string): FieldError[] {
  if (seconds >= 0 && seconds <= gracePeriodSeconds) return [];
  const text = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriodSeconds})`;
  return [invalidValue(path, seconds, text)];
}
