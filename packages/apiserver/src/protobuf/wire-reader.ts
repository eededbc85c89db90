/** Says what is wrong with bytes that are no protobuf. */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WireError';
  }
}

export type WireValue =
  | { readonly kind: 'varint'; readonly value: bigint }
  | { readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly kind: 'fixed64'; readonly value: Buffer };

/** The fields of a message in the order in which they were written (protobuf's encoding). @throws WireError */
export function* readFields(bytes: Buffer): Generator<[number: number, value: WireValue]> {
  let offset = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[offset];
      if (byte === undefined) throw new WireError('unexpected EOF');
      offset += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError('integer overflow');
  };
  const take = (length: number): Buffer => {
    if (offset + length > bytes.length) throw new WireError('unexpected EOF');
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  while (offset < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield [number, { kind: 'varint', value: varint() }];
        break;
      case 1:
        yield [number, { kind: 'fixed64', value: take(8) }];
        break;
      case 2:
        yield [number, { kind: 'bytes', value: take(Number(varint())) }];
        break;
      default:
        throw new WireError(`illegal wire type ${tag & 7}`);
    }
  }
}
