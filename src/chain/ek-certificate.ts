/** Where the EK's certificate leads, under the roots and revocation lists of one appraisal. */

import { PolicyError, readOr } from '../bytes/errors.ts';
import { contentId, digestHex } from '../bytes/hash.ts';
import type { EkFact, Fact } from '../facts/model.ts';
import type { TrustRoot, TrustStore } from '../references/enrolment.ts';
import { curveByName } from '../tpm/algorithms.ts';
import type { TpmtPublic } from '../tpm/public.ts';
import { parseCertificate, type Certificate } from '../x509/certificate.ts';
import type { Refusal } from '../x509/codes.ts';
import { parseCrl, type Crl } from '../x509/crl.ts';
import { checkEkCertificate } from '../x509/ek-certificate.ts';
import type { NoteName, PathProof } from '../x509/path-model.ts';
import { pathAt, provePaths } from '../x509/path.ts';
import { PURPOSE } from '../x509/purposes.ts';
import type { QuirkName } from '../x509/quirks.ts';
import { readStoredCertificate, readStoredChain } from '../x509/stored-certificate.ts';
import type { KeyNumbers } from '../x509/subject-key.ts';
import { cached, type AppraisalCache } from './cache.ts';

/** The EK and the certificates it came with. */
export interface PresentedEk {
  /** hexadecimal */
  readonly name: string;
  readonly area: TpmtPublic;
  /** as they lie in the TPM's NV indices: the EK certificate first */
  readonly certificates: readonly Uint8Array[];
}

/** The fact of an EK's certificate at a time. What the bytes prove is kept; whether it stands is asked each time. */
export function ekFact(
  ek: PresentedEk,
  trust: TrustStore | undefined,
  at: number,
  cache: AppraisalCache | undefined,
): Fact<'ek'> {
  const judged = judge(ek, trust ?? NO_TRUST, at, cache);
  return {
    name: 'ek',
    value: { name: ek.name, ...judged },
    // Where there is no certificate nothing was asked of a root.
    provenance: { outside: judged.state === 'no-certificate' ? 'enrolled' : 'reference' },
    subject: '',
    source: { part: 'enrolment' },
  };
}

const NO_TRUST: TrustStore = { roots: [], crls: [] };

type Judged = WithoutName<EkFact>;
type WithoutName<F> = F extends unknown ? Omit<F, 'name'> : never;

function judge(ek: PresentedEk, trust: TrustStore, at: number, cache: AppraisalCache | undefined): Judged {
  if (ek.certificates.length === 0) return { state: 'no-certificate' };
  const store = keyOf([...trust.roots.map(({ id }) => id), '', ...trust.crls.map(({ id }) => id)]);
  const key = keyOf([ek.name, ...ek.certificates.map((der) => contentId(der)), store]);
  const proved = cached(cache, `ek/${key}`, () => prove(ek, () => cached(cache, `trust/${store}`, () => read(trust))));
  if (proved.refusal !== null) return refused(proved.refusal);
  const result = pathAt(proved.proof, at, { missing: 'note', stale: 'note' });
  if (!result.ok) {
    const { code, message } = result;
    return NO_ROOT.has(code) ? { state: 'unknown', detail: `${code}: ${message}` } : refused(result);
  }
  const root = trust.roots.find(({ certificate }) => digestHex('sha256', certificate) === result.anchor.sha256)!;
  return {
    state: 'genuine',
    class: root.class,
    root: root.name,
    path: result.chain.map(({ subject }) => subject),
    concerns: [...new Set([...proved.concerns, ...result.notes.map(({ note }) => note)])],
    quirks: [...new Set([...proved.quirks, ...result.quirks.map(({ quirk }) => quirk)])],
  };
}

function keyOf(ids: readonly string[]): string {
  return digestHex('sha256', new TextEncoder().encode(ids.join()));
}

/** The verifier has no root for it: nothing is wrong with the certificate as far as anybody here can tell. */
const NO_ROOT: ReadonlySet<string> = new Set(['path.no-anchors', 'path.no-issuer', 'path.untrusted-root']);

function refused({ code, message }: Refusal): Judged {
  return { state: 'refused', code, detail: message };
}

/** What the bytes prove, at whatever time. */
interface Proved {
  /** why the certificate is none of this EK's, whoever issued it */
  readonly refusal: Refusal | null;
  readonly proof: PathProof;
  readonly concerns: readonly NoteName[];
  readonly quirks: readonly QuirkName[];
}

const NO_PROOF: PathProof = { paths: [], refusal: undefined };

/** The operator's roots and revocation lists as they are read. */
interface ReadTrust {
  readonly anchors: readonly Certificate[];
  readonly crls: readonly Crl[];
}

function read({ roots, crls }: TrustStore): ReadTrust {
  return { anchors: roots.map(anchorOf), crls: crls.map(crlOf) };
}

function prove({ area, certificates }: PresentedEk, trust: () => ReadTrust): Proved {
  const nothing = (refusal: Refusal): Proved => ({ refusal, proof: NO_PROOF, concerns: [], quirks: [] });
  const [first, ...others] = certificates;
  const read = (): Proved => {
    const stored = readStoredCertificate(first!, 'ek-certificate');
    const { refusals, notes, quirks } = checkEkCertificate(stored.certificate, {
      key: ekNumbers(area),
      weakKey: 'refuse',
    });
    if (refusals[0] !== undefined) return nothing(refusals[0]);
    const proof = provePaths({
      leaf: stored.certificate,
      presented: others.flatMap((bytes, i) => readStoredChain(bytes, `ek-chain[${i}]`)),
      intermediates: [],
      ...trust(),
      // The check refuses what it may not rest on; here it is told apart.
      rules: { sha1: true, purpose: PURPOSE.ek },
    });
    return { refusal: null, proof, concerns: notes, quirks: [...stored.quirks, ...quirks] };
  };
  return readOr(read, ({ code, message }) => nothing({ code: 'x509.malformed', message: `${code}: ${message}` }));
}

/** Why a certificate is none of an EK, whoever issued it; null when it may be. */
export function ekCertificateRefusal(area: TpmtPublic, certificate: Uint8Array): Refusal | null {
  return prove({ name: '', area, certificates: [certificate] }, () => read(NO_TRUST)).refusal;
}

/** What the operator keeps was read when it was added; what cannot be read now is no evidence's fault. */
function anchorOf({ name, certificate }: TrustRoot): Certificate {
  return ofOperator(`the trust root ${name}`, () => parseCertificate(certificate, 'trust-root'));
}

function crlOf({ id, list }: TrustStore['crls'][number]): Crl {
  return ofOperator(`the revocation list ${id}`, () => parseCrl(list, 'crl'));
}

function ofOperator<T>(what: string, read: () => T): T {
  return readOr(read, ({ message }) => {
    throw new PolicyError('trust.malformed', `${what} cannot be read: ${message}`);
  });
}

const DEFAULT_EXPONENT = 65537;

function ekNumbers(area: TpmtPublic): KeyNumbers {
  if (area.type === 'rsa') {
    const { exponent } = area.parameters;
    return { type: 'rsa', modulus: area.unique, exponent: BigInt(exponent === 0 ? DEFAULT_EXPONENT : exponent) };
  }
  return { type: 'ec', curve: curveByName(area.parameters.curveID).jwk, ...area.unique };
}
