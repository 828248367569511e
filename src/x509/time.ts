/** UTCTime and GeneralizedTime in the one form certificates may use (RFC 5280, clause 4.1.2.5). */

import { derExpect, TAG, type DerNode } from '../bytes/der.ts';
import { refused } from './codes.ts';

/** Before UTCTime begins nobody issued certificates. */
const FIRST_YEAR = 1950;
/** The first year for which GeneralizedTime must be used. */
const GENERALIZED_YEAR = 2050;

export interface CertificateTime {
  /** epoch ms */
  readonly at: number;
  /** A GeneralizedTime where the standard asks for a UTCTime. */
  readonly early: boolean;
}

/**
 * Reads YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ: seconds are there, the zone is Z, fractions are not.
 * @throws EvidenceError `x509.time`, `der.unexpected`
 */
export function readTime(node: DerNode | undefined, parent: DerNode): CertificateTime {
  const generalized = node?.tag === TAG.generalizedTime;
  const { content, part, offset } = derExpect(node, generalized ? TAG.generalizedTime : TAG.utcTime, parent);
  const text = String.fromCharCode(...content.subarray(0, 16));
  const digits = generalized ? 14 : 12;
  if (content.length !== digits + 1 || !/^\d+Z$/.test(text)) {
    throw refused('x509.time', `not a time in seconds with Z: ${JSON.stringify(text)}`, part, offset);
  }
  const short = Number(text.slice(0, 2));
  const year = generalized ? Number(text.slice(0, 4)) : short + (short < 50 ? 2000 : 1900);
  const [month = 0, day, hour, minute, second] = [10, 8, 6, 4, 2].map((fromEnd) =>
    Number(text.slice(digits - fromEnd, digits - fromEnd + 2)),
  );
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  // A day or an hour that does not exist would be carried over into the next.
  const again = new Date(at).toISOString().replaceAll(/[-:T]|\.000/g, '');
  if (year < FIRST_YEAR || again !== `${year}${text.slice(digits - 10)}`) {
    throw refused('x509.time', `no such time: ${text}`, part, offset);
  }
  return { at, early: generalized && year < GENERALIZED_YEAR };
}
