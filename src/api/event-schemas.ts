/** What is said about changes. */

import * as z from 'zod/mini';
import { time } from './fields.ts';

/** One change. */
const Event = z.strictObject({
  seq: z.number().check(z.int(), z.describe('Number of the event, from 1 and without a gap.')),
  at: time('When.'),
  actor: z.string().check(z.describe('Who: `token:<id>`, `host:<id>`, `service` or `command-line`.')),
  action: z.string().check(z.describe('What was done to what, as `token.created`.')),
  subject: z.strictObject({ kind: z.string(), id: z.string() }),
  reason: z.nullable(z.string()).check(z.describe('Why, in the words of whoever did it.')),
  detail: z.record(z.string(), z.unknown()).check(z.describe('What changed to what. More keys may come.')),
});

/** Answer of `GET /v1/events`. */
export const EventList = z.strictObject({
  events: z.array(Event),
  next: z.nullable(z.number()).check(z.describe('Where the following page begins; null when this is the last one.')),
});
export type EventList = z.infer<typeof EventList>;
