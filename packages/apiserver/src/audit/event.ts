import type { User } from '../authn/user.js';
import type { AuditLevel, AuditStage } from './policy.js';

export const LOG_FORMATS = ['json', 'legacy'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface ObjectReference {
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly apiGroup?: string;
  readonly apiVersion?: string;
  readonly subresource?: string;
}

/** What one event says; bodies are JSON already. */
export interface AuditEvent {
  readonly level: AuditLevel;
  readonly auditId: string;
  readonly stage: AuditStage;
  readonly requestUri: string;
  readonly verb: string;
  readonly user: User | undefined;
  readonly impersonatedUser: User | undefined;
  readonly sourceIps: readonly string[];
  readonly userAgent: string;
  readonly objectRef: ObjectReference | undefined;
  readonly responseStatus: object | undefined;
  readonly requestText: string | undefined;
  readonly responseText: string | undefined;
  readonly receivedMs: number;
  readonly stageMs: number;
  readonly annotations: ReadonlyMap<string, string>;
}

/** One line of the log: an audit.k8s.io/v1 Event as JSON, or Kubernetes' older text. */
export function eventLine(event: AuditEvent, format: LogFormat): string {
  return format === 'json' ? jsonLine(event) : legacyLine(event);
}

function jsonLine(event: AuditEvent): string {
  const head = JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: event.level,
    auditID: event.auditId,
    stage: event.stage,
    requestURI: event.requestUri,
    verb: event.verb,
    user: event.user ? userInfo(event.user) : {},
    impersonatedUser: event.impersonatedUser && userInfo(event.impersonatedUser),
    sourceIPs: event.sourceIps.length > 0 ? event.sourceIps : undefined,
    userAgent: event.userAgent === '' ? undefined : event.userAgent,
    objectRef: event.objectRef,
    responseStatus: event.responseStatus,
  });
  const tail = JSON.stringify({
    requestReceivedTimestamp: microTime(event.receivedMs),
    stageTimestamp: microTime(event.stageMs),
    annotations: event.annotations.size > 0 ? Object.fromEntries(event.annotations) : undefined,
  });
  const request = event.requestText === undefined ? '' : `,"requestObject":${event.requestText}`;
  const response = event.responseText === undefined ? '' : `,"responseObject":${event.responseText}`;
  return `${head.slice(0, -1)}${request}${response},${tail.slice(1)}`;
}

function userInfo({ name, uid, groups, extra }: User): object {
  return { username: name, uid, groups, extra };
}

function microTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, -1)}000Z`;
}

function legacyLine(event: AuditEvent): string {
  const { user, impersonatedUser, objectRef, responseStatus } = event;
  const groupsText = (of: User | undefined) =>
    of && of.groups.length > 0 ? of.groups.map((group) => `"${group}"`).join(',') : '"<none>"';
  const fields: readonly (readonly [string, string])[] = [
    ['id', quoted(event.auditId)],
    ['stage', quoted(event.stage)],
    ['ip', quoted(event.sourceIps[0] ?? '<unknown>')],
    ['method', quoted(event.verb)],
    ['user', quoted(user?.name ?? '<none>')],
    ['groups', quoted(groupsText(user))],
    ['as', quoted(impersonatedUser?.name ?? '<self>')],
    ['asgroups', impersonatedUser ? quoted(groupsText(impersonatedUser)) : quoted('<lookup>')],
    ['user-agent', quoted(event.userAgent)],
    ['namespace', quoted(objectRef?.namespace ?? '<none>')],
    ['uri', quoted(event.requestUri)],
    ['response', quoted(responseStatus ? String((responseStatus as { code?: number }).code) : '<deferred>')],
  ];
  return `${microTime(event.stageMs)} AUDIT: ${fields.map(([name, value]) => `${name}=${value}`).join(' ')}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
