// A static ELF executable that waits for signals: SIGTERM and SIGINT end it with
// status 0, SIGCHLD makes it collect the dead (it is process 1 of its container).
// The signals are blocked and taken with rt_sigtimedwait, since the kernel drops
// unblocked ones that a process 1 has no handler for.

const LOAD_ADDRESS = 0x400000n;
const HEADERS_BYTES = 64 + 56;
// Bit n-1 stands for signal n: SIGINT 2, SIGTERM 15, SIGCHLD 17.
const SIGNALS = (1n << 1n) | (1n << 14n) | (1n << 16n);

const X86_64 = Buffer.from(
  [
    '31ff', //                  xor edi, edi           SIG_BLOCK
    '488d3554000000', //        lea rsi, [rip+0x54]    the signals
    '31d2', //                  xor edx, edx
    '41ba08000000', //          mov r10d, 8
    'b80e000000', //            mov eax, 14            rt_sigprocmask
    '0f05', //                  syscall
    '488d3d3e000000', // wait:  lea rdi, [rip+0x3e]    the signals
    '31f6', //                  xor esi, esi
    '31d2', //                  xor edx, edx
    '41ba08000000', //          mov r10d, 8
    'b880000000', //            mov eax, 128           rt_sigtimedwait
    '0f05', //                  syscall
    '83f811', //                cmp eax, 17            SIGCHLD
    '740d', //                  je reap
    '85c0', //                  test eax, eax          interrupted
    '78df', //                  js wait
    '31ff', //                  xor edi, edi
    'b83c000000', //            mov eax, 60            exit
    '0f05', //                  syscall
    '4883cfff', // reap:        or rdi, -1             any child
    '31f6', //                  xor esi, esi
    'ba01000000', //            mov edx, 1             WNOHANG
    '4531d2', //                xor r10d, r10d
    'b83d000000', //            mov eax, 61            wait4
    '0f05', //                  syscall
    '85c0', //                  test eax, eax
    '7fe7', //                  jg reap
    'ebbb', //                  jmp wait
  ].join(''),
  'hex',
);

const ARM64 = words([
  0xd2800000, //       mov x0, #0
  0x10000341, //       adr x1, signals
  0xd2800002, //       mov x2, #0
  0xd2800103, //       mov x3, #8
  0xd28010e8, //       mov x8, #135   rt_sigprocmask
  0xd4000001, //       svc #0
  0x100002a0, // wait: adr x0, signals
  0xd2800001, //       mov x1, #0
  0xd2800002, //       mov x2, #0
  0xd2800103, //       mov x3, #8
  0xd2801128, //       mov x8, #137   rt_sigtimedwait
  0xd4000001, //       svc #0
  0x7100441f, //       cmp w0, #17    SIGCHLD
  0x540000a0, //       b.eq reap
  0x37ffff00, //       tbnz w0, #31, wait
  0xd2800000, //       mov x0, #0
  0xd2800ba8, //       mov x8, #93    exit
  0xd4000001, //       svc #0
  0x92800000, // reap: mov x0, #-1
  0xd2800001, //       mov x1, #0
  0xd2800022, //       mov x2, #1     WNOHANG
  0xd2800003, //       mov x3, #0
  0xd2802088, //       mov x8, #260   wait4
  0xd4000001, //       svc #0
  0x7100001f, //       cmp w0, #0
  0x54ffff2c, //       b.gt reap
  0x17ffffec, //       b wait
]);

function words(list) {
  const buffer = Buffer.alloc(list.length * 4);
  list.forEach((word, index) => {
    buffer.writeUInt32LE(word >>> 0, index * 4);
  });
  return buffer;
}

/** The executable for an architecture of Node's naming, `x64` or `arm64`. */
export function pauseExecutable(architecture) {
  const target = { x64: { machine: 62, code: X86_64 }, arm64: { machine: 183, code: ARM64 } }[architecture];
  if (!target) throw new Error(`no pause executable is known for ${architecture}`);
  const signals = Buffer.alloc(8);
  signals.writeBigUInt64LE(SIGNALS);
  const body = Buffer.concat([target.code, signals]);
  return Buffer.concat([headers(target.machine, BigInt(HEADERS_BYTES + body.length)), body]);
}

function headers(machine, sizeBytes) {
  const buffer = Buffer.alloc(HEADERS_BYTES);
  buffer.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  buffer.writeUInt16LE(2, 16); // an executable
  buffer.writeUInt16LE(machine, 18);
  buffer.writeUInt32LE(1, 20);
  buffer.writeBigUInt64LE(LOAD_ADDRESS + BigInt(HEADERS_BYTES), 24); // entry
  buffer.writeBigUInt64LE(64n, 32); // program headers
  buffer.writeUInt16LE(64, 52);
  buffer.writeUInt16LE(56, 54);
  buffer.writeUInt16LE(1, 56);
  buffer.writeUInt32LE(1, 64); // PT_LOAD
  buffer.writeUInt32LE(5, 68); // readable, executable
  buffer.writeBigUInt64LE(LOAD_ADDRESS, 80);
  buffer.writeBigUInt64LE(LOAD_ADDRESS, 88);
  buffer.writeBigUInt64LE(sizeBytes, 96);
  buffer.writeBigUInt64LE(sizeBytes, 104);
  buffer.writeBigUInt64LE(0x10000n, 112);
  return buffer;
}
