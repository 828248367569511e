import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HashName } from '../../src/bytes/hash.ts';
import { toHex } from '../../src/bytes/text.ts';
import { TPMA_OBJECT } from '../../src/tpm/algorithms.ts';
import { EK_CHAIN_NV, EK_TEMPLATES, ekTemplateOf, withEkNonce } from '../../src/tpm/ek-template.ts';
import { readPublic2B, writePublic, writePublic2B, type TpmtPublic } from '../../src/tpm/public.ts';
import * as arbitrary from './arbitraries.ts';
import { makeEk } from './endorsement-key.ts';

const template = (name: string): TpmtPublic => EK_TEMPLATES.find((one) => one.name === name)!.public;

/** Digests of the public areas written out by hand from annex B of the profile, the policies from the test below. */
const LAYOUTS: readonly (readonly [name: string, layout: string])[] = [
  ['L-1', `0001 000b 000300b2 0020 A256 0006 0080 0043 0010 0800 00000000 0100 ${'00'.repeat(256)}`],
  ['L-2', `0023 000b 000300b2 0020 A256 0006 0080 0043 0010 0003 0010 ${`0020${'00'.repeat(32)}`.repeat(2)}`],
  ['H-1', '0001 000b 000300f2 0020 B256 0006 0080 0043 0010 0800 00000000 0000'],
  ['H-2', '0023 000b 000300f2 0020 B256 0006 0080 0043 0010 0003 0010 0000 0000'],
  ['H-3', '0023 000c 000300f2 0030 B384 0006 0100 0043 0010 0004 0010 0000 0000'],
  ['H-4', '0023 000d 000300f2 0040 B512 0006 0100 0043 0010 0005 0010 0000 0000'],
  ['H-6', '0001 000c 000300f2 0030 B384 0006 0100 0043 0010 0c00 00000000 0000'],
  ['H-7', '0001 000c 000300f2 0030 B384 0006 0100 0043 0010 1000 00000000 0000'],
];

const HASH_IDS = { sha256: 0x0b, sha384: 0x0c, sha512: 0x0d } as const;
const digestOf = (hash: HashName, hex: string): string =>
  createHash(hash).update(Buffer.from(hex, 'hex')).digest('hex');
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** TPM2_PolicySecret of TPM_RH_ENDORSEMENT, without a reference (TPM 2.0 Part 3, 23.4; EK Credential Profile, B.6.2). */
function policyA(hash: keyof typeof HASH_IDS): string {
  return digestOf(hash, digestOf(hash, `${digestOf(hash, '').replaceAll(/./g, '0')}000001514000000b`));
}

/**
 * TPM2_PolicyOR of PolicyA and TPM2_PolicyAuthorizeNV of the profile's policy index, which has attributes 220f1008 and room
 * for a TPMT_HA (TPM 2.0 Part 3, 23.6 and 23.22; EK Credential Profile, B.5 and B.6).
 */
function policyB(hash: keyof typeof HASH_IDS): string {
  const zero = digestOf(hash, '').replaceAll(/./g, '0');
  const [size, id] = [zero.length / 2, HASH_IDS[hash]];
  const index = 0x01c07f01 + id - HASH_IDS.sha256;
  const area = `${hex(index, 8)}${hex(id, 4)}220f1008${hex(size, 4)}${policyA(hash)}${hex(size + 2, 4)}`;
  const policyC = digestOf(hash, `${zero}00000192${hex(id, 4)}${digestOf(hash, area)}`);
  return digestOf(hash, `${zero}00000171${policyA(hash)}${policyC}`);
}

describe('the templates of endorsement keys', () => {
  it.each(LAYOUTS)('%s is laid out as the profile says', (name, layout) => {
    const policies = {
      A256: policyA('sha256'),
      B256: policyB('sha256'),
      B384: policyB('sha384'),
      B512: policyB('sha512'),
    };
    const expected = layout.replace(/[AB]\d{3}/, (policy) => policies[policy as keyof typeof policies]);
    expect(toHex(writePublic(template(name)))).toBe(expected.replaceAll(' ', ''));
  });

  it('are those of the profile that are made of algorithms known here, once each', () => {
    expect(EK_TEMPLATES.map(({ name }) => name)).toEqual(LAYOUTS.map(([name]) => name));
    expect(new Set(EK_TEMPLATES.map(({ clause }) => clause)).size).toBe(EK_TEMPLATES.length);
  });

  it('have NV indices of their own, none within those of the chain', () => {
    const indices = EK_TEMPLATES.flatMap(({ nv }) => [nv.certificate, nv.nonce, nv.template]).filter(
      (at) => at !== null,
    );
    expect(indices.map((at) => hex(at, 8))).toEqual([
      ...['01c00002', '01c00003', '01c00004', '01c0000a', '01c0000b', '01c0000c'],
      ...['01c00012', '01c00013', '01c00014', '01c00015', '01c00016', '01c00017'],
      ...['01c00018', '01c00019', '01c0001c', '01c0001d', '01c0001e', '01c0001f'],
    ]);
    expect(indices.every((at) => at < EK_CHAIN_NV.first)).toBe(true);
    expect(EK_CHAIN_NV).toEqual({ first: 0x01c00100, last: 0x01c001ff });
  });
});

describe('ekTemplateOf', () => {
  it.each(EK_TEMPLATES.filter(({ name }) => name !== 'H-7'))('knows a key made from $name', ({ name }) => {
    const { area } = makeEk(name);
    expect(ekTemplateOf(readPublic2B(writePublic2B(area)).public)?.name).toBe(name);
  });

  it('takes each template for itself only', () => {
    expect(EK_TEMPLATES.map(({ public: area }) => ekTemplateOf(area)?.name)).toEqual(LAYOUTS.map(([name]) => name));
  });

  it('does not look at unique', () => {
    const unique = fc.uint8Array({ maxLength: 256 });
    const area = template('L-1');
    fc.assert(
      fc.property(unique, (bytes) => {
        expect(ekTemplateOf({ ...area, unique: bytes } as TpmtPublic)?.name).toBe('L-1');
      }),
    );
  });

  // Attack 72
  it('knows none that differs in any bit outside unique', () => {
    for (const { name, public: area } of EK_TEMPLATES) {
      const bytes = writePublic2B(area);
      const end = bytes.length - (area.type === 'rsa' ? 2 + area.unique.length : 4 + 2 * area.unique.x.length);
      const found = new Set<string>();
      for (let bit = 16; bit < end * 8; bit++) {
        const changed = bytes.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        try {
          const other = ekTemplateOf(readPublic2B(changed).public);
          if (other !== null) found.add(other.name);
        } catch {
          // No public area any more.
        }
      }
      expect([name, ...found]).toEqual([name]);
    }
  });

  // Attack 72
  it('knows no key that may sign, be duplicated, or was not made by its TPM', () => {
    const { sign, fixedTPM, fixedParent, sensitiveDataOrigin, restricted, decrypt } = TPMA_OBJECT;
    for (const { public: area } of EK_TEMPLATES) {
      for (const bit of [sign, fixedTPM, fixedParent, sensitiveDataOrigin, restricted, decrypt]) {
        expect(ekTemplateOf({ ...area, objectAttributes: area.objectAttributes ^ bit })).toBeNull();
      }
      expect(ekTemplateOf({ ...area, authPolicy: new Uint8Array(0) })).toBeNull();
    }
  });

  it('knows no other public area', () => {
    fc.assert(
      fc.property(arbitrary.publicArea, (area) => {
        expect(ekTemplateOf(area)).toBeNull();
      }),
    );
  });
});

describe('withEkNonce', () => {
  const nonce = Uint8Array.of(1, 2, 3);

  it('puts the nonce in front of the modulus, or in front of x', () => {
    const rsa = withEkNonce(template('L-1'), nonce);
    expect(rsa.unique).toEqual(Uint8Array.of(1, 2, 3, ...new Uint8Array(253)));
    const ecc = withEkNonce(template('L-2'), nonce);
    expect(ecc.unique).toEqual({ x: Uint8Array.of(1, 2, 3, ...new Uint8Array(29)), y: new Uint8Array(32) });
    expect(template('L-2').unique).toEqual({ x: new Uint8Array(32), y: new Uint8Array(32) });
  });

  it('refuses a nonce that does not fit', () => {
    expect(withEkNonce(template('L-2'), new Uint8Array(32).fill(1)).unique).toMatchObject({ y: new Uint8Array(32) });
    expect(() => withEkNonce(template('L-2'), new Uint8Array(33))).toThrow(RangeError);
    expect(() => withEkNonce(template('L-1'), new Uint8Array(257))).toThrow(RangeError);
    expect(() => withEkNonce(template('H-2'), nonce)).toThrow(RangeError);
  });
});
