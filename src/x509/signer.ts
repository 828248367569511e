/** The keys of certificates as signers, opened once each, and what they were asked. */

import type { KeyObject } from 'node:crypto';
import { readOr } from '../bytes/errors.ts';
import type { Certificate, Signed } from './certificate.ts';
import { refusalOf, type Refusal } from './codes.ts';
import { checkSignature, weaknessOf, type SignatureCheck } from './signature.ts';
import { readSubjectKey, subjectKeyObject, type SubjectKey } from './subject-key.ts';

/** What is signed, by name. */
type Named = Signed & { readonly sha256: string };

type Signer = { readonly key: SubjectKey; readonly object: KeyObject | undefined } | Refusal;

/** Whether the key of `issuer` made the signature. */
export function checkSignedBy(signed: Signed, issuer: Certificate): SignatureCheck {
  return checkWith(signed, openSigner(issuer));
}

/** Remembers keys and answers: a search asks the same more than once. */
export class SignatureMemory {
  readonly #signers = new Map<string, Signer>();
  readonly #checks = new Map<string, SignatureCheck>();

  /** Whether the answer is there already, and costs nothing. */
  knows(signed: Named, issuer: Certificate): boolean {
    return this.#checks.has(pairOf(signed, issuer));
  }

  check(signed: Named, issuer: Certificate): SignatureCheck {
    const pair = pairOf(signed, issuer);
    const known = this.#checks.get(pair);
    if (known !== undefined) return known;
    const check = checkWith(signed, this.#signer(issuer));
    this.#checks.set(pair, check);
    return check;
  }

  #signer(issuer: Certificate): Signer {
    const known = this.#signers.get(issuer.sha256);
    if (known !== undefined) return known;
    const signer = openSigner(issuer);
    this.#signers.set(issuer.sha256, signer);
    return signer;
  }
}

function checkWith(signed: Signed, signer: Signer): SignatureCheck {
  return 'code' in signer ? { ok: false, ...signer } : checkSignature(signed, signer.key, signer.object);
}

function openSigner({ subjectPublicKeyInfo, part }: Certificate): Signer {
  return readOr(() => {
    const key = readSubjectKey(subjectPublicKeyInfo, part);
    return weaknessOf(key) ?? { key, object: subjectKeyObject(key, part) };
  }, refusalOf);
}

function pairOf({ sha256 }: Named, issuer: Certificate): string {
  return `${sha256} ${issuer.sha256}`;
}
