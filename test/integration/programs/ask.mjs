// Prints one answer a line, or the code of the error: ask.mjs tcp|udp HOST PORT [TIMES [LOCAL_PORT]]
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const [protocol, host, port, times = '1', localPort] = process.argv.slice(2);
const TIMEOUT_MS = 1_500;

function askTcp() {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host, port: Number(port), timeout: TIMEOUT_MS });
    socket.on('data', (chunk) => (answer += chunk));
    socket.on('end', () => resolve(answer.trim()));
    socket.on('timeout', () => resolve(socket.destroy() && 'TIMEOUT'));
    socket.on('error', (error) => resolve(error.code));
  });
}

function askUdp() {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const finish = (answer) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => finish('TIMEOUT'), TIMEOUT_MS);
    socket.on('message', (message) => finish(message.toString().trim()));
    socket.on('error', (error) => finish(error.code));
    // Connected, so that a refusal is told to it.
    socket.bind(localPort ? Number(localPort) : 0, () => socket.connect(Number(port), host, () => socket.send('?')));
  });
}

for (let index = 0; index < Number(times); index++)
  process.stdout.write(`${await (protocol === 'udp' ? askUdp() : askTcp())}\n`);
