import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { HEADER_DICTIONARY } from './dictionary.js';
import { encodeDataHeader, encodeFrame } from './encode-frame.js';
import { FrameReader, SpdyProtocolError } from './frame-reader.js';
import type { Frame } from './frames.js';
import { HeaderCompressor, HeaderDecompressor } from './header-block.js';
import { SpdySession, type SpdySessionOptions } from './spdy-session.js';
import type { SpdyStream } from './spdy-stream.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function sockets(): Promise<[Socket, Socket]> {
  const server = createServer({ noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1', noDelay: true });
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  closers.push(() => {
    client.destroy();
    accepted.destroy();
  });
  return [client, accepted];
}

async function pair(options: Partial<SpdySessionOptions> = {}) {
  const [clientSocket, serverSocket] = await sockets();
  const opened: SpdyStream[] = [];
  const server = new SpdySession(serverSocket, {
    role: 'server',
    onStream: (stream) => opened.push(stream),
    ...options,
  });
  return { client: new SpdySession(clientSocket, { role: 'client' }), server, opened, clientSocket, serverSocket };
}

async function contentOf(stream: SpdyStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function framesOf(...chunks: Buffer[]): Frame[] {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame; frame = reader.next()) frames.push(frame);
  }
  return frames;
}

test('the dictionary is the one of SPDY/3, by its Adler-32', () => {
  let [a, b] = [1, 0];
  for (const byte of HEADER_DICTIONARY) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  expect(((b << 16) | a) >>> 0).toBe(0xe3c6a7c2);
});

const FRAMES: Frame[] = [
  { type: 'synStream', streamId: 1, fin: true, block: Buffer.from('abc') },
  { type: 'synReply', streamId: 1, fin: false, block: Buffer.from('defg') },
  { type: 'headers', streamId: 3, fin: true, block: Buffer.alloc(0) },
  { type: 'rstStream', streamId: 5, status: 3 },
  {
    type: 'settings',
    values: new Map([
      [7, 1024],
      [4, 100],
    ]),
  },
  { type: 'ping', id: 7 },
  { type: 'goAway', lastGoodStreamId: 9, status: 0 },
  { type: 'windowUpdate', streamId: 0, delta: 0x7fff_ffff },
  { type: 'data', streamId: 0x7fff_ffff, fin: true, data: Buffer.from('hello') },
  { type: 'data', streamId: 1, fin: true, data: Buffer.alloc(0) },
];

test('every frame is read as it was written, whole and byte by byte', () => {
  const bytes = Buffer.concat(FRAMES.map(encodeFrame));
  expect(framesOf(bytes)).toEqual(FRAMES);
  const pieces = framesOf(...[...bytes].map((byte) => Buffer.from([byte])));
  expect(pieces.filter(({ type }) => type !== 'data')).toEqual(FRAMES.slice(0, 8));
  const data = pieces.filter((frame) => frame.type === 'data' && frame.streamId === 0x7fff_ffff);
  expect(data.map((frame) => frame.type === 'data' && frame.data.toString()).join('')).toBe('hello');
  expect(data.map((frame) => frame.type === 'data' && frame.fin)).toEqual([false, false, false, false, true]);
});

test('frames of unknown types are passed over', () => {
  const unknown = Buffer.from([0x80, 3, 0, 99, 0, 0, 0, 2, 1, 2]);
  expect(framesOf(Buffer.concat([unknown, encodeFrame({ type: 'ping', id: 1 })]))).toEqual([{ type: 'ping', id: 1 }]);
});

test.each([
  ['another version', Buffer.from([0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1])],
  ['a huge control frame', Buffer.from([0x80, 3, 0, 1, 0, 0x10, 0, 0])],
  ['a control frame that is too short', Buffer.from([0x80, 3, 0, 6, 0, 0, 0, 2, 0, 0])],
])('%s is a protocol error', (_, bytes) => {
  expect(() => framesOf(bytes)).toThrow(SpdyProtocolError);
});

test('header blocks are one stream, in order', async () => {
  const compressor = new HeaderCompressor();
  const decompressor = new HeaderDecompressor();
  const many = [
    { streamtype: 'stdin' },
    { streamtype: 'error', port: '80', requestid: '0' },
    {},
    { x: 'ü'.repeat(9_000) },
  ];
  for (const headers of many.map((each) => new Map(Object.entries(each)))) {
    expect(await decompressor.read(await compressor.write(headers))).toEqual(headers);
  }
  compressor.close();
  decompressor.close();
});

test('headers that inflate beyond measure end the connection', async () => {
  const compressor = new HeaderCompressor();
  const decompressor = new HeaderDecompressor();
  const block = await compressor.write(new Map([['bomb', '0'.repeat(20 * 1024 * 1024)]]));
  expect(block.length).toBeLessThan(512 * 1024);
  await expect(decompressor.read(block)).rejects.toThrow(SpdyProtocolError);
});

test('a stream is carried both ways, each ended on its own', async () => {
  const { client, opened, server } = await pair({
    onStream: (stream) => {
      opened.push(stream);
      stream.pipe(stream);
    },
  });
  const stream = await client.open(new Map([['streamtype', 'data']]));
  const data = Buffer.alloc(10 * 1024 * 1024, 'kubelab');
  stream.end(data);
  expect((await contentOf(stream)).equals(data)).toBe(true);
  expect(opened[0]?.headers).toEqual(new Map([['streamtype', 'data']]));
  await expect.poll(() => [client.size, server.size]).toEqual([0, 0]);
});

test('a reader that does not read holds its sender back, and not for ever', async () => {
  const { client, opened } = await pair();
  const stream = await client.open(new Map());
  let sentBytes = 0;
  const piece = Buffer.alloc(64 * 1024, 1);
  const total = 16 * 1024 * 1024;
  const sending = (async () => {
    for (; sentBytes < total; sentBytes += piece.length) {
      if (!stream.write(piece)) await once(stream, 'drain');
    }
    stream.end();
  })();
  await expect.poll(() => opened[0]?.readableLength ?? 0).toBeGreaterThan(100 * 1024);
  await expect.poll(() => stream.writableNeedDrain).toBe(true);
  expect(sentBytes).toBeLessThan(total);
  const content = await contentOf(opened[0] as SpdyStream);
  await sending;
  expect(content.length).toBe(total);
});

test('a reset ends the stream on both sides and no other', async () => {
  const { client, opened } = await pair();
  const [first, second] = [await client.open(new Map()), await client.open(new Map())];
  await expect.poll(() => opened.length).toBe(2);
  first.destroy();
  await expect.poll(() => opened[0]?.destroyed).toBe(true);
  second.end('still here');
  expect((await contentOf(opened[1] as SpdyStream)).toString()).toBe('still here');
});

test('streams beyond the limit are refused', async () => {
  const { client } = await pair({ maxStreams: 2 });
  const streams = [await client.open(new Map()), await client.open(new Map()), await client.open(new Map())];
  await expect.poll(() => streams.map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
});

test('a connection that breaks destroys every stream, on both sides', async () => {
  const { client, server, opened, clientSocket } = await pair();
  const stream = await client.open(new Map());
  await expect.poll(() => opened.length).toBe(1);
  clientSocket.destroy();
  await Promise.all([client.closed, server.closed]);
  expect([stream.destroyed, opened[0]?.destroyed]).toEqual([true, true]);
  await expect(client.open(new Map())).rejects.toThrow('the connection is closed');
});

test('closing sends what has been written and says good-bye', async () => {
  const { client, server, opened } = await pair();
  const stream = await client.open(new Map());
  await expect.poll(() => opened.length).toBe(1);
  const received = contentOf(stream);
  stream.end();
  const last = opened[0] as SpdyStream;
  last.resume();
  await once(last, 'end');
  last.end('the last words');
  await once(last, 'finish');
  await server.close();
  expect((await received).toString()).toBe('the last words');
  await client.closed;
});

/** A peer written by hand: what it sends and what it gets are frames. */
async function byHand(onStream: (stream: SpdyStream) => void) {
  const [socket, accepted] = await sockets();
  const session = new SpdySession(accepted, { role: 'server', onStream });
  const received: Frame[] = [];
  const reader = new FrameReader();
  socket.on('data', (chunk: Buffer) => {
    reader.push(chunk);
    for (let frame = reader.next(); frame; frame = reader.next()) received.push(frame);
  });
  const bytes = () => received.reduce((sum, frame) => sum + (frame.type === 'data' ? frame.data.length : 0), 0);
  const compressor = new HeaderCompressor();
  return { socket, session, received, bytes, block: await compressor.write(new Map()) };
}

test('pings are answered with their own numbers', async () => {
  const { socket, received } = await byHand(() => {});
  socket.write(encodeFrame({ type: 'ping', id: 13 }));
  await expect.poll(() => received).toEqual([{ type: 'ping', id: 13 }]);
});

test('who announces a window is sent no more than that, until it is widened', async () => {
  const { socket, block, bytes } = await byHand((stream) => stream.end(Buffer.alloc(100_000)));
  socket.write(encodeFrame({ type: 'settings', values: new Map([[7, 1_000]]) }));
  socket.write(encodeFrame({ type: 'synStream', streamId: 1, fin: true, block }));
  await expect.poll(bytes).toBe(1_000);
  socket.write(encodeFrame({ type: 'windowUpdate', streamId: 1, delta: 500 }));
  await expect.poll(bytes).toBe(1_500);
  socket.write(encodeFrame({ type: 'windowUpdate', streamId: 1, delta: 200_000 }));
  await expect.poll(bytes).toBe(100_000);
});

test('who announces none is sent everything, as Kubernetes does', async () => {
  const { socket, block, bytes } = await byHand((stream) => stream.end(Buffer.alloc(1_000_000)));
  socket.write(encodeFrame({ type: 'synStream', streamId: 1, fin: true, block }));
  await expect.poll(bytes).toBe(1_000_000);
});

test('windows are widened as data is consumed: the stream and the connection', async () => {
  const { socket, block, received } = await byHand((stream) => stream.resume());
  socket.write(encodeFrame({ type: 'synStream', streamId: 1, fin: false, block }));
  for (let index = 0; index < 4; index++) {
    socket.write(Buffer.concat([encodeDataHeader(1, 16_384, false), Buffer.alloc(16_384)]));
  }
  const widened = (id: number) =>
    received.reduce(
      (sum, frame) => sum + (frame.type === 'windowUpdate' && frame.streamId === id ? frame.delta : 0),
      0,
    );
  await expect.poll(() => [widened(0), widened(1)]).toEqual([65_536, 65_536]);
});

test('data for a stream that never was is refused; a stream opened twice ends the connection', async () => {
  const { socket, block, received, session } = await byHand(() => {});
  socket.write(encodeFrame({ type: 'data', streamId: 9, fin: false, data: Buffer.from('x') }));
  await expect.poll(() => received).toEqual([{ type: 'rstStream', streamId: 9, status: 2 }]);
  socket.write(encodeFrame({ type: 'synStream', streamId: 3, fin: false, block }));
  socket.write(encodeFrame({ type: 'synStream', streamId: 3, fin: false, block: Buffer.alloc(0) }));
  await session.closed;
});
