/** What one operation of the HTTP interface is: enough to register its route, to guard it and to document it. */

import type { Access } from './access.ts';
import type { ComponentName } from './components.ts';
import type { ProblemCode } from './problems.ts';

/** A value in the path or in the query. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly description: string;
  /** JSON Schema */
  readonly schema: { readonly [key: string]: unknown };
}

export interface Operation {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** with parameters in braces, as in `/v1/tokens/{id}` */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  /** of the JSON body */
  readonly request?: ComponentName;
  readonly answer: {
    readonly status: number;
    readonly description: string;
    /** left out where there is no body */
    readonly body?: {
      readonly type: string;
      readonly schema: ComponentName | { readonly [key: string]: unknown };
    };
  };
  /** beside those that any operation may answer with */
  readonly problems: readonly ProblemCode[];
}

/** The answer of most operations. */
export function json(schema: ComponentName, description: string, status = 200): Operation['answer'] {
  return { status, description, body: { type: 'application/json', schema } };
}

/** Problems of every operation that takes a JSON body. */
export const BODY_PROBLEMS = [
  'request.content-type',
  'request.content-encoding',
  'request.too-large',
  'request.json',
  'request.invalid',
  'request.incomplete',
  'service.busy',
] as const satisfies readonly ProblemCode[];
