// Answers every TCP connection and UDP datagram with its own name and the peer's address.
// Usage: answer.mjs NAME PORT
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const [name, port] = process.argv.slice(2);
createServer((socket) => {
  socket.on('error', () => {});
  socket.end(`${name} ${socket.remoteAddress}\n`);
}).listen({ host: '0.0.0.0', port: Number(port) });
const datagrams = createSocket('udp4');
datagrams.on('message', (_, peer) => datagrams.send(`${name} ${peer.address}\n`, peer.port, peer.address));
datagrams.bind(Number(port));
