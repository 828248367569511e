/** The query of a request, read strictly: what nobody asked for is refused, not ignored. */

import type { Request } from 'express';
import { printable } from '../bytes/text.ts';
import { HttpProblem } from './problem-error.ts';

const PAGE = { default: 100, most: 1000 } as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Which page of a list is asked for. */
interface Page {
  readonly after?: string;
  /** most entries */
  readonly limit: number;
}

/**
 * The query of a request.
 * @param names of the parameters there are
 * @throws HttpProblem `request.query`
 */
export function readQuery(request: Request, names: readonly string[]): Query {
  const values = new Map<string, string>();
  // The base is not looked at.
  for (const [name, value] of new URL(request.originalUrl, 'http://localhost').searchParams) {
    if (!names.includes(name)) throw refusal(name, 'there is no such parameter');
    if (values.has(name)) throw refusal(name, 'it is given twice');
    values.set(name, value);
  }
  return new Query(values);
}

/** Parameters by name, each given at most once. */
class Query {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  text(name: string, pattern: RegExp, expected: string): string | undefined {
    const value = this.#values.get(name);
    if (value === undefined || pattern.test(value)) return value;
    throw refusal(name, `${printable(value, 80)} is not ${expected}`);
  }

  /** Why something is taken away, in one line. */
  reason(): string | undefined {
    return this.text('reason', /^[^\p{C}\p{Zl}\p{Zp}]{1,500}$/u, 'one line of words');
  }

  /** Most entries of a page. */
  limit(): number {
    return this.number('limit', { least: 1, most: PAGE.most }) ?? PAGE.default;
  }

  /** The page of a list whose entries are in the order of their ids. */
  page(): Page {
    const after = this.text('after', UUID, 'an id');
    return { limit: this.limit(), ...(after !== undefined && { after }) };
  }

  /** A whole number within bounds. */
  number(name: string, { least, most }: { readonly least: number; readonly most: number }): number | undefined {
    const value = this.text(name, /^(0|[1-9]\d{0,15})$/, 'a whole number');
    if (value === undefined) return undefined;
    const number = Number(value);
    if (number < least || number > most) throw refusal(name, `${value} is not within ${least} and ${most}`);
    return number;
  }
}

function refusal(name: string, detail: string): HttpProblem {
  return new HttpProblem('request.query', `${printable(name, 80)}: ${detail}`);
}
