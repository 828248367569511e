/** Link 1 of an enrolled host: what its enrolment gives to authenticate by, and the facts of it. */

import { toHex } from '../bytes/text.ts';
import type { Fact } from '../facts/model.ts';
import type { Enrolment, TrustStore } from '../references/enrolment.ts';
import { hierarchyQualifiedName, publicName, qualifiedName } from '../tpm/names.ts';
import { readPublic2B, type TpmtPublic } from '../tpm/public.ts';
import type { AppraisalCache } from './cache.ts';
import { ekFact } from './ek-certificate.ts';
import type { AkPin } from './model.ts';

/** What an enrolment is good for. */
export interface Identified {
  /** its AK, and no other key */
  readonly pins: readonly AkPin[];
  /** qualified name of the AK's parent; undefined where nobody knows it */
  readonly parentQualifiedName: Uint8Array | undefined;
  readonly facts: readonly Fact[];
}

/** @param at time of the appraisal, epoch milliseconds */
export function identify(
  enrolment: Enrolment,
  trust: TrustStore | undefined,
  at: number,
  cache: AppraisalCache | undefined,
): Identified {
  const { host, ours, activatedAt } = enrolment;
  const ek = readEk(enrolment);
  return {
    pins: [{ by: 'enrolment', host, publicArea: enrolment.ak }],
    parentQualifiedName: parentOf(enrolment, ek.public),
    facts: [
      {
        name: 'enrolment',
        value: { host, ours, activatedAt: activatedAt === null ? null : new Date(activatedAt).toISOString() },
        provenance: { outside: 'enrolled' },
        subject: '',
        source: { part: 'enrolment' },
      },
      ekFact(
        { name: toHex(publicName(ek.public, ek.bytes)), area: ek.public, certificates: enrolment.ekCertificates },
        trust,
        at,
        cache,
      ),
    ],
  };
}

/** The enrolment is the verifier's own record: one that cannot be read is no evidence, and our own fault. */
function readEk({ ek }: Enrolment): ReturnType<typeof readPublic2B> {
  try {
    return readPublic2B(ek, 'enrolment');
  } catch (cause) {
    throw new Error('the enrolment holds no EK', { cause });
  }
}

function parentOf({ akParent }: Enrolment, ek: TpmtPublic): Uint8Array | undefined {
  const endorsement = hierarchyQualifiedName('endorsement');
  switch (akParent) {
    case 'endorsement':
      return endorsement;
    case 'ek':
      return qualifiedName(endorsement, ek);
    case 'owner':
      return undefined;
  }
}
