import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/text.ts';
import { akTemplate, akTemplateDifferences } from '../../src/tpm/ak-template.ts';
import { TPMA_OBJECT, TPM_ALG } from '../../src/tpm/algorithms.ts';
import { hostKeyDifferences, hostKeyTemplate } from '../../src/tpm/host-key-template.ts';
import { writePublic2B, type TpmtPublic } from '../../src/tpm/public.ts';
import { AK_ATTRIBUTES, makeAk } from './software-tpm.ts';

const UNIQUE = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const ZEROS = '00'.repeat(32);

const fields = (differences: readonly { readonly field: string }[]): string[] => differences.map(({ field }) => field);

describe('the templates of Assay’s own keys', () => {
  it('are laid out as they were first, or every host would have another key', () => {
    const ecc = (attributes: string): string =>
      `0058 0023 000b ${attributes} 0000 0010 0018000b 0003 0010 0020 ${toHex(UNIQUE)} 0020 ${ZEROS}`.replaceAll(
        ' ',
        '',
      );
    const rsa = `0118 0001 000b 00050472 0000 0010 0014000b 0800 00000000 0100 ${toHex(UNIQUE)} ${ZEROS.repeat(7)}`;
    expect(toHex(writePublic2B(akTemplate('ecc', UNIQUE)))).toBe(ecc('00050472'));
    expect(toHex(writePublic2B(akTemplate('rsa', UNIQUE)))).toBe(rsa.replaceAll(' ', ''));
    expect(toHex(writePublic2B(hostKeyTemplate(UNIQUE)))).toBe(ecc('00040472'));
  });

  it('take 32 bytes to tell installations apart, and keep a copy', () => {
    for (const length of [0, 31, 33]) {
      expect(() => akTemplate('ecc', new Uint8Array(length))).toThrow(RangeError);
      expect(() => akTemplate('rsa', new Uint8Array(length))).toThrow(RangeError);
      expect(() => hostKeyTemplate(new Uint8Array(length))).toThrow(RangeError);
    }
    const given = UNIQUE.slice();
    const made = [akTemplate('ecc', given), akTemplate('rsa', given), hostKeyTemplate(given)].map(writePublic2B);
    given.fill(0);
    const again = [akTemplate('ecc', UNIQUE), akTemplate('rsa', UNIQUE), hostKeyTemplate(UNIQUE)];
    expect(again.map(writePublic2B)).toEqual(made);
  });
});

describe('akTemplateDifferences', () => {
  const objectAttributes = AK_ATTRIBUTES | TPMA_OBJECT.noDA;
  const RSA = { ...makeAk('rsassa').area, objectAttributes };
  const ECC = { ...makeAk('ecdsa').area, objectAttributes };

  it('finds none in a key made from the template, whatever the key', () => {
    for (const area of [RSA, ECC, akTemplate('rsa', UNIQUE), akTemplate('ecc', UNIQUE)]) {
      expect(akTemplateDifferences(area)).toEqual([]);
    }
  });

  // Attack 70
  it.each(Object.entries(TPMA_OBJECT))('finds %s turned round', (name, bit) => {
    for (const area of [RSA, ECC]) {
      const objectAttributes = area.objectAttributes ^ bit;
      const [difference, ...more] = akTemplateDifferences({ ...area, objectAttributes });
      expect(more).toEqual([]);
      expect(difference!.field).toBe('objectAttributes');
      const had = (area.objectAttributes & bit) !== 0;
      expect(difference!.expected!.split('|').includes(name)).toBe(had);
      expect(difference!.observed!.split('|').includes(name)).toBe(!had);
    }
  });

  // Attack 70
  it('finds another name algorithm, a policy, a cipher, another scheme, size or curve', () => {
    const change = (area: TpmtPublic, parameters: object): string[] =>
      fields(akTemplateDifferences({ ...area, parameters: { ...area.parameters, ...parameters } } as TpmtPublic));
    for (const area of [RSA, ECC]) {
      expect(fields(akTemplateDifferences({ ...area, nameAlg: 'sha1' }))).toEqual(['nameAlg']);
      expect(fields(akTemplateDifferences({ ...area, authPolicy: new Uint8Array(32) }))).toEqual(['authPolicy']);
      expect(change(area, { symmetric: { algorithm: TPM_ALG.AES, keyBits: 128, mode: 0x43 } })).toEqual(['symmetric']);
      expect(change(area, { scheme: null })).toEqual(['scheme']);
      expect(change(area, { scheme: { ...area.parameters.scheme, hashAlg: 'sha1' } })).toEqual(['scheme']);
      expect(change(area, { scheme: { ...area.parameters.scheme, count: 1 } })).toEqual(['scheme']);
    }
    expect(change(RSA, { scheme: { scheme: TPM_ALG.RSAPSS, hashAlg: 'sha256', count: null } })).toEqual(['scheme']);
    expect(change(RSA, { keyBits: 3072 })).toEqual(['keyBits']);
    expect(change(RSA, { exponent: 65537 })).toEqual(['exponent']);
    expect(change(ECC, { curveID: 'p384' })).toEqual(['curveID']);
    expect(change(ECC, { kdf: { scheme: TPM_ALG.MGF1, hashAlg: 'sha256' } })).toEqual(['kdf']);
  });

  it('says what was expected and what is there', () => {
    const area = { ...ECC, nameAlg: 'sha384', authPolicy: new Uint8Array(2) } as const;
    expect(akTemplateDifferences(area)).toEqual([
      { field: 'nameAlg', expected: 'sha256', observed: 'sha384' },
      { field: 'authPolicy', expected: 'none', observed: '0000' },
    ]);
  });
});

describe('hostKeyDifferences', () => {
  it('finds none in a key of the template, and every field of one that is another kind of key', () => {
    const host = hostKeyTemplate(UNIQUE);
    expect(hostKeyDifferences(host)).toEqual([]);
    expect(fields(hostKeyDifferences(akTemplate('ecc', UNIQUE)))).toEqual(['objectAttributes']);
    expect(hostKeyDifferences(akTemplate('rsa', UNIQUE))).toEqual([
      { field: 'type', expected: 'ecc', observed: 'rsa' },
      expect.objectContaining({ field: 'objectAttributes' }),
      { field: 'scheme', expected: 'ecdsa sha256', observed: 'rsassa sha256' },
      { field: 'curveID', expected: 'p256', observed: null },
      { field: 'kdf', expected: 'null', observed: null },
      { field: 'keyBits', expected: null, observed: '2048' },
      { field: 'exponent', expected: null, observed: '0' },
    ]);
  });
});
