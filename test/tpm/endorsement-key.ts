/** Endorsement keys without a TPM, and what TPM2_ActivateCredential does with them (TPM 2.0 Part 3, 12.5). */

import {
  constants,
  createDecipheriv,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  privateDecrypt,
  type KeyObject,
} from 'node:crypto';
import { equalBytes, hashSize } from '../../src/bytes/hash.ts';
import { ByteReader } from '../../src/bytes/reader.ts';
import { fromBase64url, toBase64url } from '../../src/bytes/text.ts';
import { curveByName } from '../../src/tpm/algorithms.ts';
import { EK_TEMPLATES } from '../../src/tpm/ek-template.ts';
import { kdfa, kdfe } from '../../src/tpm/kdf.ts';
import type { MadeCredential } from '../../src/tpm/make-credential.ts';
import type { TpmtPublic } from '../../src/tpm/public.ts';

export interface SoftwareEk {
  readonly area: TpmtPublic;
  readonly private: KeyObject;
}

/** A key made from a template of the EK Credential Profile. */
export function makeEk(name: string): SoftwareEk {
  const template = EK_TEMPLATES.find((one) => one.name === name)!.public;
  if (template.type === 'rsa') {
    const pair = generateKeyPairSync('rsa', { modulusLength: template.parameters.keyBits });
    const unique = fromBase64url(pair.publicKey.export({ format: 'jwk' }).n!);
    return { area: { ...template, unique }, private: pair.privateKey };
  }
  const pair = generateKeyPairSync('ec', { namedCurve: curveByName(template.parameters.curveID).node });
  const { x, y } = pair.publicKey.export({ format: 'jwk' });
  const unique = { x: fromBase64url(x!), y: fromBase64url(y!) };
  return { area: { ...template, unique }, private: pair.privateKey };
}

/** The credential; undefined where a TPM answers TPM_RC_INTEGRITY. */
export function activateCredential(ek: SoftwareEk, name: Uint8Array, made: MadeCredential): Uint8Array | undefined {
  const hash = ek.area.nameAlg;
  const seed = openSeed(ek, sized(made.secret));
  const blob = new ByteReader(sized(made.credentialBlob), 'id object');
  const hmac = blob.take(blob.u16be());
  const encIdentity = blob.rest();
  const none = new Uint8Array(0);
  const hmacKey = kdfa(hash, seed, 'INTEGRITY', none, none, hashSize(hash));
  if (!equalBytes(createHmac(hash, hmacKey).update(encIdentity).update(name).digest(), hmac)) return undefined;
  const bits = ek.area.parameters.symmetric!.keyBits;
  const key = kdfa(hash, seed, 'STORAGE', name, none, bits / 8);
  const decipher = createDecipheriv(`aes-${bits}-cfb`, key, new Uint8Array(16));
  return sized(new Uint8Array(decipher.update(encIdentity)));
}

function openSeed({ area, private: key }: SoftwareEk, secret: Uint8Array): Uint8Array {
  if (area.type === 'rsa') {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const oaepLabel = Buffer.from('IDENTITY\0');
    return new Uint8Array(privateDecrypt({ key, padding, oaepHash: area.nameAlg, oaepLabel }, secret));
  }
  const reader = new ByteReader(secret, 'point');
  const [x, y] = [reader.take(reader.u16be()), reader.take(reader.u16be())];
  reader.end();
  const jwk = { kty: 'EC', crv: curveByName(area.parameters.curveID).jwk, x: toBase64url(x), y: toBase64url(y) };
  const z = diffieHellman({ privateKey: key, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) });
  return kdfe(area.nameAlg, z, 'IDENTITY', x, area.unique.x, hashSize(area.nameAlg));
}

/** What is in a TPM2B, which it fills. */
function sized(bytes: Uint8Array): Uint8Array {
  const reader = new ByteReader(bytes, 'tpm2b');
  const inner = reader.take(reader.u16be());
  reader.end();
  return inner;
}
