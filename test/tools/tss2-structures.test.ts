/** The room for a structure of C, beside the largest that libtss2-mu (tpm2-tss 3.2, `tss2_tpm2_types.h`) reads and writes. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { STRUCTURES, type Structure } from '../../src/agent/tss2/commands.ts';
import { tss2 } from '../../src/agent/tss2/library.ts';
import { CommandMemory, SLOT } from '../../src/agent/tss2/memory.ts';
import { toHex } from '../../src/bytes/text.ts';
import { ByteWriter } from '../../src/bytes/writer.ts';
import { EK_TEMPLATES } from '../../src/tpm/ek-template.ts';
import { writePublic2B } from '../../src/tpm/public.ts';

const filled = (length: number, byte = 0x5a): Uint8Array => new Uint8Array(length).fill(byte);
const sized = (length: number): Uint8Array => new ByteWriter().sized16be(filled(length)).bytes();
const all = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
const words = (...hex: readonly string[]): Uint8Array => Buffer.from(hex.join(''), 'hex');

const rsa4096 = EK_TEMPLATES.find(({ name }) => name === 'H-7')!.public;

/** The longest form of each, and what C needs for it: what `sizeof` says, and what follows for a byte more. */
const LARGEST: Readonly<
  Record<Structure, { readonly bytes: Uint8Array; readonly sizeof: number; readonly tooLong?: Uint8Array }>
> = {
  TPM2B_ATTEST: { bytes: sized(2304), sizeof: 2306, tooLong: sized(2305) },
  TPM2B_DATA: { bytes: sized(64), sizeof: 66, tooLong: sized(67) },
  TPM2B_DIGEST: { bytes: sized(64), sizeof: 66, tooLong: sized(65) },
  TPM2B_ENCRYPTED_SECRET: { bytes: sized(512), sizeof: 514, tooLong: sized(513) },
  TPM2B_ID_OBJECT: { bytes: sized(132), sizeof: 134, tooLong: sized(133) },
  TPM2B_MAX_NV_BUFFER: { bytes: sized(2048), sizeof: 2050, tooLong: sized(2049) },
  TPM2B_NAME: { bytes: sized(68), sizeof: 70, tooLong: sized(69) },
  TPM2B_NV_PUBLIC: { bytes: all(words('004e', '01c00002', '000d', '02020202'), sized(64), words('0800')), sizeof: 84 },
  TPM2B_PRIVATE: { bytes: sized(1550), sizeof: 1552, tooLong: sized(1551) },
  TPM2B_PUBLIC: {
    bytes: writePublic2B({ ...rsa4096, type: 'rsa', unique: filled(512) } as typeof rsa4096),
    sizeof: 616,
    tooLong: writePublic2B({ ...rsa4096, type: 'rsa', unique: filled(513) } as typeof rsa4096),
  },
  TPM2B_SENSITIVE_CREATE: { bytes: all(words('0144'), sized(64), sized(256)), sizeof: 326 },
  TPML_DIGEST: { bytes: all(words('00000008'), ...Array.from({ length: 8 }, () => sized(64))), sizeof: 532 },
  TPML_PCR_SELECTION: {
    bytes: all(words('00000010'), ...Array.from({ length: 16 }, () => words('000b', '04', 'ffffffff'))),
    sizeof: 132,
  },
  TPMS_CAPABILITY_DATA: { bytes: all(words('00000001', '000000fe'), filled(254 * 4)), sizeof: 1032 },
  TPMS_TIME_INFO: { bytes: all(filled(24), words('01')), sizeof: 32 },
  TPMT_SIGNATURE: { bytes: all(words('0014', '000b'), sized(512)), sizeof: 518 },
  TPMT_SIG_SCHEME: { bytes: words('0018', '000b'), sizeof: 6 },
  TPMT_SYM_DEF: { bytes: words('0006', '0080', '0043'), sizeof: 6 },
  TPMT_TK_HASHCHECK: { bytes: all(words('8024', '40000007'), sized(64)), sizeof: 76 },
};

let memory: CommandMemory;
beforeEach(() => {
  memory = new CommandMemory(tss2());
});
afterEach(() => memory.free());

it.each(STRUCTURES)('%s at its longest keeps to its room', (type) => {
  const { bytes, sizeof, tooLong } = LARGEST[type];
  expect(sizeof).toBeLessThanOrEqual(SLOT);
  expect(bytes.length).toBeLessThanOrEqual(sizeof);
  // What lies before it and behind it stays as it is.
  const rooms = [LARGEST.TPM2B_ATTEST.bytes, bytes, LARGEST.TPM2B_ATTEST.bytes];
  const [before, between, behind] = rooms.map((content, i) => memory.put(i === 1 ? type : 'TPM2B_ATTEST', content));
  expect(toHex(memory.get(type, between!))).toBe(toHex(bytes));
  for (const room of [before!, behind!]) expect(toHex(memory.get('TPM2B_ATTEST', room))).toBe(toHex(rooms[0]!));
  const wrong = [all(bytes, filled(1)), bytes.subarray(1), new Uint8Array(SLOT + 1), tooLong ?? new Uint8Array(0)];
  for (const one of wrong) {
    memory.clear();
    expect(() => memory.put(type, one)).toThrow(expect.objectContaining({ code: 'tss2.structure' }));
  }
});
