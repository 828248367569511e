/** Builds small boot images for tests: kernels, UKIs, shims. */
import { buildPe } from './pe-builder.ts';

/** A PE image that is also an x86 kernel as far as its setup header's version. */
export function kernelImage(banner = '6.1.0-test (builder@test) #1', certificates?: Uint8Array): Buffer {
  const pointer = Buffer.alloc(2);
  pointer.writeUInt16LE(0x80);
  return buildPe({
    sections: [{ name: '.text', data: Buffer.from('kernel code') }],
    peOffset: 0x300,
    overlay: new Map([
      [0x202, Buffer.from('HdrS')],
      [0x20e, pointer],
      [0x280, Buffer.from(`${banner}\0`)],
    ]),
    ...(certificates === undefined ? {} : { certificates }),
  }).bytes;
}

export interface UkiOptions {
  readonly sections: Readonly<Record<string, Uint8Array | string>>;
  /** Text of `.sdmagic`; null leaves the section out. */
  readonly magic?: string | null;
  readonly certificates?: Uint8Array;
}

export function ukiImage({
  sections,
  magic = '#### LoaderInfo: systemd-stub 252.39 ####',
  certificates,
}: UkiOptions): Buffer {
  const all = Object.entries(sections).map(([name, data]) => ({ name, data: Buffer.from(data) }));
  if (magic !== null) all.push({ name: '.sdmagic', data: Buffer.from(magic) });
  return buildPe({ sections: all, ...(certificates === undefined ? {} : { certificates }) }).bytes;
}

export interface ShimOptions {
  readonly authorized: Uint8Array;
  readonly deauthorized: Uint8Array;
  readonly levels?: readonly [string, string];
  readonly certificates?: Uint8Array;
}

export function shimImage({ authorized, deauthorized, levels, certificates }: ShimOptions): Buffer {
  const table = Buffer.alloc(16);
  table.writeUInt32LE(authorized.length, 0);
  table.writeUInt32LE(deauthorized.length, 4);
  table.writeUInt32LE(16, 8);
  table.writeUInt32LE(16 + authorized.length, 12);
  const [previous, latest] = levels ?? ['sbat,1,2024\nshim,3\n', 'sbat,1,2025\nshim,4\n'];
  const offsets = Buffer.alloc(12);
  offsets.writeUInt32LE(8, 4);
  offsets.writeUInt32LE(8 + previous.length + 1, 8);
  return buildPe({
    sections: [
      { name: '.text', data: Buffer.from('shim code') },
      { name: '.vendor_cert', data: Buffer.concat([table, authorized, deauthorized]) },
      { name: '.sbatlevel', data: Buffer.concat([offsets, Buffer.from(`${previous}\0${latest}\0`)]) },
    ],
    ...(certificates === undefined ? {} : { certificates }),
  }).bytes;
}
