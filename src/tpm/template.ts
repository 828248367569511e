/**
 * Templates of keys: a public area as it goes into TPM2_CreatePrimary or TPM2_Create. The TPM answers with the same public
 * area, in which `unique` holds the key.
 */

import { toHex } from '../bytes/text.ts';
import { algorithmName, TPMA_OBJECT } from './algorithms.ts';
import type { TpmtAsymScheme, TpmtKdfScheme, TpmtPublic, TpmtSymDefObject } from './public.ts';

/** A field in which a public area is not what a template asks for; null where one of the two has no such field. */
export interface TemplateDifference {
  /** name of the field in TPMT_PUBLIC and its parameters */
  readonly field: string;
  /** for people: attributes and algorithms by name, digests in hexadecimal */
  readonly expected: string | null;
  readonly observed: string | null;
}

/** Every field in which a public area differs from a template, `unique` left aside; empty when it was made from it. */
export function templateDifferences(area: TpmtPublic, template: TpmtPublic): readonly TemplateDifference[] {
  const [expected, observed] = [fieldsOf(template), fieldsOf(area)];
  return [...new Set([...expected.keys(), ...observed.keys()])]
    .filter((field) => expected.get(field) !== observed.get(field))
    .map((field) => ({ field, expected: expected.get(field) ?? null, observed: observed.get(field) ?? null }));
}

/** Each field but `unique` as text that no other value of it has. */
function fieldsOf(area: TpmtPublic): ReadonlyMap<string, string> {
  const { type, nameAlg, objectAttributes, authPolicy, parameters } = area;
  const fields = new Map([
    ['type', type],
    ['nameAlg', nameAlg],
    ['objectAttributes', attributesText(objectAttributes)],
    ['authPolicy', authPolicy.length === 0 ? 'none' : toHex(authPolicy)],
    ['symmetric', symmetricText(parameters.symmetric)],
    ['scheme', schemeText(parameters.scheme)],
  ]);
  if ('curveID' in parameters) return fields.set('curveID', parameters.curveID).set('kdf', schemeText(parameters.kdf));
  return fields.set('keyBits', String(parameters.keyBits)).set('exponent', String(parameters.exponent));
}

function attributesText(mask: number): string {
  const names = Object.entries(TPMA_OBJECT).filter(([, bit]) => (mask & bit) !== 0);
  return names.map(([name]) => name).join('|');
}

function symmetricText(symmetric: TpmtSymDefObject | null): string {
  if (symmetric === null) return 'null';
  return `${algorithmName(symmetric.algorithm)}-${symmetric.keyBits} ${algorithmName(symmetric.mode)}`;
}

function schemeText(scheme: TpmtAsymScheme | TpmtKdfScheme | null): string {
  if (scheme === null) return 'null';
  const count = 'count' in scheme && scheme.count !== null ? ` ${scheme.count}` : '';
  return `${algorithmName(scheme.scheme)} ${scheme.hashAlg ?? 'no hash'}${count}`;
}
