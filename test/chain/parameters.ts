import * as z from 'zod/mini';
import { checkById } from '../../src/checks/catalogue.ts';

/** Parameters of a check as a policy would give them. */
export function parseCheckParameters(check: string, parameters: object): unknown {
  return z.parse(checkById(check)!.parameters, parameters);
}
