import { describe, expect, test } from 'vitest';
import type { Certificate } from '../../src/x509/certificate.ts';
import type { PathInput, PathResult, PathRules } from '../../src/x509/path-model.ts';
import { pathAt, provePaths, validatePath } from '../../src/x509/path.ts';
import {
  ALGORITHM,
  attribute,
  commonName,
  ed25519Key,
  ext,
  extension,
  integer,
  makeCertificate,
  markedAs,
  NOT_AFTER,
  NOT_BEFORE,
  NOW,
  p256Key,
  rsaKey,
  sequence,
  signingWith,
  signingWithPss,
  time,
  type CertificateParts,
} from '../support/certificate-maker.ts';
import { der, derOidValue } from '../support/der-writer.ts';
import {
  caExtensions,
  EK_PURPOSE,
  ekExtensions,
  INTERMEDIATE_KEY,
  INTERMEDIATE_NAME,
  LENIENT,
  makeEk,
  makeIntermediate,
  makeRoot,
  parsed,
  pathInput,
  ROOT_KEY,
  ROOT_NAME,
} from '../support/test-pki.ts';

const RSA = rsaKey();
const SMALL_RSA = rsaKey(1024);
const RSA_E3 = rsaKey(2048, 3);

const validate = (bend: Partial<PathInput> = {}, at = NOW): PathResult => validatePath(pathInput(bend), at, LENIENT);

/** `code at position`, or `ok`. */
function outcome(result: PathResult): string {
  return result.ok ? 'ok' : `${result.code} at ${result.position}`;
}

const quirks = (result: PathResult): string[] =>
  result.ok ? result.quirks.map((q) => `${q.quirk} ${q.position}`) : [];
const notes = (result: PathResult): string[] => (result.ok ? result.notes.map((n) => `${n.note} ${n.position}`) : []);

const ek = (bend: Partial<CertificateParts> = {}): Certificate => parsed(makeEk(bend));
const intermediate = (bend: Partial<CertificateParts> = {}): Certificate => parsed(makeIntermediate(bend));
const root = (bend: Partial<CertificateParts> = {}): Certificate => parsed(makeRoot(bend));
const rules = (bend: Partial<PathRules>): PathRules => ({ sha1: false, purpose: EK_PURPOSE, ...bend });

describe('a path that holds', () => {
  test('is given leaf first, with its anchor, its window and nothing tolerated', () => {
    const input = pathInput();
    const result = validatePath(input, NOW, LENIENT);
    expect(result).toMatchObject({
      ok: true,
      chain: [input.leaf, ...input.presented, ...input.anchors],
      anchor: input.anchors[0],
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      quirks: [],
    });
    expect(notes(result)).toEqual(['crl-missing 0', 'crl-missing 1']);
  });

  test('has the window in which all of its certificates are valid', () => {
    const [from, until] = [Date.UTC(2026, 2, 1), Date.UTC(2026, 8, 1)];
    const presented = [intermediate({ notBefore: time(from) })];
    const result = validate({ presented, anchors: [root({ notAfter: time(until) })] });
    expect(result).toMatchObject({ ok: true, notBefore: from, notAfter: until });
  });

  test('may use what the caller keeps instead of what came along', () => {
    const { presented } = pathInput();
    expect(outcome(validate({ presented: [], intermediates: presented }))).toBe('ok');
  });

  test('does not care about the order or about what does not belong', () => {
    const stray = parsed(makeCertificate({ key: ROOT_KEY, signer: ROOT_KEY, subject: commonName('stray') }));
    expect(outcome(validate({ presented: [stray, root(), intermediate(), ek()] }))).toBe('ok');
  });

  test('may have an anchor that is not self-signed', () => {
    const anchor = intermediate();
    expect(validate({ presented: [], anchors: [anchor] })).toMatchObject({ ok: true, anchor, chain: { length: 2 } });
  });

  test('of RSA and ECDSA keys, and of RSA keys marked for RSASSA-PSS', () => {
    for (const key of [RSA, p256Key('ca')]) {
      const presented = [intermediate({ key })];
      expect(outcome(validate({ leaf: ek({ signer: key }), presented }))).toBe('ok');
    }
    const signer = signingWithPss(RSA, { hash: 'sha256', mask: 'sha256', saltLength: 32 });
    const spki = markedAs(RSA, sequence(derOidValue('1.2.840.113549.1.1.10')));
    const result = validate({ leaf: ek({ signer }), presented: [intermediate({ key: RSA, spki })] });
    expect(outcome(result)).toBe('ok');
    expect(quirks(result)).toEqual(['rsassa-pss-key 1']);
  });
});

describe('the trust anchors', () => {
  test('with none, nothing is proved', () => {
    expect(outcome(validate({ anchors: [] }))).toBe('path.no-anchors at 0');
  });

  test('are the caller’s: a self-signed certificate that came along is none', () => {
    const presented = [intermediate(), root()];
    const other = root({ subject: commonName('another root') });
    expect(outcome(validate({ presented, anchors: [other] }))).toBe('path.untrusted-root at 2');
    expect(outcome(validate({ leaf: root(), presented, anchors: [other] }))).toBe('path.untrusted-root at 0');
  });

  test('are not the certificate in question', () => {
    expect(outcome(validate({ anchors: [root(), ek()] }))).toBe('path.leaf-is-anchor at 0');
  });

  test('of version 1 need not say that they are CAs, and that is noted', () => {
    const anchor = root({ extensions: [], version: undefined });
    const result = validate({ anchors: [anchor] });
    expect(outcome(result)).toBe('ok');
    expect(quirks(result)).toEqual(['version-1-anchor 2']);
  });

  test('of version 3 must', () => {
    expect(outcome(validate({ anchors: [root({ extensions: [ext.notCa()] })] }))).toBe('path.not-a-ca at 2');
  });

  test('expire too', () => {
    expect(outcome(validate({ anchors: [root({ notAfter: time(NOW - 1000) })] }))).toBe('path.expired at 2');
  });

  test('with the name and another key are not the issuer', () => {
    const impostor = makeCertificate({
      subject: ROOT_NAME,
      key: INTERMEDIATE_KEY,
      signer: INTERMEDIATE_KEY,
      extensions: caExtensions(),
    });
    expect(outcome(validate({ anchors: [parsed(impostor)] }))).toBe('path.signature at 1');
  });
});

describe('each rule, broken alone', () => {
  const extensions = (...more: Uint8Array[]): Uint8Array[] => [...caExtensions(INTERMEDIATE_KEY, 0), ...more];
  const middle = (...list: Uint8Array[]): Partial<PathInput> => ({ presented: [intermediate({ extensions: list })] });
  const policy = (qualifier: string): Buffer =>
    extension(
      '2.5.29.32',
      sequence(
        sequence(derOidValue('2.5.29.32.0'), sequence(sequence(derOidValue(qualifier), der(0x16, Buffer.from('x'))))),
      ),
      true,
    );

  test.each<[string, Partial<PathInput>, string]>([
    ['the issuer is not known', { presented: [] }, 'path.no-issuer at 0'],
    ['the root is not known', { anchors: [root({ subject: commonName('x') })] }, 'path.no-issuer at 1'],
    ['the signature of the leaf is another’s', { leaf: ek({ signer: ROOT_KEY }) }, 'path.signature at 0'],
    ['a bit of the signature is flipped', { leaf: flipped(makeEk()) }, 'path.signature at 0'],
    ['the issuer is no CA', middle(ext.notCa(), ext.keyUsage('keyCertSign')), 'path.not-a-ca at 1'],
    ['the issuer does not say that it is one', middle(ext.keyUsage('keyCertSign')), 'path.not-a-ca at 1'],
    [
      'the issuer is of version 1',
      { presented: [intermediate({ extensions: [], version: undefined })] },
      'path.not-a-ca at 1',
    ],
    ['the issuer may not sign certificates', middle(ext.ca(0), ext.keyUsage('cRLSign')), 'path.key-usage at 1'],
    [
      'an unknown extension of the leaf is critical',
      { leaf: ek({ extensions: [...ekExtensions(), extension('1.2.3', sequence(), true)] }) },
      'path.critical-extension at 0',
    ],
    [
      'an unknown extension of the issuer is critical',
      middle(...extensions(extension('1.2.3', sequence(), true))),
      'path.critical-extension at 1',
    ],
    [
      'an unknown extension of the anchor is critical',
      { anchors: [root({ extensions: [...caExtensions(), extension('1.2.3', sequence(), true)] })] },
      'path.critical-extension at 2',
    ],
    [
      'there are name constraints',
      middle(...extensions(extension('2.5.29.30', sequence()))),
      'path.name-constraints at 1',
    ],
    [
      'there are policy constraints',
      middle(...extensions(extension('2.5.29.36', sequence()))),
      'path.policy-constraints at 1',
    ],
    [
      'there are policy mappings',
      middle(...extensions(extension('2.5.29.33', sequence()))),
      'path.policy-constraints at 1',
    ],
    [
      'any policy is inhibited',
      middle(...extensions(extension('2.5.29.54', integer(0), true))),
      'path.policy-constraints at 1',
    ],
    ['a policy has an unknown qualifier', middle(...extensions(policy('1.2.3'))), 'path.critical-extension at 1'],
    [
      'policies cannot be read',
      middle(...extensions(extension('2.5.29.32', integer(1), true))),
      'path.critical-extension at 1',
    ],
    [
      'the issuer is for something else',
      middle(...extensions(ext.extKeyUsage(['1.3.6.1.5.5.7.3.1']))),
      'path.issuer-purpose at 1',
    ],
    ['the leaf is expired', { leaf: ek({ notAfter: time(NOW - 1000) }) }, 'path.expired at 0'],
    ['the leaf is not valid yet', { leaf: ek({ notBefore: time(NOW + 1000) }) }, 'path.not-yet-valid at 0'],
    ['the issuer is expired', { presented: [intermediate({ notAfter: time(NOW - 1000) })] }, 'path.expired at 1'],
    [
      'an RSA key is small',
      { leaf: ek({ signer: SMALL_RSA }), presented: [intermediate({ key: SMALL_RSA })] },
      'path.key-size at 0',
    ],
    [
      'an RSA exponent is small',
      { leaf: ek({ signer: RSA_E3 }), presented: [intermediate({ key: RSA_E3 })] },
      'path.key-exponent at 0',
    ],
    [
      'the key is none',
      { presented: [intermediate({ spki: sequence(sequence(derOidValue('1.3.101.112')), der(3, Buffer.of(0, 1))) })] },
      'x509.key-malformed at 0',
    ],
    [
      'the key cannot sign',
      { presented: [intermediate({ spki: oaep() })], leaf: ek({ signer: RSA }) },
      'path.key-unsupported at 0',
    ],
    [
      'the key is on an unknown curve',
      { presented: [intermediate({ spki: brainpool() })] },
      'path.key-unsupported at 0',
    ],
    ['the signature does not go with the key', { presented: [intermediate({ key: RSA })] }, 'path.signature at 0'],
    [
      'the algorithm is ML-DSA',
      { leaf: ek({ signer: { ...INTERMEDIATE_KEY, algorithm: ALGORITHM.mlDsa65 } }) },
      'path.algorithm at 0',
    ],
    [
      'the hash is MD5',
      { leaf: ek({ signer: signingWith(RSA, ALGORITHM.rsaMd5, 'md5') }), presented: [intermediate({ key: RSA })] },
      'path.weak-hash at 0',
    ],
    [
      'the hash is SHA-1',
      { leaf: ek({ signer: signingWith(RSA, ALGORITHM.rsaSha1, 'sha1') }), presented: [intermediate({ key: RSA })] },
      'path.sha1 at 0',
    ],
    [
      'an algorithm has parameters it must not have',
      { leaf: ek({ signer: { ...INTERMEDIATE_KEY, algorithm: sequence(ALGORITHM.ed25519.subarray(2), der(5)) } }) },
      'path.algorithm at 0',
    ],
  ])('%s', (_, bend, expected) => {
    expect(outcome(validate(bend))).toBe(expected);
  });

  test('policies with known qualifiers pass, critical or not', () => {
    expect(outcome(validate(middle(...extensions(policy('1.3.6.1.5.5.7.2.1')))))).toBe('ok');
  });

  test('an issuer for any purpose, or with no purpose asked, passes', () => {
    expect(outcome(validate(middle(...extensions(ext.extKeyUsage(['2.5.29.37.0'])))))).toBe('ok');
    const tls = middle(...extensions(ext.extKeyUsage(['1.3.6.1.5.5.7.3.1'])));
    expect(outcome(validate({ ...tls, rules: rules({ purpose: undefined }) }))).toBe('ok');
  });

  test('SHA-1 passes where the caller allows it, and is noted', () => {
    const leaf = ek({ signer: signingWith(RSA, ALGORITHM.rsaSha1, 'sha1') });
    const result = validate({ leaf, presented: [intermediate({ key: RSA })], rules: rules({ sha1: true }) });
    expect(notes(result)).toContain('sha1-signature 0');
    const ec = p256Key('ca');
    const other = ek({ signer: signingWith(ec, ALGORITHM.ecdsaSha1, 'sha1') });
    expect(outcome(validate({ leaf: other, presented: [intermediate({ key: ec })] }))).toBe('path.sha1 at 0');
  });

  test('a certificate is valid in its first and its last second', () => {
    expect(outcome(validate({}, NOT_BEFORE))).toBe('ok');
    expect(outcome(validate({}, NOT_AFTER))).toBe('ok');
    expect(outcome(validate({}, NOT_BEFORE - 1))).toBe('path.not-yet-valid at 0');
    expect(outcome(validate({}, NOT_AFTER + 1))).toBe('path.expired at 0');
  });
});

describe('path lengths', () => {
  const key = ed25519Key('second intermediate');
  const below = makeCertificate({
    subject: INTERMEDIATE_NAME,
    key: INTERMEDIATE_KEY,
    issuer: commonName('upper'),
    signer: key,
    extensions: caExtensions(INTERMEDIATE_KEY),
  });
  const upper = (pathLength: number | undefined, bend: Partial<CertificateParts> = {}): Certificate =>
    parsed(
      makeCertificate({
        subject: commonName('upper'),
        key,
        issuer: ROOT_NAME,
        signer: ROOT_KEY,
        extensions: caExtensions(key, pathLength),
        ...bend,
      }),
    );

  test.each([
    [undefined, 'ok'],
    [1, 'ok'],
    [0, 'path.path-length at 2'],
  ])('with pathLenConstraint %j: %s', (pathLength, expected) => {
    expect(outcome(validate({ presented: [parsed(below), upper(pathLength)] }))).toBe(expected);
  });

  test('the anchor’s constraint counts', () => {
    const anchors = [root({ extensions: caExtensions(ROOT_KEY, 1) })];
    expect(outcome(validate({ presented: [parsed(below), upper(1)], anchors }))).toBe('path.path-length at 3');
  });

  test('self-issued certificates do not count', () => {
    // A key change: the same name signs its own next key.
    const next = makeCertificate({
      subject: INTERMEDIATE_NAME,
      key: INTERMEDIATE_KEY,
      signer: key,
      extensions: caExtensions(INTERMEDIATE_KEY, 0),
    });
    const first = upper(0, { subject: INTERMEDIATE_NAME });
    expect(outcome(validate({ presented: [parsed(next), first] }))).toBe('ok');
  });
});

describe('the authority key identifier', () => {
  const authority = (extra: Uint8Array | undefined): Certificate =>
    ek({ extensions: [...ekExtensions().slice(0, 4), ...(extra === undefined ? [] : [extra])] });

  test.each<[string, Certificate, string[]]>([
    ['is missing', authority(undefined), ['missing-aki 0']],
    ['is of another key', authority(ext.authorityKeyId(Buffer.alloc(20))), ['aki-key-id-differs 0']],
    ['has another serial number', authority(ext.authority(ROOT_NAME, 9)), ['aki-serial-differs 0']],
    ['has another issuer', authority(ext.authority(INTERMEDIATE_NAME, 2)), ['aki-serial-differs 0']],
    ['names the issuer and its serial number', authority(ext.authority(ROOT_NAME, 2)), []],
  ])('%s: the signature decides', (_, leaf, expected) => {
    const result = validate({ leaf });
    expect(outcome(result)).toBe('ok');
    expect(quirks(result)).toEqual(expected);
  });
});

describe('names', () => {
  const spelled = (text: string, tag: number): Buffer => sequence(der(0x31, attribute('2.5.4.3', text, tag)));
  const outcomeOf = (issuer: Buffer, subject: Buffer): PathResult =>
    validate({ leaf: ek({ issuer }), presented: [intermediate({ subject })] });

  test('with the same characters as PrintableString and as UTF8String are one, and that is noted', () => {
    for (const tags of [
      [0x13, 0x0c],
      [0x0c, 0x13],
    ] as const) {
      const result = outcomeOf(spelled('Issuing CA', tags[0]), spelled('Issuing CA', tags[1]));
      expect(outcome(result)).toBe('ok');
      expect(quirks(result)).toEqual(['issuer-string-type 0']);
    }
  });

  test.each<[string, Buffer, Buffer]>([
    ['in case', spelled('Issuing CA', 0x13), spelled('ISSUING CA', 0x13)],
    ['in spaces', spelled('Issuing CA', 0x13), spelled('Issuing  CA', 0x13)],
    ['in another string type', spelled('Issuing CA', 0x16), spelled('Issuing CA', 0x0c)],
    ['in a PrintableString that is none', spelled('\u00e9', 0x13), spelled('\u00e9', 0x0c)],
    [
      'in where one part ends',
      sequence(der(0x31, attribute('2.5.4.3', 'a'), attribute('2.5.4.4', 'b'))),
      sequence(der(0x31, attribute('2.5.4.3', 'a')), der(0x31, attribute('2.5.4.4', 'b'))),
    ],
  ])('that differ %s are two', (_, issuer, subject) => {
    expect(outcome(outcomeOf(issuer, subject))).toBe('path.no-issuer at 0');
  });

  test('a certificate of the same name in another string type is self-issued', () => {
    const [issuer, subject] = [spelled('Own', 0x13), spelled('Own', 0x0c)];
    expect(outcome(validate({ leaf: root({ issuer, subject }) }))).toBe('path.untrusted-root at 0');
  });
});

describe('several paths', () => {
  const renewed = (from: number, until: number): Certificate =>
    intermediate({ notBefore: time(from), notAfter: time(until), serial: integer(9) });

  test('the one that stands at the time is taken', () => {
    const old = renewed(NOT_BEFORE, NOW - 1000);
    const proof = provePaths(pathInput({ presented: [old, intermediate()] }));
    expect(proof.paths).toHaveLength(2);
    expect(pathAt(proof, NOW, LENIENT)).toMatchObject({ ok: true, notAfter: NOT_AFTER });
    expect(pathAt(proof, NOT_AFTER + 1, LENIENT)).toMatchObject({ ok: false, code: 'path.expired', position: 0 });
  });

  test('the proof does not depend on the time, and is the same for the same bytes', () => {
    const input = pathInput();
    expect(provePaths(input)).toEqual(provePaths(input));
    expect(provePaths(pathInput({ leaf: ek({ notAfter: time(NOT_BEFORE) }) })).paths).toHaveLength(1);
  });

  test('the failure that went furthest is reported', () => {
    const broken = intermediate({ extensions: [ext.notCa()] });
    const impostor = intermediate({ key: ROOT_KEY });
    expect(outcome(validate({ presented: [impostor, broken] }))).toBe('path.not-a-ca at 1');
    expect(outcome(validate({ presented: [broken, impostor] }))).toBe('path.not-a-ca at 1');
  });
});

describe('bounds', () => {
  const link = (from: number, to: number, name = (i: number) => commonName(`ca ${i}`)): Certificate => {
    const [key, signer] = [ed25519Key(`ca ${from}`), ed25519Key(`ca ${to}`)];
    return parsed(
      makeCertificate({ subject: name(from), key, issuer: name(to), signer, extensions: caExtensions(key) }),
    );
  };
  const leafOf = (issuer: Uint8Array, signer = ed25519Key('ca 0')): Certificate =>
    ek({ issuer, signer, extensions: ekExtensions().slice(0, 4) });

  test('a path of ten certificates holds, one of eleven does not', () => {
    const chain = Array.from({ length: 9 }, (_, i) => link(i, i + 1));
    const anchored = (length: number): PathResult =>
      validate({
        leaf: leafOf(commonName('ca 0')),
        presented: chain.slice(0, length - 2),
        anchors: [chain[length - 2]!],
      });
    expect(anchored(10)).toMatchObject({ ok: true, chain: { length: 10 } });
    const longer = [...chain, link(9, 10)];
    const result = validate({ leaf: leafOf(commonName('ca 0')), presented: longer.slice(0, 9), anchors: [longer[9]!] });
    expect(outcome(result)).toBe('path.too-long at 9');
  });

  test('cross-signed certificates in a circle end', () => {
    const presented = [link(0, 1), link(1, 0), link(1, 2), link(2, 0)];
    expect(outcome(validate({ leaf: leafOf(commonName('ca 0')), presented }))).toBe('path.no-issuer at 3');
  });

  test('a self-signed certificate is not its own way up', () => {
    const presented = [link(0, 0)];
    expect(outcome(validate({ leaf: leafOf(commonName('ca 0')), presented }))).toBe('path.untrusted-root at 1');
  });

  test('more certificates than a host may send are not looked at', () => {
    const presented = Array.from({ length: 17 }, () => intermediate());
    expect(outcome(validate({ presented }))).toBe('path.too-many at 0');
  });

  test('many candidates that all sign one another cost a bounded time', () => {
    // Five keys of one name, each signed by all: the ways through them are many, none leads to an anchor.
    const one = (): Buffer => commonName('hydra');
    const presented = [0, 1, 2, 3].flatMap((from) => [0, 1, 2, 3].map((to) => link(from, to, one)));
    const kept = Array.from({ length: 30 }, (_, i) => link(4 + i, 3, one));
    const begin = performance.now();
    const result = validate({ leaf: leafOf(one()), presented, intermediates: kept });
    expect(outcome(result)).toBe('path.too-many at 0');
    // 64 signatures take some ten milliseconds; an unbounded search takes hours.
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  test('they do not keep the anchor from being found', () => {
    const one = (): Buffer => commonName('hydra');
    const presented = [0, 1, 2, 3].flatMap((from) => [0, 1, 2, 3].map((to) => link(from, to, one)));
    expect(outcome(validate({ leaf: leafOf(one()), presented, anchors: [link(0, 9, one)] }))).toBe('ok');
  });
});

function flipped(bytes: Buffer): Certificate {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1]! ^= 1;
  return parsed(copy);
}

function oaep(): Buffer {
  return markedAs(RSA, sequence(derOidValue('1.2.840.113549.1.1.7')));
}

function brainpool(): Buffer {
  const algorithm = sequence(derOidValue('1.2.840.10045.2.1'), derOidValue('1.3.36.3.3.2.8.1.1.7'));
  return sequence(algorithm, der(3, Buffer.of(0, 4)));
}
