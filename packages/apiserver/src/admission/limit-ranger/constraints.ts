import { formatQuantity, type ParsedQuantity, parseQuantity, type Quantity } from '@kubelab/api';

type ResourceList = Readonly<Record<string, Quantity>>;

/** What one limit of a LimitRange says of requests and limits. */
export interface Constraint {
  readonly type: string;
  readonly resource: string;
  readonly enforced: Quantity;
}

const NANO = 1_000_000_000n;
const ZERO: ParsedQuantity = { nano: 0n, format: 'DecimalSI' };

/** The texts are Kubernetes' own; "" where the constraint is kept. */
export function minConstraint(constraint: Constraint, requests: ResourceList, limits: ResourceList): string {
  const { type, resource, enforced } = constraint;
  const text = `minimum ${resource} usage per ${type} is ${canonical(enforced)}`;
  const request = amountOf(requests, resource);
  const limit = amountOf(limits, resource);
  const { nano } = parseQuantity(enforced);
  if (request === undefined) return `${text}.  No request is specified`;
  if (request.nano < nano) return `${text}, but request is ${formatQuantity(request)}`;
  if (limit !== undefined && limit.nano < nano) return `${text}, but limit is ${formatQuantity(limit)}`;
  return '';
}

export function maxConstraint(constraint: Constraint, requests: ResourceList, limits: ResourceList): string {
  const { type, resource, enforced } = constraint;
  const text = `maximum ${resource} usage per ${type} is ${canonical(enforced)}`;
  const request = amountOf(requests, resource);
  const limit = amountOf(limits, resource);
  const { nano } = parseQuantity(enforced);
  if (limit === undefined) return `${text}.  No limit is specified`;
  if (limit.nano > nano) return `${text}, but limit is ${formatQuantity(limit)}`;
  if (request !== undefined && request.nano > nano) return `${text}, but request is ${formatQuantity(request)}`;
  return '';
}

/** For claims, which only request. */
export function maxRequestConstraint(constraint: Constraint, requests: ResourceList): string {
  const { type, resource, enforced } = constraint;
  const text = `maximum ${resource} usage per ${type} is ${canonical(enforced)}`;
  const request = amountOf(requests, resource);
  if (request === undefined) return `${text}.  No request is specified`;
  if (request.nano > parseQuantity(enforced).nano) return `${text}, but request is ${formatQuantity(request)}`;
  return '';
}

export function ratioConstraint(constraint: Constraint, requests: ResourceList, limits: ResourceList): string {
  const { type, resource, enforced } = constraint;
  const text = `${resource} max limit to request ratio per ${type} is ${canonical(enforced)}`;
  const { nano: request } = amountOf(requests, resource) ?? ZERO;
  const { nano: limit } = amountOf(limits, resource) ?? ZERO;
  if (request === 0n) return `${text}, but no request is specified or request is 0`;
  if (limit === 0n) return `${text}, but no limit is specified or limit is 0`;
  // Without division, exact: limit / request > enforced.
  if (limit * NANO <= parseQuantity(enforced).nano * request) return '';
  return `${text}, but provided ratio is ${(Number(limit) / Number(request)).toFixed(6)}`;
}

function amountOf(list: ResourceList, resource: string): ParsedQuantity | undefined {
  const quantity = Object.hasOwn(list, resource) ? list[resource] : undefined;
  return quantity === undefined ? undefined : parseQuantity(quantity);
}

function canonical(quantity: Quantity): string {
  return formatQuantity(parseQuantity(quantity));
}
