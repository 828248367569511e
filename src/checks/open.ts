/** How a policy declares a PCR, or a kind of event in it: closed, or open with a reason that every result shows. */

import * as z from 'zod/mini';

/** `closed`, or open with the reason. */
export const OpenOrClosed = z.union([
  z.literal('closed'),
  z.strictObject({ open: z.string().check(z.minLength(8, 'a reason must say why, in at least 8 characters')) }),
]);
export type OpenOrClosed = z.infer<typeof OpenOrClosed>;
