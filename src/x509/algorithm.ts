/** AlgorithmIdentifier (RFC 5280, clause 4.1.1.2). */

import { derExpect, derOid, TAG, type DerNode } from '../bytes/der.ts';
import { DerFields } from '../bytes/der-fields.ts';

export interface AlgorithmIdentifier {
  /** Object identifier, dotted. */
  readonly oid: string;
  /** The parameters as they stand; undefined when absent, which is not the same as NULL. */
  readonly parameters: DerNode | undefined;
}

/** @throws EvidenceError `der.*` */
export function readAlgorithm(node: DerNode): AlgorithmIdentifier {
  const fields = new DerFields(derExpect(node, TAG.sequence, node));
  const oid = derOid(fields.take(TAG.oid));
  const [parameters, ...more] = fields.rest();
  if (more[0] !== undefined) derExpect(undefined, TAG.sequence, more[0]);
  return { oid, parameters };
}

/** Whether the parameters are NULL. */
export function isNull(parameters: DerNode | undefined): boolean {
  return parameters?.tag === TAG.null && parameters.content.length === 0;
}
