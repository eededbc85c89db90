/** How a message says which channel it is of (Kubernetes' channel.k8s.io and base64.channel.k8s.io). */
export interface ChannelEncoding {
  encode(channel: number, data: Buffer): Buffer | string;
  /** Undefined for what is no message of a channel. */
  decode(message: Buffer): { channel: number; data: Buffer } | undefined;
}

/** The channel's number is the first byte. */
export const binaryChannels: ChannelEncoding = {
  encode(channel, data) {
    const message = Buffer.allocUnsafe(data.length + 1);
    message[0] = channel;
    data.copy(message, 1);
    return message;
  },
  decode(message) {
    const channel = message[0];
    return channel === undefined ? undefined : { channel, data: message.subarray(1) };
  },
};

const ZERO = '0'.charCodeAt(0);

/** The channel's number is the first character, a digit; base64 follows. */
export const base64Channels: ChannelEncoding = {
  encode: (channel, data) => String.fromCharCode(ZERO + channel) + data.toString('base64'),
  decode(message) {
    const first = message[0];
    if (first === undefined || first < ZERO) return undefined;
    return { channel: first - ZERO, data: Buffer.from(message.toString('latin1', 1), 'base64') };
  },
};

export function encodingOf(protocol: string): ChannelEncoding {
  return protocol.includes('base64') ? base64Channels : binaryChannels;
}
