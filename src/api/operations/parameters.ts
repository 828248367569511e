/** Parameters that many operations have. */

import type { Parameter } from '../operation.ts';

/** An id in the path. */
export const id = (description: string): Parameter => ({
  name: 'id',
  in: 'path',
  description,
  schema: { type: 'string', format: 'uuid' },
});

/** The id of content in the path. */
export const contentIdParameter = (description: string): Parameter => ({
  name: 'id',
  in: 'path',
  description,
  schema: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
});

/** Most entries of a page. */
export const LIMIT: Parameter = {
  name: 'limit',
  in: 'query',
  description: 'Most of the page. Default 100.',
  schema: { type: 'integer', minimum: 1, maximum: 1000 },
};

/** Which page of a list in the order of ids. */
export const PAGE: readonly Parameter[] = [
  { name: 'after', in: 'query', description: 'Those after this id.', schema: { type: 'string', format: 'uuid' } },
  LIMIT,
];

/** Why something is taken away: a request that deletes has no body to say it in. */
export const REASON: Parameter = {
  name: 'reason',
  in: 'query',
  description: 'Why, for the record of changes.',
  schema: { type: 'string', maxLength: 500 },
};
