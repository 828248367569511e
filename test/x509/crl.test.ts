import { describe, expect, test } from 'vitest';
import { parseCrl, type Crl } from '../../src/x509/crl.ts';
import type { PathInput, PathResult, RevocationRule } from '../../src/x509/path-model.ts';
import { validatePath } from '../../src/x509/path.ts';
import {
  ALGORITHM,
  attribute,
  crlEntry,
  crlReason,
  ext,
  extension,
  integer,
  keyId,
  makeCrl,
  NOT_AFTER,
  NOT_BEFORE,
  NOW,
  rsaKey,
  sequence,
  signingWith,
  time,
  type CrlParts,
} from '../support/certificate-maker.ts';
import { der } from '../support/der-writer.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import {
  caExtensions,
  ekExtensions,
  INTERMEDIATE_KEY,
  INTERMEDIATE_NAME,
  LENIENT,
  makeEk,
  makeIntermediate,
  parsed,
  pathInput,
  ROOT_KEY,
  ROOT_NAME,
} from '../support/test-pki.ts';

const made = (bend: Partial<CrlParts> = {}): Crl =>
  parseCrl(new Uint8Array(makeCrl({ issuer: INTERMEDIATE_NAME, signer: INTERMEDIATE_KEY, ...bend })), 'crl');
const rootCrl = (bend: Partial<CrlParts> = {}): Crl => made({ issuer: ROOT_NAME, signer: ROOT_KEY, ...bend });
const codeOf = (bend: Partial<CrlParts>): string => evidenceCode(() => made(bend));

const flag = (number: number): Buffer => der(0x80 | number, Buffer.of(0xff));
const scope = (...content: Uint8Array[]): Buffer => extension('2.5.29.28', sequence(...content), true);
const point = (uri: string): Buffer => der(0xa0, der(0xa0, der(0x86, Buffer.from(uri))));

describe('a list', () => {
  test('says who, when and what', () => {
    const entries = [crlEntry(integer(3), [crlReason(1)]), crlEntry(integer(9))];
    const extensions = [extension('2.5.29.20', integer(5)), ext.authorityKeyId(keyId(INTERMEDIATE_KEY))];
    expect(made({ entries, extensions })).toMatchObject({
      issuer: 'CN=Test TPM Issuing CA',
      issuerName: INTERMEDIATE_NAME.toString('hex'),
      thisUpdate: NOT_BEFORE,
      nextUpdate: NOT_AFTER,
      scope: { distributionPoint: undefined, only: undefined },
      revoked: new Map([
        ['03', { reason: 'keyCompromise', revokedAt: NOT_BEFORE }],
        ['09', { reason: 'unspecified', revokedAt: NOT_BEFORE }],
      ]),
    });
  });

  test('may be of version 1, and have no next update', () => {
    expect(made({ version: undefined, nextUpdate: undefined, entries: [crlEntry(integer(3))] })).toMatchObject({
      nextUpdate: undefined,
      revoked: { size: 1 },
    });
  });

  test('keeps the first entry of a number', () => {
    const entries = [crlEntry(integer(3), [crlReason(6)]), crlEntry(integer(3), [crlReason(4)])];
    expect(made({ entries }).revoked.get('03')?.reason).toBe('certificateHold');
  });

  test('has the quirks of its issuer', () => {
    const issuer = sequence(der(0x31, attribute('2.5.4.10', 'STMicroelectronics NV')));
    expect(made({ issuer, entries: [crlEntry(integer(0, 0, 0, 5))] })).toMatchObject({
      quirks: ['padded-serial-number'],
      revoked: new Map([['05', expect.anything()]]),
    });
  });

  test('has the quirk of a name that is not sorted', () => {
    const issuer = sequence(der(0x31, attribute('2.5.4.3', 'Nuvoton'), attribute('2.5.4.6', 'TW')));
    expect(made({ issuer }).quirks).toEqual(['unsorted-set']);
  });

  test('of more bytes than any list has is not read', () => {
    expect(evidenceCode(() => parseCrl(new Uint8Array(4 * 1024 * 1024 + 1), 'crl'))).toBe('x509.size');
  });

  test.each<[string, string, Partial<CrlParts>]>([
    ['a delta list', 'crl.delta', { extensions: [extension('2.5.29.27', integer(1), true)] }],
    ['an indirect list', 'crl.indirect', { extensions: [scope(flag(4))] }],
    [
      'an entry of another issuer',
      'crl.indirect',
      { entries: [crlEntry(integer(1), [extension('2.5.29.29', sequence(), true)])] },
    ],
    ['a list for some reasons', 'crl.partial', { extensions: [scope(der(0x83, Buffer.of(1, 2)))] }],
    ['an unknown critical extension', 'crl.critical-extension', { extensions: [extension('1.2.3', sequence(), true)] }],
    [
      'one in an entry',
      'crl.critical-extension',
      { entries: [crlEntry(integer(1), [extension('1.2.3', sequence(), true)])] },
    ],
    ['version 3', 'x509.version', { version: integer(2) }],
    [
      'version 1 with extensions',
      'x509.version',
      { version: undefined, extensions: [extension('2.5.29.20', integer(5))] },
    ],
    [
      'version 1 with an entry’s extensions',
      'der.unexpected',
      { version: undefined, entries: [crlEntry(integer(1), [crlReason(1)])] },
    ],
    [
      'an extension twice',
      'x509.extension-duplicate',
      { extensions: [extension('1.2.3', sequence()), extension('1.2.3', sequence())] },
    ],
    ['a reason that is none', 'x509.extension-malformed', { entries: [crlEntry(integer(1), [crlReason(7)])] }],
    ['a reason of delta lists', 'x509.extension-malformed', { entries: [crlEntry(integer(1), [crlReason(8)])] }],
    ['users and CAs only', 'x509.extension-malformed', { extensions: [scope(flag(1), flag(2))] }],
    ['a time that is none', 'x509.time', { thisUpdate: der(0x17, Buffer.from('2601010000Z')) }],
    ['no time', 'der.unexpected', { thisUpdate: Buffer.alloc(0), nextUpdate: undefined }],
  ])('%s is refused: %s', (_, code, bend) => {
    expect(codeOf(bend)).toBe(code);
  });
});

describe('lists in a path', () => {
  const STRICT: RevocationRule = { missing: 'refuse', stale: 'refuse' };
  const outcome = (bend: Partial<PathInput>, rule = STRICT, at = NOW): string => {
    const result: PathResult = validatePath(pathInput(bend), at, rule);
    if (!result.ok) return `${result.code} at ${result.position}`;
    return ['ok', ...result.notes.map(({ note, position }) => `${note} ${position}`)].join(', ');
  };
  const both = (...more: Crl[]): Partial<PathInput> => ({ crls: [made(), rootCrl(), ...more] });

  test('a current list of each issuer satisfies the strictest rule', () => {
    expect(outcome(both())).toBe('ok');
  });

  test.each<[string, Crl[], string, string]>([
    ['none', [], 'path.crl-missing at 0', 'ok, crl-missing 0, crl-missing 1'],
    ['one of the root only', [rootCrl()], 'path.crl-missing at 0', 'ok, crl-missing 0'],
    ['one that is too old', [rootCrl(), made({ nextUpdate: time(NOW) })], 'path.crl-stale at 0', 'ok, crl-stale 0'],
    ['one of tomorrow', [rootCrl(), made({ thisUpdate: time(NOW + 1000) })], 'path.crl-stale at 0', 'ok, crl-stale 0'],
    ['one without an end', [rootCrl(), made({ nextUpdate: undefined })], 'path.crl-stale at 0', 'ok, crl-stale 0'],
    ['one signed by another', [rootCrl(), made({ signer: ROOT_KEY })], 'path.crl-missing at 0', 'ok, crl-missing 0'],
    ['one for CAs', [rootCrl(), made({ extensions: [scope(flag(2))] })], 'path.crl-missing at 0', 'ok, crl-missing 0'],
    [
      'one for users, of the root',
      [made(), rootCrl({ extensions: [scope(flag(1))] })],
      'path.crl-missing at 1',
      'ok, crl-missing 1',
    ],
    [
      'one for attribute certificates',
      [rootCrl(), made({ extensions: [scope(flag(5))] })],
      'path.crl-missing at 0',
      'ok, crl-missing 0',
    ],
    [
      'one of a point the certificate does not name',
      [rootCrl(), made({ extensions: [scope(point('http://b/'))] })],
      'path.crl-missing at 0',
      'ok, crl-missing 0',
    ],
    [
      'one for users and one for CAs',
      [made({ extensions: [scope(flag(1))] }), rootCrl({ extensions: [scope(flag(2))] })],
      'ok',
      'ok',
    ],
    ['an old one beside a current one', [rootCrl(), made({ nextUpdate: time(NOW) }), made()], 'ok', 'ok'],
  ])('%s: %s', (_, crls, strict, lenient) => {
    expect(outcome({ crls })).toBe(strict);
    expect(outcome({ crls }, LENIENT)).toBe(lenient);
  });

  test('a list of the point that the certificate names covers it', () => {
    const leaf = parsed(makeEk({ extensions: [...ekExtensions(), ext.crlDistributionPoint('http://a/')] }));
    const crls = [rootCrl(), made({ extensions: [scope(point('http://a/'))] })];
    expect(outcome({ leaf, crls })).toBe('ok');
  });

  test('distribution points that cannot be read name none', () => {
    const leaf = parsed(makeEk({ extensions: [...ekExtensions(), extension('2.5.29.31', integer(1))] }));
    const crls = [rootCrl(), made({ extensions: [scope(point('http://a/'))] })];
    expect(outcome({ leaf, crls })).toBe('path.crl-missing at 0');
  });

  test('an issuer that may not sign lists signs none', () => {
    const extensions = [ext.ca(0), ext.keyUsage('keyCertSign')];
    expect(outcome({ ...both(), presented: [parsed(makeIntermediate({ extensions }))] })).toBe('path.crl-missing at 0');
  });

  test('a list over SHA-1 counts where SHA-1 does', () => {
    const key = rsaKey();
    const signer = signingWith(key, ALGORITHM.rsaSha1, 'sha1');
    const bend = {
      leaf: parsed(makeEk({ signer: key })),
      presented: [parsed(makeIntermediate({ key, extensions: caExtensions(key) }))],
      crls: [rootCrl(), made({ signer })],
    };
    expect(outcome(bend)).toBe('path.crl-missing at 0');
    expect(outcome({ ...bend, rules: { sha1: true, purpose: undefined } })).toBe('ok');
  });

  describe('revoked is revoked', () => {
    const entries = [crlEntry(integer(3), [crlReason(1)])];

    test.each<[string, Crl[]]>([
      ['by a current list', [made({ entries })]],
      ['by an old list', [made({ entries, nextUpdate: time(NOW) })]],
      ['by an old list beside a current one that does not say so', [made(), made({ entries, nextUpdate: time(NOW) })]],
      ['by a list without an end', [made({ entries, nextUpdate: undefined })]],
    ])('%s, whatever the rule', (_, crls) => {
      expect(outcome({ crls }, LENIENT)).toBe('path.revoked at 0');
    });

    test('the reason and the date are told', () => {
      const result = validatePath(pathInput({ crls: [made({ entries })] }), NOW, LENIENT);
      expect(result).toMatchObject({ message: 'revoked at 2026-01-01T00:00:00Z: keyCompromise' });
    });

    test('an intermediate too', () => {
      const crls = [made(), rootCrl({ entries: [crlEntry(integer(2))] })];
      expect(outcome({ crls })).toBe('path.revoked at 1');
    });

    test('not by a list that somebody else signed', () => {
      expect(outcome(both(made({ entries, signer: ROOT_KEY })))).toBe('ok');
    });

    test('not where only another number is listed', () => {
      expect(outcome(both(made({ entries: [crlEntry(integer(4))] })))).toBe('ok');
    });
  });
});
