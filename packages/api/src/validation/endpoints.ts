import { isIPv4, isIPv6 } from 'node:net';
import type { FieldError } from '../errors.js';
import type {
  DiscoveryEndpointPort,
  Endpoint,
  EndpointAddress,
  EndpointPort,
  EndpointSlice,
  Endpoints,
} from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { duplicate, invalidEach, invalidValue, required, tooMany } from './field-error.js';
import { checkDnsLabel, checkDnsSubdomain, checkPortNumber, checkQualifiedName } from './names.js';
import { immutableField, ipAddress, nonSpecialIp, oneOf, PROTOCOLS } from './values.js';

const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_SLICE_PORTS = 20_000;

export function validateEndpoints({ subsets = [] }: DeepReadonly<Endpoints>): FieldError[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, i) => {
    const path = `subsets[${i}]`;
    const isEmpty = addresses.length + notReadyAddresses.length === 0;
    return [
      ...(isEmpty ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
      ...addresses.flatMap((address, a) => validateAddress(address, `${path}.addresses[${a}]`)),
      ...notReadyAddresses.flatMap((address, a) => validateAddress(address, `${path}.notReadyAddresses[${a}]`)),
      ...ports.flatMap((port, p) => validatePort(port, ports.length > 1, `${path}.ports[${p}]`)),
    ];
  });
}

function validateAddress({ ip, hostname = '', nodeName }: DeepReadonly<EndpointAddress>, path: string): FieldError[] {
  const errors = ipAddress(`${path}.ip`, ip);
  if (hostname !== '') errors.push(...invalidEach(`${path}.hostname`, hostname, checkDnsLabel(hostname)));
  if (nodeName !== undefined) errors.push(...invalidEach(`${path}.nodeName`, nodeName, checkDnsSubdomain(nodeName)));
  return errors.length > 0 ? errors : nonSpecialIp(`${path}.ip`, ip);
}

function validatePort(endpointPort: DeepReadonly<EndpointPort>, needsName: boolean, path: string): FieldError[] {
  const { name = '', port = 0, protocol, appProtocol } = endpointPort;
  const errors: FieldError[] = [];
  if (name !== '') errors.push(...invalidEach(`${path}.name`, name, checkDnsLabel(name)));
  else if (needsName) errors.push(required(`${path}.name`));
  return [
    ...errors,
    ...invalidEach(`${path}.port`, port, checkPortNumber(port)),
    ...oneOf(`${path}.protocol`, protocol, PROTOCOLS),
    ...(appProtocol === undefined
      ? []
      : invalidEach(`${path}.appProtocol`, appProtocol, checkQualifiedName(appProtocol))),
  ];
}

export function validateEndpointSlice(slice: DeepReadonly<EndpointSlice>): FieldError[] {
  const { addressType, endpoints = [], ports = [] } = slice;
  const typeErrors = oneOf('addressType', addressType, ['FQDN', 'IPv4', 'IPv6']);
  if (endpoints.length > MAX_ENDPOINTS) return [...typeErrors, tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  return [
    ...typeErrors,
    ...endpoints.flatMap((endpoint, i) => validateEndpoint(endpoint, addressType, `endpoints[${i}]`)),
    ...validateSlicePorts(ports),
  ];
}

function validateEndpoint(endpoint: DeepReadonly<Endpoint>, addressType: string, path: string): FieldError[] {
  const { addresses = [], hostname, nodeName } = endpoint;
  const at = `${path}.addresses`;
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(at, 'must contain at least 1 address'));
  if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(at, addresses.length, MAX_ADDRESSES));
  errors.push(...addresses.flatMap((address, i) => validateSliceAddress(address, addressType, `${at}[${i}]`)));
  if (hostname !== undefined) errors.push(...invalidEach(`${path}.hostname`, hostname, checkDnsLabel(hostname)));
  if (nodeName !== undefined) errors.push(...invalidEach(`${path}.nodeName`, nodeName, checkDnsSubdomain(nodeName)));
  return errors;
}

function validateSliceAddress(address: string, addressType: string, path: string): FieldError[] {
  switch (addressType) {
    case 'IPv4':
      return isIPv4(address) ? nonSpecialIp(path, address) : [invalidValue(path, address, 'must be an IPv4 address')];
    case 'IPv6':
      return isIPv6(address) ? nonSpecialIp(path, address) : [invalidValue(path, address, 'must be an IPv6 address')];
    case 'FQDN':
      return invalidEach(path, address, checkDnsSubdomain(address));
    default:
      return [];
  }
}

function validateSlicePorts(ports: DeepReadonly<DiscoveryEndpointPort[]>): FieldError[] {
  if (ports.length > MAX_SLICE_PORTS) return [tooMany('ports', ports.length, MAX_SLICE_PORTS)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', port, protocol, appProtocol }, i) => {
    const path = `ports[${i}]`;
    const errors = name === '' ? [] : invalidEach(`${path}.name`, name, checkDnsLabel(name));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    return [
      ...errors,
      ...oneOf(`${path}.protocol`, protocol, PROTOCOLS),
      ...(port === undefined ? [] : invalidEach(`${path}.port`, port, checkPortNumber(port))),
      ...(appProtocol === undefined
        ? []
        : invalidEach(`${path}.appProtocol`, appProtocol, checkQualifiedName(appProtocol))),
    ];
  });
}

export function validateEndpointSliceUpdate(
  slice: DeepReadonly<EndpointSlice>,
  old: DeepReadonly<EndpointSlice>,
): FieldError[] {
  return immutableField('addressType', slice.addressType, old.addressType);
}
