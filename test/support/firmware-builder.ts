/** Builds small firmware volumes for tests (UEFI PI 1.7, volume 3), independent of the reader under test. */

const HEADER = 72;

export function firmwareVolume(files: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat([...files.map((file) => padded(file, 8, 0xff)), Buffer.alloc(64, 0xff)]);
  const head = Buffer.alloc(HEADER);
  head.fill(0x22, 16, 32);
  head.writeBigUInt64LE(BigInt(HEADER + body.length), 32);
  head.write('_FVH', 40, 'latin1');
  head.writeUInt16LE(HEADER, 48);
  return Buffer.concat([head, body]);
}

export function firmwareFile(type: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(24, 0x11);
  head.writeUInt8(type, 18);
  head.writeUInt8(0, 19);
  head.writeUIntLE(24 + content.length, 20, 3);
  head.writeUInt8(0xf8, 23);
  return Buffer.concat([head, content]);
}

/** A section with its padding, so that sections can stand one behind the other. */
export function firmwareSection(type: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(4 + body.length, 0, 3);
  head.writeUInt8(type, 3);
  return padded(Buffer.concat([head, body]), 4, 0);
}

/** EFI_GUID_DEFINED_SECTION of edk2's LZMA. */
export function lzmaSection(compressed: Uint8Array): Buffer {
  const guid = Buffer.from('98584eee143959429d6edc7bd79403cf', 'hex');
  const offsets = Buffer.alloc(4);
  offsets.writeUInt16LE(24, 0);
  offsets.writeUInt16LE(1, 2);
  return firmwareSection(0x02, Buffer.concat([guid, offsets, compressed]));
}

function padded(bytes: Uint8Array, to: number, fill: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((to - (bytes.length % to)) % to, fill)]);
}
