/** Things that do not belong on an approved host. */

/** A static x86-64 program of one loadable segment that exits with status 0. */
export function unknownProgram(): Buffer {
  const code = Buffer.from([
    0x31,
    0xff, // xor edi, edi
    0xb8,
    0x3c,
    0x00,
    0x00,
    0x00, // mov eax, SYS_exit
    0x0f,
    0x05, // syscall
  ]);
  const base = 0x400000n;
  const headers = 64 + 56;
  const file = Buffer.alloc(headers + code.length);
  file.write('\x7fELF', 0, 'latin1');
  file.set([2, 1, 1], 4); // 64 bit, little-endian, version 1
  file.writeUInt16LE(2, 16); // ET_EXEC
  file.writeUInt16LE(62, 18); // EM_X86_64
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(base + BigInt(headers), 24); // entry
  file.writeBigUInt64LE(64n, 32); // program headers
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64); // PT_LOAD
  file.writeUInt32LE(5, 68); // readable, executable
  file.writeBigUInt64LE(base, 80);
  file.writeBigUInt64LE(base, 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x1000n, 112);
  code.copy(file, headers);
  return file;
}

/** The module with bytes after its signature: another digest, and no longer a signed module. */
export function foreignModule(signed: Uint8Array): Buffer {
  return Buffer.concat([signed, Buffer.from('not the approved module\n')]);
}
