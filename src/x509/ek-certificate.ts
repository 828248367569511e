/** What the TCG EK Credential Profile (clause 3.2) asks of a certificate for an endorsement key, beyond a path to an anchor. */

import type { Certificate } from './certificate.ts';
import type { Refusal } from './codes.ts';
import { EXTENSION } from './extensions.ts';
import { Findings } from './findings.ts';
import type { NoteName } from './path-model.ts';
import { PURPOSE } from './purposes.ts';
import type { QuirkName } from './quirks.ts';
import { isRocaModulus } from './roca.ts';
import { weaknessOf } from './signature.ts';
import { isSameKey, readSubjectKey, type KeyNumbers, type SubjectKey } from './subject-key.ts';
import { readTpmAttributes, type TpmAttributes } from './tpm-attributes.ts';

export interface EkRules {
  /** The key the certificate must be for; undefined leaves that to a later check. */
  readonly key: KeyNumbers | undefined;
  /** A key that CVE-2017-15361 (ROCA) lets anyone compute proves no TPM; `note` lets it pass and shows it. */
  readonly weakKey: 'refuse' | 'note';
}

/** The certificate against the profile. */
export interface EkCheck {
  /** Nothing was refused. This says nothing about who issued the certificate: that is the path's answer. */
  readonly ok: boolean;
  /** All that is wrong, not only the first. */
  readonly refusals: readonly Refusal[];
  /** The issuer's word on the TPM; undefined where it cannot be read. */
  readonly tpm: TpmAttributes | undefined;
  readonly key: SubjectKey | undefined;
  readonly quirks: readonly QuirkName[];
  readonly notes: readonly NoteName[];
}

/** Checks a certificate for an endorsement key. It reads bytes only: validity in time is the path's. */
export function checkEkCertificate(certificate: Certificate, rules: EkRules): EkCheck {
  const finding = new Findings(certificate.quirks);
  const { extensions, part } = certificate;
  if (certificate.version !== 3) finding.refuse('ek.version', `version ${certificate.version}`);
  if (certificate.basicConstraints?.ca === true) finding.refuse('ek.is-ca', 'basicConstraints says cA');
  checkPurpose(certificate, finding);
  checkUsage(certificate, finding);
  const tpm = finding.attempt(() => readTpmAttributes(extensions, part, finding.quirks));
  if (tpm !== undefined && tpm.manufacturer === undefined) {
    finding.quirks.add('missing-tpm-attributes');
    // Each of the three may be missing; a certificate without all of them could be for anything.
    if (certificate.extKeyUsage === undefined && certificate.keyUsage === undefined) {
      finding.refuse('ek.purpose', 'nothing in it says that it is for an endorsement key');
    }
  }
  if (extensions.get(EXTENSION.subjectAltName)?.critical === true) finding.quirks.add('critical-san');
  const key = finding.attempt(() => readSubjectKey(certificate.subjectPublicKeyInfo, part));
  if (key !== undefined) checkKey(key, rules, finding);
  const { refusals, notes, quirks } = finding;
  return { ok: refusals.length === 0, refusals, tpm, key, quirks: [...quirks], notes };
}

/** Any purpose at all is not this purpose: a certificate for something else would pass for one of a TPM. */
function checkPurpose({ extKeyUsage, extensions }: Certificate, finding: Findings): void {
  if (extensions.get(EXTENSION.extKeyUsage)?.critical === true) finding.quirks.add('critical-eku');
  if (extKeyUsage === undefined) finding.quirks.add('missing-eku');
  else if (!extKeyUsage.includes(PURPOSE.ek)) {
    finding.refuse(
      extKeyUsage.includes(PURPOSE.any) ? 'ek.any-purpose' : 'ek.purpose',
      `purposes: ${extKeyUsage.join(', ')}`,
    );
  }
}

/** An endorsement key decrypts. A certificate for signing only is one of another key, such as an AK. */
function checkUsage({ keyUsage }: Certificate, finding: Findings): void {
  if (keyUsage === undefined) finding.quirks.add('missing-key-usage');
  else if (!keyUsage.has('keyEncipherment') && !keyUsage.has('keyAgreement')) {
    finding.refuse('ek.key-usage', `key usage: ${[...keyUsage].join(', ')}`);
  }
}

function checkKey(key: SubjectKey, rules: EkRules, finding: Findings): void {
  if (key.type === 'unsupported' || key.type === 'ed25519') {
    finding.refuse('ek.key-unsupported', `a key of ${key.type === 'ed25519' ? key.type : key.algorithm}`);
    return;
  }
  if (key.type === 'rsa') {
    const weakness = weaknessOf(key);
    if (weakness !== undefined) finding.refuse(weakness.code, weakness.message);
    if (key.marked === 'rsaes-oaep') finding.quirks.add('rsaes-oaep-key');
    if (key.marked === 'rsassa-pss') finding.quirks.add('rsassa-pss-key');
    if (isRocaModulus(key.modulus)) {
      if (rules.weakKey === 'note') finding.notes.push('weak-key');
      else finding.refuse('ek.weak-key', 'the modulus is a power of 65537 modulo every small prime');
    }
  }
  if (rules.key !== undefined && !isSameKey(key, rules.key)) {
    finding.refuse('ek.key-differs', 'the subject key is not the key of the public area');
  }
}
